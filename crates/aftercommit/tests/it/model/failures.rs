//! A write that failed, or was dropped, leaves nothing of itself.

use std::sync::Arc;

use aftercommit::model::Stored;
use aftercommit::signal::{during, with_state};
use aftercommit::{Error, Ok, Result, Saved, SavedMany, Signals};
use tokio::sync::Notify;

use super::{Bare, Log, Person, Tables, ada, listening, open, take};

on_each_database_and_the_pooler! {
    a_failed_write_marks_the_block,
    a_save_that_failed_takes_its_id_back,
    a_save_dropped_half_way_marks_the_block,
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
