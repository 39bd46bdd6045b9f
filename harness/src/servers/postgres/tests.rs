#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Child, Command, Stdio};

use super::*;

const COUNT: &str = "SELECT count(*) FROM t";

/// A session that inserts a row and commits by itself.
fn insert(server: &Postgres) -> Child {
    Command::new(client("psql").unwrap())
        .args(["-Xq", "-c", "INSERT INTO t VALUES (1)", "-d"])
        .arg(server.url("postgres"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_server_has_its_settings_and_takes_others() {
    let mut server = Postgres::builder()
        .setting("synchronous_commit", "off")
        .start()
        .unwrap();
    let show = ["SHOW synchronous_commit"];
    assert_eq!(server.run(&show).unwrap(), "off");
    server.set("synchronous_commit", "local").unwrap();
    assert_eq!(server.run(&show).unwrap(), "local");
    server.reset_statistics("postgres").unwrap();
    server.restart().unwrap();
    assert_eq!(server.run(&show).unwrap(), "local");
    let error = server.run(&["SELECT nothing"]).unwrap_err();
    assert!(error.to_string().contains("nothing"), "{error}");
}

#[test]
fn a_commit_waits_for_a_standby_that_is_synchronous_and_paused() {
    let mut primary = Postgres::start().unwrap();
    primary.run(&["CREATE TABLE t (id int)"]).unwrap();
    let mut standby = Standby::of(&mut primary, Wait::Synchronous).unwrap();
    standby.pause().unwrap();
    let mut waiting = insert(&primary);
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    while primary.run(&[waits]).unwrap() != "1" {
        assert!(waiting.try_wait().unwrap().is_none(), "it did not wait");
    }
    standby.resume();
    assert!(waiting.wait().unwrap().success());
    standby.catch_up(&primary).unwrap();
    assert_eq!(standby.run(&[COUNT]).unwrap(), "1");
    let refused = standby.run(&["INSERT INTO t VALUES (2)"]).unwrap_err();
    assert!(refused.to_string().contains("read-only"), "{refused}");
}

#[test]
fn a_standby_is_promoted_with_what_it_has_received() {
    let mut primary = Postgres::start().unwrap();
    primary.run(&["CREATE TABLE t (id int)"]).unwrap();
    let mut standby = Standby::of(&mut primary, Wait::Asynchronous).unwrap();
    assert!(insert(&primary).wait().unwrap().success());
    standby.catch_up(&primary).unwrap();
    standby.pause().unwrap();
    assert!(insert(&primary).wait().unwrap().success());
    primary.kill().unwrap();
    let promoted = standby.promote().unwrap();
    promoted.run(&["INSERT INTO t VALUES (2)"]).unwrap();
    assert_eq!(promoted.run(&[COUNT]).unwrap(), "2", "one row was lost");
}
