//! Rows with signals.

use std::sync::{Arc, Mutex};

use aftercommit::model::{Model as _, Stored};
use aftercommit::signal::{during, with_state};
use aftercommit::{
    Deleted, DeletedMany, Deleting, Error, Model, Ok, Result, Saved, SavedMany, Saving, Signals, Tx,
};
use sqlx::types::Json;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::support::{Server, Site};

on_each_database_and_the_pooler! {
    save_inserts_and_then_updates,
    an_id_that_is_set_and_not_there_is_inserted,
    an_update_that_finds_no_row_says_so,
    a_column_that_does_not_fit_is_named,
    columns_are_written_by_name,
    what_the_database_computes_comes_back,
    every_kind_of_column_comes_back_as_it_was,
    the_program_can_give_the_id,
    many_rows_send_one_signal,
    many_rows_fill_more_than_one_statement,
    receivers_see_the_old_row_and_what_changed,
    a_veto_cannot_be_swallowed,
    a_failed_write_marks_the_block,
    a_save_that_failed_takes_its_id_back,
    a_save_dropped_half_way_marks_the_block,
    delete_says_whether_the_row_was_there,
    plain_sql_sends_the_same_signals,
    a_handle_makes_its_own_transaction,
    a_row_without_an_id_cannot_be_found,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "person", keep_old)]
struct Person {
    #[model(id)]
    id: i64,
    name: String,
    #[model(column = "order")]
    rank: Option<i32>,
    #[model(skip)]
    greeting: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "note")]
struct Note {
    #[model(id, given)]
    id: Uuid,
    body: Json<Body>,
    tag: Option<String>,
    data: Vec<u8>,
    weight: f64,
    done: bool,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Body {
    words: Vec<String>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "stamped")]
struct Stamped {
    #[model(id)]
    id: i64,
    a: i64,
    #[model(generated)]
    twice: i64,
    #[model(created_at)]
    created: sqlx::types::chrono::NaiveDateTime,
    #[model(updated_at)]
    updated: sqlx::types::chrono::NaiveDateTime,
}

/// What `Person` is not.
#[derive(Model, Clone, Debug)]
#[model(table = "person")]
struct Misread {
    #[model(id)]
    id: i64,
    name: i64,
}

#[derive(Model, Clone, Debug)]
#[model(table = "bare")]
struct Bare {
    #[model(id)]
    id: i32,
}

/// The tables in each database's own words.
trait Tables: Server {
    const TABLES: &'static [&'static str];
}

impl Tables for sqlx::Sqlite {
    const TABLES: &'static [&'static str] = &[
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, \"order\" INTEGER)",
        "CREATE TABLE note (id BLOB PRIMARY KEY, body TEXT NOT NULL, tag TEXT, data BLOB NOT NULL, weight REAL NOT NULL,
            done BOOLEAN NOT NULL)",
        "CREATE TABLE stamped (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, twice INTEGER GENERATED ALWAYS AS (a * 2) STORED,
            created TEXT NOT NULL, updated TEXT NOT NULL)",
        "CREATE TABLE bare (id INTEGER PRIMARY KEY)",
    ];
}

impl Tables for sqlx::Postgres {
    const TABLES: &'static [&'static str] = &[
        "CREATE TABLE person (id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL UNIQUE, \"order\" INTEGER)",
        "CREATE TABLE note (id UUID PRIMARY KEY, body JSONB NOT NULL, tag TEXT, data BYTEA NOT NULL,
            weight DOUBLE PRECISION NOT NULL, done BOOLEAN NOT NULL)",
        "CREATE TABLE stamped (id BIGSERIAL PRIMARY KEY, a BIGINT NOT NULL, twice BIGINT GENERATED ALWAYS AS (a * 2) STORED,
            created TIMESTAMP NOT NULL, updated TIMESTAMP NOT NULL)",
        "CREATE TABLE bare (id SERIAL PRIMARY KEY)",
    ];
}

impl Tables for sqlx::MySql {
    const TABLES: &'static [&'static str] = &[
        "CREATE TABLE person (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(200) NOT NULL UNIQUE, `order` INTEGER)",
        "CREATE TABLE note (id BINARY(16) PRIMARY KEY, body JSON NOT NULL, tag TEXT, data BLOB NOT NULL,
            weight DOUBLE NOT NULL, done BOOLEAN NOT NULL)",
        "CREATE TABLE stamped (id BIGINT AUTO_INCREMENT PRIMARY KEY, a BIGINT NOT NULL,
            twice BIGINT GENERATED ALWAYS AS (a * 2) STORED, created DATETIME(6) NOT NULL, updated DATETIME(6) NOT NULL)",
        "CREATE TABLE bare (id INTEGER AUTO_INCREMENT PRIMARY KEY)",
    ];
}

async fn open<DB: Tables>() -> Site<DB> {
    let site = Site::<DB>::open().await;
    let mut conn = site.others.acquire().await.expect("a connection");
    for sql in DB::TABLES {
        DB::run(&mut conn, sql).await;
    }
    drop(conn);
    site
}

fn ada() -> Person {
    Person {
        id: 0,
        name: "Ada".into(),
        rank: None,
        greeting: "hello".into(),
    }
}

/// What receivers heard, in words.
type Log = Arc<Mutex<Vec<String>>>;

fn log(log: &Log, line: String) {
    log.lock().expect("not poisoned").push(line);
}

fn take(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().expect("not poisoned"))
}

async fn saving(to: &Log, signal: &Saving<Person>) -> Result<()> {
    log(
        to,
        format!("saving {} {:?}", signal.instance.name, signal.only),
    );
    Ok(())
}

async fn saved(to: &Log, signal: &Saved<Person>) -> Result<()> {
    let old = signal.old.as_ref().map(|old| old.name.as_str());
    log(
        to,
        format!(
            "saved {} {} created {} old {old:?} changed {:?}",
            signal.instance.id, signal.instance.name, signal.created, signal.changed
        ),
    );
    Ok(())
}

async fn deleting(to: &Log, signal: &Deleting<Person>) -> Result<()> {
    log(to, format!("deleting {}", signal.instance.id));
    Ok(())
}

async fn deleted(to: &Log, signal: &Deleted<Person>) -> Result<()> {
    log(
        to,
        format!("deleted {} found {}", signal.instance.id, signal.found),
    );
    Ok(())
}

async fn saved_many(to: &Log, signal: &SavedMany<Person>) -> Result<()> {
    let ids: Vec<i64> = signal.instances.iter().map(|person| person.id).collect();
    log(
        to,
        format!("saved many {ids:?} created {:?}", signal.created),
    );
    Ok(())
}

async fn deleted_many(to: &Log, signal: &DeletedMany<Person>) -> Result<()> {
    log(
        to,
        format!("deleted many {:?} found {}", signal.ids, signal.found),
    );
    Ok(())
}

fn listening<DB: Server>(to: &Log) -> Signals<DB> {
    Signals::new()
        .during("saving", with_state(Arc::clone(to), saving))
        .during("saved", with_state(Arc::clone(to), saved))
        .during("deleting", with_state(Arc::clone(to), deleting))
        .during("deleted", with_state(Arc::clone(to), deleted))
        .during("saved many", with_state(Arc::clone(to), saved_many))
        .during("deleted many", with_state(Arc::clone(to), deleted_many))
}

async fn save_inserts_and_then_updates<DB: Tables>()
where
    Person: Stored<DB>,
{
    let heard = Log::default();
    let site = open::<DB>().await.with_signals(listening(&heard));
    let mut person = ada();
    site.db
        .atomic(async |tx| {
            tx.save(&mut person).await?;
            person.rank = Some(7);
            // The same values once more: the row was matched, though nothing about it changed.
            tx.save(&mut person).await?;
            tx.save(&mut person).await
        })
        .await
        .expect("committed");
    assert_eq!(person.id, 1);
    assert_eq!(
        take(&heard),
        [
            "saving Ada None",
            "saved 1 Ada created true old None changed [\"id\", \"name\", \"order\"]",
            "saving Ada None",
            "saved 1 Ada created false old Some(\"Ada\") changed [\"order\"]",
            "saving Ada None",
            "saved 1 Ada created false old Some(\"Ada\") changed []",
        ]
    );
    let read = site.db.get::<Person>(&1).await.expect("there");
    assert_eq!(
        read,
        Person {
            greeting: String::new(),
            ..person
        }
    );
}

async fn an_id_that_is_set_and_not_there_is_inserted<DB: Tables>()
where
    Person: Stored<DB>,
{
    let heard = Log::default();
    let site = open::<DB>().await.with_signals(listening(&heard));
    let mut person = Person { id: 42, ..ada() };
    site.db.save(&mut person).await.expect("inserted");
    assert_eq!(
        take(&heard)[1],
        "saved 42 Ada created true old None changed [\"id\", \"name\", \"order\"]"
    );
    assert_eq!(site.db.get::<Person>(&42).await.expect("there").name, "Ada");
}

async fn an_update_that_finds_no_row_says_so<DB: Tables>()
where
    Person: Stored<DB>,
    Bare: Stored<DB>,
{
    let site = open::<DB>().await;
    let mut person = Person { id: 9, ..ada() };
    let error = site.db.update(&mut person).await.expect_err("no row");
    assert!(error.is_row_missing(), "{error}");
    assert_eq!(error.code(), Some("ROW_MISSING"));
    assert!(
        error
            .to_string()
            .contains("person has no row with the id 9"),
        "{error}"
    );

    // A model without a column to write is looked for all the same.
    let mut bare = Bare { id: 0 };
    site.db.save(&mut bare).await.expect("saved");
    site.db.update(&mut bare).await.expect("there");
    let error = site
        .db
        .update(&mut Bare { id: 77 })
        .await
        .expect_err("no row");
    assert!(error.is_row_missing(), "{error}");

    // And swallowing it does not help the block.
    let result: Result<()> = site
        .db
        .atomic(async |tx| {
            assert!(tx.update(&mut person).await.is_err());
            Ok(())
        })
        .await;
    assert!(result.expect_err("marked").is_rolled_back());
}

async fn a_column_that_does_not_fit_is_named<DB: Tables>()
where
    Person: Stored<DB>,
    Misread: Stored<DB>,
{
    let site = open::<DB>().await;
    let mut ada = ada();
    site.db.save(&mut ada).await.expect("saved");
    let error = site.db.get::<Misread>(&ada.id).await.expect_err("a text");
    assert!(error.to_string().contains("column \"name\""), "{error}");
}

async fn columns_are_written_by_name<DB: Tables>()
where
    Person: Stored<DB>,
{
    let heard = Log::default();
    let site = open::<DB>().await.with_signals(listening(&heard));
    let mut person = ada();
    site.db.save(&mut person).await.expect("saved");
    take(&heard);
    person.name = "Ada L.".into();
    person.rank = Some(3);
    site.db
        .atomic(async |tx| {
            tx.update_only(&mut person, &[]).await?;
            tx.update_only(&mut person, &["order"]).await
        })
        .await
        .expect("updated");
    assert_eq!(
        take(&heard),
        [
            "saving Ada L. Some([\"order\"])",
            "saved 1 Ada L. created false old Some(\"Ada\") changed [\"order\"]"
        ]
    );
    let read = site.db.get::<Person>(&1).await.expect("there");
    assert_eq!((read.name.as_str(), read.rank), ("Ada", Some(3)));

    for (column, text) in [
        (
            "rank",
            "UNKNOWN_COLUMN: person has no column \"rank\" in its model: the columns are name, order",
        ),
        (
            "id",
            "UNKNOWN_COLUMN: column \"id\" of person is not the program's to update: those are name, order",
        ),
    ] {
        let result = site
            .db
            .atomic(async |tx| tx.update_only(&mut person, &[column]).await)
            .await;
        let error = result.expect_err("refused");
        assert_eq!(error.code(), Some("UNKNOWN_COLUMN"));
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(
        take(&heard),
        [""; 0],
        "an argument's error comes before any signal"
    );
}

async fn what_the_database_computes_comes_back<DB: Tables>()
where
    Stamped: Stored<DB>,
{
    let site = open::<DB>().await;
    let mut row = Stamped {
        id: 0,
        a: 21,
        twice: 0,
        created: Default::default(),
        updated: Default::default(),
    };
    site.db.save(&mut row).await.expect("saved");
    assert_eq!(row.twice, 42);
    let first = row.clone();
    assert!(first.created > Default::default() && first.updated > Default::default());
    row.a = 4;
    site.db.save(&mut row).await.expect("saved");
    assert_eq!(row.twice, 8);
    assert_eq!(row.created, first.created, "written once");
    assert!(row.updated >= first.updated);
    assert_eq!(site.db.get::<Stamped>(&row.id).await.expect("there"), row);
}

async fn every_kind_of_column_comes_back_as_it_was<DB: Tables>()
where
    Note: Stored<DB>,
{
    let site = open::<DB>().await;
    let mut notes = Vec::new();
    for (tag, data) in [(None, vec![]), (Some("🦀 'x' \\".to_owned()), vec![0, 255])] {
        notes.push(Note {
            id: Uuid::now_v7(),
            body: Json(Body {
                words: vec!["a".into(), "\"b\"".into()],
            }),
            tag,
            data,
            weight: -1.5,
            done: true,
        });
    }
    site.db.save(&mut notes[0]).await.expect("saved");
    site.db.save_many(&mut notes).await.expect("saved");
    for note in &mut notes {
        assert_eq!(site.db.get::<Note>(&note.id).await.expect("there"), *note);
    }
}

async fn the_program_can_give_the_id<DB: Tables>()
where
    Note: Stored<DB>,
{
    let site = open::<DB>().await;
    let mut note = Note {
        id: Uuid::now_v7(),
        body: Json(Body { words: vec![] }),
        tag: None,
        data: vec![1],
        weight: 0.0,
        done: false,
    };
    let error = site.db.update(&mut note).await.expect_err("no row");
    assert!(
        !error.to_string().contains(&note.id.to_string()),
        "may be a secret: {error}"
    );
    site.db.insert(&mut note).await.expect("inserted");
    let error = site.db.insert(&mut note).await.expect_err("taken");
    let unique = error
        .as_database()
        .and_then(|error| error.as_database_error());
    assert!(
        unique.is_some_and(|error| error.is_unique_violation()),
        "{error}"
    );
    note.done = true;
    site.db.save(&mut note).await.expect("updated");
    assert!(site.db.get::<Note>(note.id()).await.expect("there").done);
}

async fn many_rows_send_one_signal<DB: Tables>()
where
    Person: Stored<DB>,
{
    let heard = Log::default();
    let site = open::<DB>().await.with_signals(listening(&heard));
    let named = |name: &str| Person {
        name: name.into(),
        ..ada()
    };
    let mut people = vec![named("a"), named("b")];
    site.db.save_many(&mut people).await.expect("saved");
    people[1].rank = Some(1);
    people.push(named("c"));
    people.push(Person {
        id: 50,
        ..named("d")
    });
    site.db.save_many(&mut people).await.expect("saved");
    let ids: Vec<i64> = people.iter().map(|person| person.id).collect();
    assert_eq!(ids, [1, 2, 3, 50]);
    assert_eq!(
        site.db.get::<Person>(&2).await.expect("there").rank,
        Some(1)
    );
    assert_eq!(site.db.get::<Person>(&50).await.expect("there").name, "d");
    let found = site
        .db
        .delete_many::<Person>(&[1, 50, 99])
        .await
        .expect("deleted");
    assert_eq!(found, 2);
    site.db
        .save_many::<Person>(&mut [])
        .await
        .expect("nothing to do");
    site.db
        .delete_many::<Person>(&[])
        .await
        .expect("nothing to do");
    assert_eq!(
        take(&heard),
        [
            "saved many [1, 2] created [true, true]",
            "saved many [1, 2, 3, 50] created [false, false, true, true]",
            "deleted many [1, 50, 99] found 2",
        ]
    );
}

/// More rows than parameters fit into one statement, and each id still belongs to its row.
async fn many_rows_fill_more_than_one_statement<DB: Tables>()
where
    Person: Stored<DB>,
{
    let site = open::<DB>().await;
    let mut people: Vec<Person> = (0..40_000)
        .map(|n| Person {
            name: format!("p{n}"),
            rank: Some(n),
            ..ada()
        })
        .collect();
    site.db.save_many(&mut people).await.expect("saved");
    for n in [0, 1, 16_382, 16_383, 32_766, 32_767, 39_999] {
        let read = site.db.get::<Person>(&people[n].id).await.expect("there");
        assert_eq!(read.name, people[n].name);
    }
    let ids: Vec<i64> = people.iter().map(|person| person.id).collect();
    assert_eq!(
        site.db.delete_many::<Person>(&ids).await.expect("deleted"),
        40_000
    );
}

async fn receivers_see_the_old_row_and_what_changed<DB: Tables>()
where
    Person: Stored<DB>,
{
    let seen: Arc<Mutex<Option<Saved<Person>>>> = Arc::default();
    async fn keep(to: &Arc<Mutex<Option<Saved<Person>>>>, signal: &Saved<Person>) -> Result<()> {
        *to.lock().expect("not poisoned") = Some(signal.clone());
        Ok(())
    }
    let site = open::<DB>()
        .await
        .with_signals(Signals::new().after_commit("keep", with_state(Arc::clone(&seen), keep)));
    let mut person = ada();
    site.db.save(&mut person).await.expect("saved");
    person.name = "Grace".into();
    site.db.save(&mut person).await.expect("saved");
    let seen = seen.lock().expect("not poisoned").take().expect("heard");
    assert_eq!(seen.old.expect("kept").name, "Ada");
    assert_eq!(seen.changed, ["name"]);
    assert!(!seen.created);
}

async fn a_veto_cannot_be_swallowed<DB: Tables>()
where
    Person: Stored<DB>,
{
    async fn veto(_: &Saved<Person>) -> Result<()> {
        Err(Error::other("not this one"))
    }
    let signals = Signals::new()
        .with(during("veto", veto).filter(|signal: &Saved<Person>| signal.instance.name == "Ada"));
    let site = open::<DB>().await.with_signals(signals);
    let swallowed: Result<()> = site
        .db
        .atomic(async |tx| {
            assert_eq!(
                tx.save(&mut ada()).await.expect_err("veto").to_string(),
                "not this one"
            );
            Ok(())
        })
        .await;
    assert!(swallowed.expect_err("marked").is_rolled_back());

    // In a block of its own the veto takes back that save, and no more.
    let mut other = Person {
        name: "Grace".into(),
        ..ada()
    };
    site.db
        .atomic(async |tx| {
            let vetoed: Result<()> = tx.atomic(async |tx| tx.save(&mut ada()).await).await;
            assert!(vetoed.is_err());
            tx.save(&mut other).await
        })
        .await
        .expect("committed");
    let count = site
        .db
        .atomic(async |tx| tx.delete_many::<Person>(&[1, 2, 3]).await);
    assert_eq!(count.await.expect("deleted"), 1);
}

async fn a_failed_write_marks_the_block<DB: Tables>()
where
    Person: Stored<DB>,
{
    let heard = Log::default();
    let site = open::<DB>().await.with_signals(listening(&heard));
    site.db.save(&mut ada()).await.expect("saved");
    take(&heard);
    let result: Result<()> = site
        .db
        .atomic(async |tx| {
            assert!(tx.save(&mut ada()).await.is_err(), "the name is unique");
            tx.save(&mut ada()).await
        })
        .await;
    assert!(result.expect_err("broken").is_broken());
    assert_eq!(
        take(&heard),
        ["saving Ada None", "saving Ada None"],
        "nothing was saved"
    );
}

/// Otherwise the next save of it could write over the row that has the id by then.
async fn a_save_that_failed_takes_its_id_back<DB: Tables>()
where
    Person: Stored<DB>,
{
    async fn veto(_: &Saved<Person>) -> Result<()> {
        Err(Error::other("not this one"))
    }
    async fn veto_many(_: &SavedMany<Person>) -> Result<()> {
        Err(Error::other("none of these"))
    }
    let signals = Signals::new()
        .with(during("veto", veto).filter(|signal: &Saved<Person>| signal.instance.name == "Ada"))
        .during("veto_many", veto_many);
    let site = open::<DB>().await;
    let strict = site.db.clone().with_signals(signals);

    let mut vetoed = ada();
    strict.save(&mut vetoed).await.expect_err("veto");
    assert_eq!(vetoed.id, 0);
    strict.insert(&mut vetoed).await.expect_err("veto");
    assert_eq!(vetoed.id, 0);
    let block: Result<()> = strict
        .atomic(async |tx| {
            assert!(tx.save(&mut vetoed).await.is_err());
            Ok(())
        })
        .await;
    assert!(block.expect_err("marked").is_rolled_back());
    assert_eq!(vetoed.id, 0);
    let mut many = [ada(), Person { id: 77, ..ada() }];
    many[1].name = "Grace".into();
    strict.save_many(&mut many).await.expect_err("veto");
    assert_eq!(many.map(|person| person.id), [0, 77]);

    // Somebody else's row, which may have the id that was given first, stays what it is.
    let mut grace = Person {
        name: "Grace".into(),
        ..ada()
    };
    strict.save(&mut grace).await.expect("saved");
    site.db.save(&mut vetoed).await.expect("saved");
    let kept = site.db.get::<Person>(&grace.id).await.expect("there");
    assert_eq!((kept.name.as_str(), vetoed.id != grace.id), ("Grace", true));
}

async fn a_save_dropped_half_way_marks_the_block<DB: Tables>()
where
    Person: Stored<DB>,
    Bare: Stored<DB>,
{
    async fn hang(reached: &Arc<Notify>, _: &Saved<Person>) -> Result<()> {
        reached.notify_one();
        std::future::pending().await
    }
    let reached = Arc::new(Notify::new());
    let signals = Signals::new().during("hang", with_state(Arc::clone(&reached), hang));
    let site = open::<DB>().await.with_signals(signals);
    let dropped: Result<()> = site
        .db
        .atomic(async |tx| {
            let mut half = ada();
            tokio::select! {
                saved = tx.save(&mut half) => saved?,
                () = reached.notified() => {}
            }
            Ok(())
        })
        .await;
    assert!(dropped.expect_err("half of a save").is_rolled_back());

    // In a block of its own it takes nothing else along.
    site.db
        .atomic(async |tx| {
            tx.insert(&mut Bare { id: 7 }).await?;
            let half = tx.atomic(async |tx| tx.save(&mut ada()).await);
            tokio::select! {
                saved = half => saved,
                () = reached.notified() => Ok(()),
            }
        })
        .await
        .expect("committed");
    let site = site.with_signals(Signals::new());
    site.db.get::<Bare>(&7).await.expect("there");
    site.db.save(&mut ada()).await.expect("the name is free");
}

async fn delete_says_whether_the_row_was_there<DB: Tables>()
where
    Person: Stored<DB>,
{
    let heard = Log::default();
    let site = open::<DB>().await.with_signals(listening(&heard));
    let mut person = ada();
    site.db.save(&mut person).await.expect("saved");
    take(&heard);
    assert!(site.db.delete(&person).await.expect("deleted"));
    assert!(!site.db.delete(&person).await.expect("gone already"));
    assert_eq!(
        take(&heard),
        [
            "deleting 1",
            "deleted 1 found true",
            "deleting 1",
            "deleted 1 found false"
        ]
    );
    let gone = site.db.atomic(async |tx| tx.find::<Person>(&1).await).await;
    assert_eq!(gone.expect("asked"), None);
}

async fn plain_sql_sends_the_same_signals<DB: Tables>()
where
    Person: Stored<DB>,
{
    let heard = Log::default();
    let site = open::<DB>().await.with_signals(listening(&heard));
    async fn by_hand<DB: Server>(tx: &mut Tx<DB>, person: Person) -> Result<()> {
        DB::insert(tx, person.id).await?;
        tx.send(Saved::created(person.clone())).await?;
        tx.send(Saved::updated(person, ["name"])).await
    }
    site.db
        .atomic(async |tx| by_hand(tx, Person { id: 5, ..ada() }).await)
        .await
        .expect("committed");
    assert_eq!(
        take(&heard),
        [
            "saved 5 Ada created true old None changed [\"id\", \"name\", \"order\"]",
            "saved 5 Ada created false old None changed [\"name\"]",
        ]
    );
}

async fn a_handle_makes_its_own_transaction<DB: Tables>()
where
    Person: Stored<DB>,
{
    let site = open::<DB>().await;
    let mut person = ada();
    site.db.save(&mut person).await.expect("saved");
    person.rank = Some(1);
    site.db.update(&mut person).await.expect("updated");
    let mut stale = Person {
        greeting: "kept?".into(),
        rank: None,
        ..person.clone()
    };
    site.db
        .atomic(async |tx| tx.refresh(&mut stale).await)
        .await
        .expect("read");
    assert_eq!((stale.rank, stale.greeting.as_str()), (Some(1), ""));
    assert!(
        site.db
            .get::<Person>(&404)
            .await
            .expect_err("none")
            .is_row_missing()
    );
}

async fn a_row_without_an_id_cannot_be_found<DB: Tables>()
where
    Person: Stored<DB>,
{
    let heard = Log::default();
    let site = open::<DB>().await.with_signals(listening(&heard));
    site.db
        .atomic(async |tx| {
            for error in [
                tx.update(&mut ada()).await.expect_err("no id"),
                tx.delete(&ada()).await.map(drop).expect_err("no id"),
                tx.refresh(&mut ada()).await.expect_err("no id"),
            ] {
                assert_eq!(error.code(), Some("ID_UNSET"));
                assert!(error.to_string().contains("save it first"), "{error}");
            }
            Ok(())
        })
        .await
        .expect("nothing happened yet, so nothing is marked");
    assert_eq!(take(&heard), [""; 0]);
}
