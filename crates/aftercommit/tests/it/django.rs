//! The comparison with Django: its programs, its traces, and freshly generated ones.

#[path = "../../examples/replay/replay/mod.rs"]
mod replay;

use std::path::{Path, PathBuf};
use std::process::Command;

use replay::{Bridges, Stage};
use serde_json::Value;

use crate::support::long;

/// The profiles that this library is held against; the others need what it does not have.
const PROFILES: [&str; 8] = [
    "tx", "hooks", "signals", "mixed", "multidb", "portable", "models", "cascade",
];

/// Django 5.2, which runs on Debian's Python, makes a transaction for `bulk_create`, and 6.1, of which the golden results
/// are, makes none: of fresh programs of these profiles, those without it are compared.
const OF_DJANGO_6: [&str; 2] = ["models", "cascade"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/django")
}

fn programs(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

fn golden(file: &str) -> Vec<Value> {
    let path = folder().join("golden").join(file);
    programs(&std::fs::read_to_string(path).expect("the golden file"))
}

/// Plays the programs and returns the names of those whose trace differs, with the first difference.
async fn differences(programs: &[Value], bridges: Bridges) -> Vec<String> {
    let stage = Stage::new().await.expect("a stage");
    let mut differences = Vec::new();
    for case in programs {
        let program = &case["program"];
        let ours = stage.play(program, bridges).await.expect("the stage holds");
        let django = &case["result"];
        if ours != *django {
            let name = case["name"]
                .as_str()
                .map_or_else(|| format!("seed {}", program["seed"]), str::to_owned);
            differences.push(format!("{name}: {}", first_difference(django, &ours)));
        }
    }
    differences
}

fn first_difference(django: &Value, ours: &Value) -> String {
    let (django_trace, our_trace) = (
        django["trace"].as_array().unwrap(),
        ours["trace"].as_array().unwrap(),
    );
    let at = django_trace
        .iter()
        .zip(our_trace)
        .position(|(a, b)| a != b)
        .unwrap_or(django_trace.len().min(our_trace.len()));
    format!(
        "event {at}: Django {:?}, here {:?}",
        django_trace.get(at),
        our_trace.get(at)
    )
}

#[tokio::test]
async fn named_cases_give_the_trace_of_django() {
    let cases = golden("cases.jsonl");
    let compared: Vec<Value> = cases
        .into_iter()
        .filter(|case| PROFILES.contains(&case["program"]["profile"].as_str().unwrap_or_default()))
        .collect();
    assert!(compared.len() >= 86, "{} cases", compared.len());
    assert_eq!(
        differences(&compared, Bridges::all(true)).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn golden_programs_give_the_trace_of_django() {
    for profile in PROFILES {
        let programs = golden(&format!("{profile}.jsonl"));
        assert!(
            programs.len()
                >= if OF_DJANGO_6.contains(&profile) {
                    20
                } else {
                    40
                },
            "{} programs in {profile}",
            programs.len()
        );
        assert_eq!(
            differences(&programs, Bridges::all(true)).await,
            Vec::<String>::new(),
            "{profile}"
        );
    }
}

#[tokio::test]
async fn fresh_programs_give_the_trace_of_django() {
    let python = std::env::var("AFTERCOMMIT_TEST_PYTHON")
        .expect("AFTERCOMMIT_TEST_PYTHON is not set: run the tests with `cargo xtask test`");
    // Other programs each time; the seed is printed, and a failure names it.
    let first = fastrand::u32(100_000..1_000_000_000);
    let count = if long() { 4_000 } else { 60 };
    println!("seeds from {first}");
    for profile in PROFILES {
        let output = Command::new(&python)
            .arg(folder().join("oracle.py"))
            .args([
                "--profile",
                profile,
                "--seeds",
                &format!("{first}:{}", first + count),
            ])
            .output()
            .expect("Python");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let programs = programs(&String::from_utf8_lossy(&output.stdout));
        assert_eq!(programs.len(), count as usize);
        let told = |program: &Value| {
            OF_DJANGO_6.contains(&profile) && program["program"].to_string().contains("bulk_create")
        };
        let programs: Vec<Value> = programs
            .into_iter()
            .filter(|program| !told(program))
            .collect();
        assert!(programs.len() > count as usize / 4, "{profile}");
        assert_eq!(
            differences(&programs, Bridges::all(true)).await,
            Vec::<String>::new(),
            "{profile}"
        );
    }
}

/// Without its bridge each difference shows: none is on the list for nothing.
#[tokio::test]
async fn each_bridge_is_needed() {
    let cases = golden("cases.jsonl");
    let mut programs = golden("portable.jsonl");
    programs.extend(golden("mixed.jsonl"));
    programs.extend(golden("models.jsonl"));
    programs.extend(golden("cascade.jsonl"));
    programs.extend(cases.into_iter().filter(|case| {
        PROFILES.contains(&case["program"]["profile"].as_str().unwrap_or_default())
    }));
    let all = Bridges::all(true);
    let without = [
        (
            "save_alone",
            Bridges {
                save_alone: false,
                ..all
            },
        ),
        (
            "vetoes",
            Bridges {
                vetoes: false,
                ..all
            },
        ),
        (
            "plain_hooks",
            Bridges {
                plain_hooks: false,
                ..all
            },
        ),
        (
            "raw_errors",
            Bridges {
                raw_errors: false,
                ..all
            },
        ),
        (
            "save_marks",
            Bridges {
                save_marks: false,
                ..all
            },
        ),
        (
            "silent_rollbacks",
            Bridges {
                silent_rollbacks: false,
                ..all
            },
        ),
        (
            "robust_writes",
            Bridges {
                robust_writes: false,
                ..all
            },
        ),
        (
            "connect_twice",
            Bridges {
                connect_twice: false,
                ..all
            },
        ),
        (
            "capture_keeps",
            Bridges {
                capture_keeps: false,
                ..all
            },
        ),
    ];
    for (name, bridges) in without {
        assert!(
            !differences(&programs, bridges).await.is_empty(),
            "{name} bridges nothing"
        );
    }
}

/// When every hook is robust, the bridge for plain hooks has nothing to do, and no hook differs.
#[tokio::test]
async fn robust_hooks_need_no_bridge() {
    let python = std::env::var("AFTERCOMMIT_TEST_PYTHON")
        .expect("AFTERCOMMIT_TEST_PYTHON is not set: run the tests with `cargo xtask test`");
    let mut robust = golden("hooks.jsonl");
    robust.extend(golden("portable.jsonl"));
    for case in &mut robust {
        make_robust(&mut case["program"]);
    }
    let batch = tempfile::NamedTempFile::new().unwrap();
    let lines: Vec<String> = robust
        .iter()
        .map(|case| case["program"].to_string())
        .collect();
    std::fs::write(batch.path(), lines.join("\n") + "\n").unwrap();
    let output = Command::new(&python)
        .arg(folder().join("oracle.py"))
        .arg("--batch")
        .arg(batch.path())
        .output()
        .expect("Python");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let programs = programs(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(programs.len(), robust.len());
    let bridges = Bridges {
        plain_hooks: false,
        ..Bridges::all(true)
    };
    assert_eq!(differences(&programs, bridges).await, Vec::<String>::new());
}

fn make_robust(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("op").is_some_and(|op| op == "on_commit") {
                map.insert("robust".into(), true.into());
            }
            map.values_mut().for_each(make_robust);
        }
        Value::Array(values) => values.iter_mut().for_each(make_robust),
        _ => {}
    }
}
