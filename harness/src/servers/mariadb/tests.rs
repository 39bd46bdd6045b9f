#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

const COUNT: &str = "SELECT COUNT(*) FROM test.t";

/// Writes as the application's user.
fn insert(server: &MariaDb) -> io::Result<String> {
    answer(Command::new("mariadb").args([
        "--no-defaults",
        "-h",
        "127.0.0.1",
        "-u",
        "app",
        "-P",
        &server.port().to_string(),
        "-e",
        "INSERT INTO test.t VALUES (1)",
    ]))
}

fn primary() -> MariaDb {
    let primary = MariaDb::builder().primary().start().unwrap();
    primary.run("CREATE TABLE test.t (id INT)").unwrap();
    primary
}

#[test]
fn a_server_has_its_settings() {
    let mut server = MariaDb::builder()
        .setting("lock-wait-timeout", "77")
        .start()
        .unwrap();
    assert_eq!(server.run("SELECT @@lock_wait_timeout").unwrap(), "77");
    server.restart().unwrap();
    assert_eq!(server.run("SELECT @@lock_wait_timeout").unwrap(), "77");
    let error = server.run("SELECT nothing").unwrap_err();
    assert!(error.to_string().contains("nothing"), "{error}");
}

#[test]
fn a_replica_that_is_read_only_refuses_writes_until_it_is_promoted() {
    let primary = primary();
    let replica = Replica::of(&primary, Writes::Refused).unwrap();
    insert(&primary).unwrap();
    replica.catch_up(&primary).unwrap();
    assert_eq!(replica.run(COUNT).unwrap(), "1");
    let refused = insert(&replica).unwrap_err();
    assert!(refused.to_string().contains("read-only"), "{refused}");
    let promoted = replica.promote().unwrap();
    insert(&promoted).unwrap();
    assert_eq!(primary.run(COUNT).unwrap(), "1");
}

#[test]
fn a_replica_that_takes_writes_keeps_them_to_itself() {
    let mut primary = primary();
    let mut replica = Replica::of(&primary, Writes::Taken).unwrap();
    replica.pause().unwrap();
    insert(&primary).unwrap();
    insert(&replica).unwrap();
    insert(&replica).unwrap();
    assert_eq!(primary.run(COUNT).unwrap(), "1");
    assert_eq!(replica.run(COUNT).unwrap(), "2");
    replica.resume().unwrap();
    replica.catch_up(&primary).unwrap();
    assert_eq!(replica.run(COUNT).unwrap(), "3");
    replica.restart().unwrap();
    primary.restart().unwrap();
    insert(&primary).unwrap();
    replica.catch_up(&primary).unwrap();
    assert_eq!(replica.run(COUNT).unwrap(), "4");
}
