//! What receivers hear of a write, and their veto.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use aftercommit::model::Stored;
use aftercommit::signal::{during, with_state};
use aftercommit::{Db, Error, Ok, Result, Saved, Signals, Tx};
use futures_core::future::BoxFuture;

use sqlx::types::chrono::DateTime;

use super::{Log, Person, Tables, Timed, ada, listening, open, take};
use crate::support::Server;

on_each_database_and_the_pooler! {
    receivers_see_the_old_row_and_what_changed,
    plain_sql_sends_the_same_signals,
    a_veto_cannot_be_swallowed,
    what_was_not_written_is_not_told,
    what_the_column_cannot_hold_is_no_change,
    a_receiver_that_saves_again_ends_with_an_error,
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

async fn what_was_not_written_is_not_told<DB: Tables>()
where
    Person: Stored<DB>,
{
    let heard = Log::default();
    let site = open::<DB>().await.with_signals(listening(&heard));
    let mut person = ada();
    site.db.save(&mut person).await.expect("saved");
    take(&heard);
    person.name = "dirty".into();
    person.rank = Some(3);
    site.db
        .atomic(async |tx| tx.update_only(&mut person, &["order"]).await)
        .await
        .expect("updated");
    assert_eq!(
        take(&heard),
        [
            "saving Ada Some([\"order\"])",
            "saved 1 Ada created false old Some(\"Ada\") changed [\"order\"]"
        ]
    );
    assert_eq!(
        person.name, "dirty",
        "the caller's own is still to be saved"
    );
    site.db.update(&mut person).await.expect("updated");
    assert_eq!(
        take(&heard)[1],
        "saved 1 dirty created false old Some(\"Ada\") changed [\"name\"]"
    );
    let missing = site.db.atomic(async |tx| {
        let mut missing = Person { id: 77, ..ada() };
        tx.update_only(&mut missing, &["order"]).await
    });
    assert!(missing.await.expect_err("no row").is_row_missing());
}

async fn what_the_column_cannot_hold_is_no_change<DB: Tables>()
where
    Timed: Stored<DB>,
{
    let seen: Arc<Mutex<Vec<Saved<Timed>>>> = Arc::default();
    async fn keep(to: &Arc<Mutex<Vec<Saved<Timed>>>>, signal: &Saved<Timed>) -> Result<()> {
        to.lock().expect("not poisoned").push(signal.clone());
        Ok(())
    }
    let site = open::<DB>()
        .await
        .with_signals(Signals::new().after_commit("keep", with_state(Arc::clone(&seen), keep)));
    let due = DateTime::from_timestamp(1_700_000_000, 123_456_789).expect("a time");
    let mut task = Timed {
        id: 0,
        due: due.naive_utc(),
        price: 0.1,
    };
    site.db.save(&mut task).await.expect("saved");
    site.db.save(&mut task).await.expect("saved");
    let mut read = site.db.get::<Timed>(&task.id).await.expect("there");
    site.db.save(&mut read).await.expect("saved");
    task.price = 0.2;
    site.db.save(&mut task).await.expect("saved");
    let seen = seen.lock().expect("not poisoned");
    let changed: Vec<_> = seen.iter().map(|saved| saved.changed.join(",")).collect();
    assert_eq!(changed, ["id,due,price", "", "", "price"]);
    assert_eq!(seen[1].instance.due, read.due, "as the table has it");
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

/// What a receiver needs to save again, and what came of it.
struct Again<DB: Tables> {
    db: OnceLock<Db<DB>>,
    rounds: AtomicUsize,
    ended: OnceLock<Option<&'static str>>,
}

async fn save_again<DB: Tables>(state: &Arc<Again<DB>>, saved: &Saved<Person>) -> Result<()>
where
    Person: Stored<DB>,
{
    let round = state.rounds.fetch_add(1, Ordering::Relaxed);
    let Some(db) = state.db.get().filter(|_| round < 500) else {
        return Ok(());
    };
    let mut person = saved.instance.clone();
    person.name = round.to_string();
    let again: BoxFuture<'_, Result<()>> = Box::pin(async { db.save(&mut person).await.map(drop) });
    let again = again.await;
    if let Err(error) = &again {
        state.ended.get_or_init(|| error.code());
    }
    again
}

async fn a_receiver_that_saves_again_ends_with_an_error<DB: Tables>()
where
    Person: Stored<DB>,
{
    let state = Arc::new(Again::<DB> {
        db: OnceLock::new(),
        rounds: AtomicUsize::new(0),
        ended: OnceLock::new(),
    });
    let receiver = with_state(Arc::clone(&state), save_again::<DB>);
    let signals = Signals::new().after_commit("again", receiver);
    let site = open::<DB>().await.with_signals(signals);
    let _ = state.db.set(site.db.clone());
    let (db, mut person) = (site.db.clone(), ada());
    let saved = tokio::spawn(async move { db.save(&mut person).await.map(|_| person.id) });
    let id = saved
        .await
        .expect("no overflow")
        .expect("the first save is committed");
    assert_eq!(state.ended.get(), Some(&Some("SIGNAL_RECURSION")));
    assert_eq!(state.rounds.load(Ordering::Relaxed), 64);
    let kept = site.db.get::<Person>(&id).await.expect("there");
    assert_eq!(kept.name, "62", "the saves before are committed");
}
