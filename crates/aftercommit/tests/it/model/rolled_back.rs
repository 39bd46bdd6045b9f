//! A row that was rolled back keeps its id in memory, and does no harm with it.

use aftercommit::model::Stored;
use aftercommit::{Error, Model, Ok, Result};

use super::{Person, Tables, ada, open};

on_each_database_and_the_pooler! {
    a_row_that_was_rolled_back_is_saved_as_a_new_one,
    a_row_of_a_nested_block_that_was_undone_is_saved_as_a_new_one,
    many_rows_that_were_rolled_back_are_saved_as_new_ones,
    a_block_that_is_tried_again_saves_its_rows_once,
    a_row_that_was_committed_is_updated,
}

fn named(name: &str) -> Person {
    Person {
        name: name.into(),
        ..ada()
    }
}

fn undo() -> Result<()> {
    Err(Error::other("undo"))
}

async fn name_of<DB: Tables>(site: &crate::support::Site<DB>, id: i64) -> String
where
    Person: Stored<DB>,
{
    site.db.get::<Person>(&id).await.expect("there").name
}

async fn a_row_that_was_rolled_back_is_saved_as_a_new_one<DB: Tables>()
where
    Person: Stored<DB>,
{
    let site = open::<DB>().await;
    let mut ada = ada();
    let block = site.db.atomic(async |tx| {
        tx.save(&mut ada).await?;
        undo()
    });
    block.await.expect_err("undone");
    let mut grace = named("Grace");
    site.db.save(&mut grace).await.expect("saved");
    site.db.save(&mut ada).await.expect("saved");
    assert_eq!(name_of(&site, grace.id).await, "Grace");
    assert_eq!(name_of(&site, ada.id).await, "Ada");
    assert_ne!(ada.id, grace.id);
    // From here on both are what they seem.
    grace.rank = Some(1);
    site.db.save(&mut grace).await.expect("updated");
    let mut both = [ada, grace];
    site.db.save_many(&mut both).await.expect("updated");
    let ids: Vec<i64> = both.iter().map(|person| person.id).collect();
    let deleted = site.db.delete_many::<Person>(&ids).await;
    assert_eq!(deleted.expect("deleted"), 2);
}

async fn a_row_of_a_nested_block_that_was_undone_is_saved_as_a_new_one<DB: Tables>()
where
    Person: Stored<DB>,
{
    let site = open::<DB>().await;
    let (mut eve, mut bob) = (named("Eve"), named("Bob"));
    site.db
        .atomic(async |tx| {
            let nested: Result<()> = tx
                .atomic(async |tx| {
                    tx.save(&mut eve).await?;
                    undo()
                })
                .await;
            assert!(nested.is_err());
            tx.save(&mut bob).await?;
            tx.save(&mut eve).await
        })
        .await
        .expect("committed");
    assert_eq!(name_of(&site, bob.id).await, "Bob");
    assert_eq!(name_of(&site, eve.id).await, "Eve");
}

async fn many_rows_that_were_rolled_back_are_saved_as_new_ones<DB: Tables>()
where
    Person: Stored<DB>,
{
    let site = open::<DB>().await;
    let mut lost = ["a", "b", "c"].map(named);
    let block = site.db.atomic(async |tx| {
        tx.save_many(&mut lost).await?;
        undo()
    });
    block.await.expect_err("undone");
    let mut kept = ["d", "e"].map(named);
    site.db.save_many(&mut kept).await.expect("saved");
    site.db.save_many(&mut lost).await.expect("saved");
    for person in kept.iter().chain(&lost) {
        assert_eq!(name_of(&site, person.id).await, person.name);
    }
}

async fn a_block_that_is_tried_again_saves_its_rows_once<DB: Tables>()
where
    Person: Stored<DB>,
{
    let site = open::<DB>().await;
    let mut ada = ada();
    for done in [false, true] {
        let block = site.db.atomic(async |tx| {
            tx.save(&mut ada).await?;
            if done { Ok(()) } else { undo() }
        });
        assert_eq!(block.await.is_ok(), done);
    }
    assert_eq!(name_of(&site, ada.id).await, "Ada");
}

async fn a_row_that_was_committed_is_updated<DB: Tables>()
where
    Person: Stored<DB>,
{
    let site = open::<DB>().await;
    let mut ada = ada();
    site.db
        .atomic(async |tx| {
            tx.atomic(async |tx| tx.save(&mut ada).await).await?;
            tx.save(&mut ada).await
        })
        .await
        .expect("committed");
    let id = ada.id;
    site.db.save(&mut ada).await.expect("updated");
    assert_eq!(ada.id, id);
}

/// What was written past the library cannot be told from what was rolled back.
#[tokio::test]
async fn a_void_id_that_is_anothers_is_an_error_only_on_sqlite() {
    let site = open::<sqlx::Sqlite>().await;
    let mut ada = ada();
    let block = site.db.atomic(async |tx| {
        tx.save(&mut ada).await?;
        undo()
    });
    block.await.expect_err("undone");
    sqlx::query("INSERT INTO person (name) VALUES ('Grace')")
        .execute(&site.others)
        .await
        .expect("inserted");
    for result in [
        site.db.save(&mut ada).await,
        site.db.save_many(&mut [ada.clone(), named("Bob")]).await,
    ] {
        let error = result.expect_err("refused");
        assert_eq!(error.code(), Some("ID_STALE"), "{error}");
    }
    let mut grace = site.db.get::<Person>(&ada.id).await.expect("there");
    assert_eq!(grace.name, "Grace");
    grace.rank = Some(1);
    site.db.update(&mut grace).await.expect("updated");
    ada.id = 0;
    site.db.save(&mut ada).await.expect("inserted");
}

#[derive(Model, Clone, Debug)]
#[model(table = "always")]
struct Always {
    #[model(id)]
    id: i64,
    name: String,
}

#[tokio::test]
async fn an_identity_that_takes_no_value_gives_a_new_one_only_on_postgres() {
    let site = open::<sqlx::Postgres>().await;
    sqlx::raw_sql(
        "CREATE TABLE always (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT)",
    )
    .execute(&site.others)
    .await
    .expect("made");
    let mut row = Always {
        id: 0,
        name: "a".into(),
    };
    let block = site.db.atomic(async |tx| {
        tx.save(&mut row).await?;
        undo()
    });
    block.await.expect_err("undone");
    site.db.save(&mut row).await.expect("saved");
    let read = site.db.get::<Always>(&row.id).await.expect("there");
    assert_eq!(read.name, row.name);
}

#[tokio::test]
async fn an_id_of_zero_that_was_read_is_refused_only_on_sqlite() {
    let site = open::<sqlx::Sqlite>().await;
    sqlx::query("INSERT INTO person (id, name) VALUES (0, 'ground')")
        .execute(&site.others)
        .await
        .expect("inserted");
    let error = site.db.get::<Person>(&0).await.expect_err("not a new row");
    assert_eq!(error.code(), Some("ID_ZERO"), "{error}");
}
