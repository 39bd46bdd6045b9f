//! Who gives the id, and rows without one.

use aftercommit::Ok;
use aftercommit::model::{Model as _, Stored};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Body, Log, Note, Person, Tables, ada, listening, open, take};

on_each_database_and_the_pooler! {
    an_id_that_is_set_and_not_there_is_inserted,
    the_program_can_give_the_id,
    a_row_without_an_id_cannot_be_found,
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
