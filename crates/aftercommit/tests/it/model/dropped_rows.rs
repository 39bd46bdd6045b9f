//! A row that the database does not write, without an error, is an error here.

use aftercommit::model::Stored;
use aftercommit::{Model, Result};
use sqlx::{Postgres, Sqlite};

use super::{Log, Person, Tables, ada, listening, open, take};
use crate::support::Site;

/// A trigger drops rows whose name begins with `skip`.
trait Drops: Tables {
    const TRIGGERS: &'static [&'static str];
}

impl Drops for Sqlite {
    const TRIGGERS: &'static [&'static str] = &[
        "CREATE TRIGGER i BEFORE INSERT ON person WHEN NEW.name LIKE 'skip%' BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TRIGGER u BEFORE UPDATE ON person WHEN NEW.name LIKE 'skip%' BEGIN SELECT RAISE(IGNORE); END",
    ];
}

impl Drops for Postgres {
    const TRIGGERS: &'static [&'static str] = &[
        "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.name LIKE 'skip%' THEN RETURN NULL; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER skip BEFORE INSERT OR UPDATE ON person FOR EACH ROW EXECUTE FUNCTION skip()",
    ];
}

macro_rules! where_triggers_drop_rows {
    ($($sqlite:ident $postgres:ident $test:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $sqlite() { $test::<Sqlite>().await }

        #[tokio::test]
        async fn $postgres() { $test::<Postgres>().await }
    )*};
}

where_triggers_drop_rows! {
    a_dropped_row_is_an_error_only_on_sqlite a_dropped_row_is_an_error_only_on_postgres a_dropped_row_is_an_error,
    a_dropped_row_among_many_is_an_error_only_on_sqlite a_dropped_row_among_many_is_an_error_only_on_postgres
        a_dropped_row_among_many_is_an_error,
}

async fn open_with_triggers<DB: Drops>() -> Site<DB> {
    let site = open::<DB>().await;
    let mut conn = site.others.acquire().await.expect("a connection");
    for sql in DB::TRIGGERS {
        DB::run(&mut conn, sql).await;
    }
    drop(conn);
    site
}

fn named(name: &str) -> Person {
    Person {
        name: name.into(),
        ..ada()
    }
}

fn not_written(result: Result<()>, text: &str) {
    let error = result.expect_err("dropped");
    assert_eq!(error.code(), Some("ROW_NOT_WRITTEN"), "{error}");
    assert!(error.to_string().contains(text), "{error}");
}

async fn a_dropped_row_is_an_error<DB: Drops>()
where
    Person: Stored<DB>,
{
    let heard = Log::default();
    let site = open_with_triggers::<DB>()
        .await
        .with_signals(listening(&heard));
    let mut dropped = named("skip");
    not_written(site.db.save(&mut dropped).await, "did not write the row");
    assert_eq!(dropped.id, 0);
    not_written(site.db.insert(&mut dropped).await, "did not write the row");
    let mut kept = named("kept");
    site.db.save(&mut kept).await.expect("saved");
    take(&heard);
    kept.name = "skip".into();
    not_written(site.db.update(&mut kept).await, "did not write the row");
    site.db
        .save(&mut kept)
        .await
        .expect_err("neither updated nor inserted");
    assert_eq!(take(&heard), ["saving skip None"; 2], "nothing was saved");
    let read = site.db.get::<Person>(&kept.id).await.expect("there");
    assert_eq!(read.name, "kept");
}

async fn a_dropped_row_among_many_is_an_error<DB: Drops>()
where
    Person: Stored<DB>,
{
    let heard = Log::default();
    let site = open_with_triggers::<DB>()
        .await
        .with_signals(listening(&heard));
    let mut many = ["a", "skip", "b", "c"].map(named);
    not_written(site.db.save_many(&mut many).await, "wrote 3 of 4 rows");
    assert_eq!(many.map(|person| person.id), [0; 4]);
    let mut with_ids = ["a", "skip", "b", "c"].map(named);
    for (row, id) in with_ids.iter_mut().zip(70..) {
        row.id = id;
    }
    not_written(site.db.save_many(&mut with_ids).await, "wrote 3 of 4 rows");
    assert_eq!(take(&heard), [""; 0]);
    let found = site
        .db
        .atomic(async |tx| tx.find::<Person>(&70).await)
        .await;
    assert_eq!(found.expect("asked"), None, "all or nothing");
}

#[derive(Model, Clone, Debug)]
#[model(table = "numbered")]
struct Numbered {
    #[model(id)]
    id: i64,
    name: String,
}

#[tokio::test]
async fn an_id_that_is_no_auto_increment_is_told_only_on_mysql() {
    let site = open::<sqlx::MySql>().await;
    for sql in [
        "CREATE SEQUENCE numbers START WITH 7",
        "CREATE TABLE numbered (id BIGINT PRIMARY KEY DEFAULT (NEXTVAL(numbers)), name TEXT)",
    ] {
        sqlx::raw_sql(sql)
            .execute(&site.others)
            .await
            .expect("made");
    }
    let row = |name: &str| Numbered {
        id: 0,
        name: name.into(),
    };
    let mut one = row("a");
    site.db.save(&mut one).await.expect("saved");
    assert_eq!(one.id, 7);
    let mut many = ["b", "c"].map(row);
    site.db.save_many(&mut many).await.expect("saved");
    for row in &many {
        let read = site.db.get::<Numbered>(&row.id).await.expect("there");
        assert_eq!(read.name, row.name);
    }
}

/// Servers may be told to leave out numbers at any time, as when a node joins a cluster.
#[tokio::test]
async fn a_step_between_ids_is_no_trouble_only_on_mysql() {
    let site = open::<sqlx::MySql>().await;
    site.db.save(&mut named("first")).await.expect("saved");
    let mut many = ["a", "b", "c"].map(named);
    site.db
        .atomic(async |tx| {
            sqlx::query("SET SESSION auto_increment_increment = 3")
                .execute(&mut *tx)
                .await?;
            let saved = tx.save_many(&mut many).await;
            sqlx::query("SET SESSION auto_increment_increment = 1")
                .execute(&mut *tx)
                .await?;
            saved
        })
        .await
        .expect("saved");
    for row in &many {
        let read = site.db.get::<Person>(&row.id).await.expect("there");
        assert_eq!(read.name, row.name);
    }
    assert!(many[1].id - many[0].id == 3, "{many:?}");
}
