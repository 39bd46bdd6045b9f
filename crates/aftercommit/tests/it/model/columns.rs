//! What is written into which column, and what comes back.

use aftercommit::model::Stored;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Body, Log, Misread, Note, Person, Stamped, Tables, ada, listening, open, take};

on_each_database_and_the_pooler! {
    columns_are_written_by_name,
    a_column_that_does_not_fit_is_named,
    what_the_database_computes_comes_back,
    every_kind_of_column_comes_back_as_it_was,
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
            "saving Ada Some([\"order\"])",
            "saved 1 Ada created false old Some(\"Ada\") changed [\"order\"]"
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
