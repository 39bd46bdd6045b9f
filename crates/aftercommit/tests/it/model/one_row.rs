//! A row is saved, updated and deleted.

use aftercommit::model::Stored;
use aftercommit::{Ok, Result};

use super::{Bare, Log, Person, Tables, ada, listening, open, take};

on_each_database_and_the_pooler! {
    save_inserts_and_then_updates,
    an_update_that_finds_no_row_says_so,
    delete_says_whether_the_row_was_there,
    a_handle_makes_its_own_transaction,
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
