//! The commands that are run, one after another.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Result;
use crate::minutes::Minutes;

pub(crate) type Environment = Vec<(&'static str, String)>;

/// One command of cargo.
pub(crate) struct Step {
    name: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

impl Step {
    pub(crate) const LINTS: &'static [Step] = &[
        Step {
            name: "formatting",
            arguments: &["fmt", "--all", "--check"],
            environment: &[],
        },
        Step {
            name: "lints",
            arguments: &[
                "clippy",
                "-q",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-D",
                "warnings",
            ],
            environment: &[],
        },
        Step {
            name: "documentation",
            arguments: &["doc", "-q", "--workspace", "--no-deps", "--all-features"],
            environment: &[("RUSTDOCFLAGS", "-D warnings")],
        },
    ];

    pub(crate) const TESTS: &'static [Step] = &[Step {
        name: "tests",
        arguments: &["test", "--workspace", "--all-features", "--no-fail-fast"],
        // How long nonsense is thrown at whatever takes words from strangers.
        environment: &[("AFTERCOMMIT_FUZZ_SECONDS", "60")],
    }];

    /// Those of the databases that are servers.
    pub(crate) const NEWER: &'static Step = &Step {
        name: "the databases' suites on newer releases",
        arguments: &[
            "test",
            "-p",
            "aftercommit",
            "--all-features",
            "--test",
            "it",
            "--",
            "postgres",
            "mysql",
            "pooler",
        ],
        environment: &[],
    };

    /// The processes that the storms of [`NEWER`](Self::NEWER) start: naming a test leaves examples out.
    pub(crate) const NEWER_PROCESSES: &'static Step = &Step {
        name: "the processes of the storms",
        arguments: &[
            "build",
            "-q",
            "-p",
            "aftercommit",
            "--all-features",
            "--example",
            "storm",
        ],
        environment: &[],
    };

    /// What [`NEWER`](Self::NEWER) has to run.
    pub(crate) const NEWER_LIST: &'static Step = &Step {
        name: "the list of the databases' suites",
        arguments: &[
            "test",
            "-q",
            "-p",
            "aftercommit",
            "--all-features",
            "--test",
            "it",
            "--",
            "--list",
            "postgres",
            "mysql",
            "pooler",
        ],
        environment: &[],
    };

    pub(crate) const LONG: &'static [Step] = &[
        Step {
            name: "the processes of the storm",
            arguments: &[
                "build",
                "--release",
                "-p",
                "aftercommit",
                "--all-features",
                "--example",
                "storm",
            ],
            environment: &[],
        },
        Step {
            name: "the long run of the fault suites",
            arguments: &[
                "test",
                "--release",
                "-p",
                "aftercommit",
                "--all-features",
                "--test",
                "it",
                "--",
                "--nocapture",
                "--test-threads=2",
                "cancel::",
                "faults::",
                "truth::",
                "storm::",
                "effect::",
            ],
            environment: &[],
        },
        Step {
            name: "the long run of the simulator",
            arguments: &[
                "test",
                "--release",
                "-p",
                "aftercommit",
                "--all-features",
                "--lib",
                "simulation",
                "--",
                "--nocapture",
            ],
            environment: &[],
        },
    ];
}

/// Runs a step, shows what it prints, and hands each line on.
pub(crate) fn run(
    step: &Step,
    environment: &Environment,
    minutes: &mut Minutes,
    mut line_read: impl FnMut(&str),
) -> Result<()> {
    println!("==> {}", step.name);
    let began = Instant::now();
    let mut child = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(step.arguments)
        .envs(step.environment.iter().copied())
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(printed) = child.stdout.take() {
        for line in BufReader::new(printed).lines() {
            let line = line?;
            println!("{line}");
            line_read(&line);
        }
    }
    let status = child.wait()?;
    let took = began.elapsed();
    minutes.add(step.name, took);
    println!(
        "==> {}: {status} after {:.0} s",
        step.name,
        took.as_secs_f64()
    );
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} failed", step.name).into())
    }
}
