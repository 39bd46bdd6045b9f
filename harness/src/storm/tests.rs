#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use super::*;

fn shell(name: &str, script: &str, count: usize) -> Role {
    Role {
        name: name.into(),
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        environment: Vec::new(),
        count,
    }
}

fn is_there(pid: &u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

fn state(pid: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let state = status.lines().find_map(|line| line.strip_prefix("State:"));
    state.unwrap().trim().into()
}

#[test]
fn fifty_are_killed_and_none_is_left() {
    let roles = vec![
        shell("client", "exec sleep 1000", 3),
        shell("worker", "exec sleep 1000", 2),
    ];
    let mut storm = Storm::start(roles, 7).unwrap();
    let mut pids = BTreeSet::new();
    for _ in 0..50 {
        pids.extend(storm.pids("client"));
        pids.extend(storm.pids("worker"));
        storm.rage(1).unwrap();
    }
    let alive = [storm.pids("client"), storm.pids("worker")].concat();
    assert!(alive.len() == 5 && alive.iter().all(is_there), "{alive:?}");
    pids.extend(alive);
    assert_eq!(pids.len(), 55, "each that was killed has a successor");

    let counts = storm.end().unwrap();
    assert!(!pids.iter().any(is_there));
    let (clients, workers) = (counts["client"], counts["worker"]);
    assert_eq!(clients.killed + workers.killed, 50);
    assert_eq!(clients.started, clients.killed + 3);
    assert_eq!(workers.started, workers.killed + 2);
}

#[test]
fn a_storm_that_is_dropped_leaves_nobody() {
    let storm = Storm::start(vec![shell("client", "exec sleep 1000", 2)], 1).unwrap();
    let pids = storm.pids("client");
    drop(storm);
    assert!(pids.len() == 2 && !pids.iter().any(is_there));
}

#[test]
fn the_same_seed_kills_the_same() {
    let counts = [(); 2].map(|()| {
        let roles = vec![
            shell("a", "exec sleep 1000", 1),
            shell("b", "exec sleep 1000", 1),
        ];
        let mut storm = Storm::start(roles, 42).unwrap();
        storm.rage(9).unwrap();
        storm.end().unwrap()
    });
    assert_eq!(counts[0], counts[1]);
}

#[test]
fn an_end_with_an_error_is_told_with_what_was_said() {
    let mut failing = shell("worker", "echo no $MISSING >&2; exit 3", 1);
    failing.environment = vec![("MISSING".into(), "database".into())];
    let mut storm = Storm::start(vec![failing], 5).unwrap();
    let error = storm.keep_alive(Duration::from_secs(60)).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("the role worker ended by itself"), "{error}");
    assert!(error.contains("exit status: 3 (seed 5)"), "{error}");
    assert!(error.ends_with("no database"), "{error}");
}

#[test]
fn who_is_done_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("was-here").display().to_string();
    // The first is done, the second is not.
    let script = format!("[ -e {file} ] && exit 4; touch {file}");
    let mut storm = Storm::start(vec![shell("client", &script, 1)], 1).unwrap();
    let error = storm.keep_alive(Duration::from_secs(60)).unwrap_err();
    assert!(error.to_string().contains("exit status: 4"), "{error}");
    let counts = storm.counts["client"];
    assert_eq!((counts.started, counts.finished), (2, 1));
}

#[test]
fn who_is_paused_stands_still_and_is_not_killed() {
    let mut storm = Storm::start(vec![shell("worker", "exec sleep 1000", 2)], 1).unwrap();
    let paused = storm.pids("worker")[1];
    storm.pause("worker", 1).unwrap();
    assert_eq!(state(paused), "T (stopped)");
    storm.rage(5).unwrap();
    assert_eq!(storm.pids("worker")[1], paused);
    storm.resume("worker", 1).unwrap();
    assert_ne!(state(paused), "T (stopped)");
    assert!(storm.pause("worker", 2).is_err());
}

#[test]
fn dismissed_are_gone_and_the_others_stay() {
    let roles = vec![
        shell("client", "exec sleep 1000", 2),
        shell("worker", "exec sleep 1000", 1),
    ];
    let mut storm = Storm::start(roles, 1).unwrap();
    storm.dismiss("client").unwrap();
    storm.rage(2).unwrap();
    assert!(storm.pids("client").is_empty());
    assert_eq!(storm.end().unwrap()["worker"].killed, 2);
}
