//! Settings, roles and surroundings that a commit meets in the field: it is told as it was all the same.

use std::time::Duration;

use aftercommit_harness::{
    MariaDb, PgBouncer, Point, PoolMode, Postgres as Server, Replica, Side, Writes,
};
use sqlx::postgres::PgConnectOptions;
use sqlx::{MySql, Postgres};
use tokio::task::block_in_place;

use super::blocks::{Block, Wired};
use super::client::{Client, Cuts};
use super::judge::Told;

const PATIENCE: Duration = Duration::from_secs(60);
const COMMIT: usize = 0;

/// Every kind of block is cut before the server sees COMMIT and after that.
async fn is_told<DB: Wired>(what: &str, client: &Client<DB>, server: u16, from: i64) {
    let mut id = from;
    for block in Block::ALL {
        for side in [Side::Before, Side::After] {
            id += 1;
            let first = Some(Point {
                message: COMMIT,
                side,
            });
            let cuts = Cuts {
                first,
                second: None,
                hold: false,
            };
            let (report, _) = client.commit(block, id, cuts).await.unwrap();
            let there = DB::present(server).await.contains(&id);
            assert_eq!(
                report.hooked,
                report.told == Told::Committed,
                "{what}: {report:?}"
            );
            match report.told {
                Told::Committed => assert!(there, "{what}: {report:?}"),
                Told::NotCommitted => assert!(!there, "{what}: {block:?} {report:?}"),
                Told::InDoubt => assert!(!report.identified, "{what}: {report:?}"),
            }
            // Without a cut.
            id += 1;
            let cuts = Cuts {
                first: None,
                second: None,
                hold: false,
            };
            let (report, passed) = client.commit(block, id, cuts).await.unwrap();
            assert_eq!(report.told, Told::Committed, "{what}: {report:?}");
            if DB::NAME == "PostgreSQL" && block == Block::Hidden {
                let flushed = passed.iter().any(|passed| passed.kind == 'N');
                assert!(flushed, "{what}: the number is flushed");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_are_told_under_any_setting_only_on_postgres() {
    let server = Server::builder()
        .setting("max_prepared_transactions", "4")
        .start()
        .unwrap();
    Postgres::furnish(server.port()).await;
    server
        .run(&[
            "CREATE ROLE app LOGIN",
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO app",
            "REVOKE ALL ON FUNCTION pg_control_system() FROM public",
            "CREATE ROLE mute LOGIN",
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO mute",
            "CREATE SCHEMA evil",
            "CREATE FUNCTION evil.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "CREATE FUNCTION evil.pg_xact_status(xid8) RETURNS text LANGUAGE sql AS $$SELECT 'aborted'$$",
            "CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS $$SELECT 'on'$$",
            "CREATE FUNCTION evil.pg_current_xact_id_if_assigned() RETURNS xid8 LANGUAGE sql AS 'SELECT NULL::xid8'",
            "GRANT USAGE ON SCHEMA evil TO public",
        ])
        .unwrap();
    type Change = fn(PgConnectOptions) -> PgConnectOptions;
    let surroundings: [(&str, Change); 9] = [
        ("client_min_messages", |o| {
            o.options([("client_min_messages", "error")])
        }),
        ("serializable", |o| {
            o.options([("default_transaction_isolation", "serializable")])
        }),
        ("log_min_messages", |o| {
            o.options([("log_min_messages", "debug1")])
        }),
        ("time zone", |o| {
            o.options([("TimeZone", "Asia/Kathmandu"), ("DateStyle", "German")])
        }),
        ("row_security", |o| o.options([("row_security", "off")])),
        ("no control file", |o| o.username("app")),
        ("search_path", |o| {
            o.options([("search_path", "evil,public,pg_catalog")])
        }),
        ("timeouts", |o| {
            o.options([
                ("idle_in_transaction_session_timeout", "60s"),
                ("statement_timeout", "60s"),
            ])
        }),
        ("no PL/pgSQL", |o| o.username("mute")),
    ];
    for (number, (what, change)) in (1i64..).zip(surroundings) {
        if what == "no PL/pgSQL" {
            let revoke = "REVOKE ALL ON LANGUAGE plpgsql FROM public";
            server.run(&[revoke]).unwrap();
        }
        let client = Client::<Postgres>::connect_with(server.port(), PATIENCE, change).await;
        is_told(what, &client, server.port(), number * 1000).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_are_told_under_any_setting_only_on_mysql() {
    let server = MariaDb::start().unwrap();
    MySql::furnish(server.port()).await;
    for (number, set) in (1i64..).zip([
        "SET GLOBAL autocommit = 0",
        "SET GLOBAL autocommit = 1, completion_type = 'CHAIN'",
        "SET GLOBAL completion_type = 'RELEASE'",
        "SET GLOBAL completion_type = 'NO_CHAIN', sql_mode = ''",
        "SET GLOBAL sql_mode = 'ANSI'",
        "SET GLOBAL tx_isolation = 'SERIALIZABLE'",
    ]) {
        server.run(set).unwrap();
        let client = Client::<MySql>::connect(server.port(), PATIENCE).await;
        is_told(set, &client, server.port(), number * 1000).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_are_told_behind_a_pooler_only_on_postgres() {
    let server = Server::start().unwrap();
    Postgres::furnish(server.port()).await;
    let pooler = PgBouncer::start(server.port(), PoolMode::Transaction).unwrap();
    let mut client = Client::<Postgres>::connect(pooler.port(), PATIENCE).await;
    client.behind_a_pooler();
    is_told("PgBouncer", &client, server.port(), 0).await;
}

/// A log of statements has a replica do what was done, where a marker that is meant for one server would stop it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn markers_reach_a_replica_by_a_log_of_statements_only_on_mysql() {
    let builder = MariaDb::builder().primary();
    let primary = builder
        .setting("binlog_format", "STATEMENT")
        .start()
        .unwrap();
    MySql::furnish(primary.port()).await;
    let replica = block_in_place(|| Replica::of(&primary, Writes::Refused)).unwrap();
    let patience = Duration::from_secs(1);
    let client = Client::<MySql>::connect(primary.port(), patience).await;
    let mut id = 0;
    for block in Block::ALL {
        for side in [None, Some(Side::Before), Some(Side::After)] {
            id += 1;
            let first = side.map(|side| Point {
                message: COMMIT,
                side,
            });
            let cuts = Cuts {
                first,
                second: None,
                hold: false,
            };
            let (report, _) = client.commit(block, id, cuts).await.unwrap();
            let there = MySql::present(primary.port()).await.contains(&id);
            assert_eq!(there, side != Some(Side::Before), "{report:?}");
            // Without the server's name "not there" proves nothing.
            let expected = match there {
                true => Told::Committed,
                false => Told::InDoubt,
            };
            assert_eq!(report.told, expected, "{report:?}");
            assert_eq!(report.hooked, there, "{report:?}");
        }
    }
    block_in_place(|| replica.catch_up(&primary)).unwrap();
    let markers = "SELECT COUNT(*) FROM test.aftercommit_markers";
    let there = block_in_place(|| replica.run(markers)).unwrap();
    assert_eq!(primary.run(markers).unwrap(), there);
}
