//! `cargo xtask test`: every test there is, on real servers, on a machine that has only Rust.
//!
//! `cargo xtask test --only tests` leaves out formatting, lints and documentation. `cargo xtask long` is the long
//! run of the fault suites and of the simulator, whose results are in `docs/reliability.md`. `cargo xtask with-servers` runs
//! any command with the servers of the tests in reach, such as `cargo test -p aftercommit --all-features --test it effect::`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks to its user"
)]

mod django;
mod prerequisites;
mod steps;
mod tally;

use std::process::{Command, ExitCode};

use aftercommit_harness::{MariaDb, PgBouncer, PoolMode, Postgres};

use steps::{Environment, Step, run};
use tally::Tally;

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test"] => test(true, false),
        ["test", "--only", "tests"] => test(false, false),
        ["long"] => test(false, true),
        ["with-servers", program, arguments @ ..] => with_servers(program, arguments),
        _ => {
            eprintln!(
                "usage: cargo xtask test [--only tests] | cargo xtask long | cargo xtask with-servers COMMAND…"
            );
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The servers of the tests, which end with this, and how the tests find them.
struct Servers {
    environment: Environment,
    _running: (PgBouncer, Postgres, MariaDb),
}

impl Servers {
    fn start() -> Result<Self> {
        prerequisites::install()?;
        let python = django::python()?;
        println!("==> starting PostgreSQL, PgBouncer and MariaDB");
        let postgres = Postgres::start()?;
        let mariadb = MariaDb::start()?;
        let pooler = PgBouncer::start(postgres.port(), PoolMode::Transaction)?;
        let environment = vec![
            ("AFTERCOMMIT_TEST_POSTGRES", postgres.url("postgres")),
            ("AFTERCOMMIT_TEST_POOLER", pooler.url("postgres")),
            ("AFTERCOMMIT_TEST_MYSQL", mariadb.url("test")),
            ("AFTERCOMMIT_TEST_PYTHON", python.display().to_string()),
        ];
        Ok(Self {
            environment,
            _running: (pooler, postgres, mariadb),
        })
    }
}

fn with_servers(program: &str, arguments: &[&str]) -> Result<bool> {
    let servers = Servers::start()?;
    let status = Command::new(program)
        .args(arguments)
        .envs(
            servers
                .environment
                .iter()
                .map(|(name, value)| (name, value)),
        )
        .status()
        .map_err(|error| format!("{program} cannot be run: {error}"))?;
    Ok(status.success())
}

fn test(lints: bool, long: bool) -> Result<bool> {
    let mut servers = Servers::start()?;
    let environment = &mut servers.environment;
    if long {
        environment.push(("AFTERCOMMIT_TEST_LONG", "1".into()));
    }

    if lints {
        for step in Step::LINTS {
            run(step, environment, |_| {})?;
        }
    }
    let mut tally = Tally::default();
    let steps = if long { Step::LONG } else { Step::TESTS };
    let mut passed = true;
    for step in steps {
        passed &= run(step, environment, |line| tally.read(line)).is_ok();
    }
    println!("{tally}");
    let complaints = if long { Vec::new() } else { tally.complaints() };
    for complaint in &complaints {
        println!("error: {complaint}");
    }
    println!(
        "{} passed, {} failed",
        tally.passed(),
        tally.failed() + complaints.len()
    );
    Ok(passed && complaints.is_empty() && tally.failed() == 0)
}
