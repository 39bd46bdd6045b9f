//! What the index follows.

use aftercommit::{Db, Error, Ok, Result, Signals};
use aftercommit_search::{Index, Indexed, Query, Tantivy};
use sqlx::Sqlite;

use crate::{User, open, user};

async fn database(signals: Signals<Sqlite>) -> Db<Sqlite> {
    let db: Db<Sqlite> = Db::connect("sqlite::memory:").await.expect("opened");
    sqlx::query("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, about TEXT, city TEXT, age INTEGER)")
        .execute(db.pool())
        .await
        .expect("created");
    db.with_signals(signals)
}

async fn found(users: &Indexed<User>, words: &str) -> usize {
    users
        .search(Query::words(words))
        .await
        .expect("found")
        .total
}

#[tokio::test]
async fn save_and_delete_are_followed() {
    let users = open(Tantivy::in_memory()).await.expect("opened");
    let db = database(users.after_commit(Signals::new())).await;
    let mut ada = user(0, "Ada", "x", "London", 36);
    db.save(&mut ada).await.expect("saved");
    assert_eq!(found(&users, "ada").await, 1);
    ada.name = "Grace".into();
    db.save(&mut ada).await.expect("saved");
    assert_eq!(
        (found(&users, "ada").await, found(&users, "grace").await),
        (0, 1)
    );
    ada.city = "hidden".into();
    db.save(&mut ada).await.expect("saved");
    assert_eq!(
        found(&users, "grace").await,
        0,
        "it is not for the index any more"
    );
    ada.city = "Paris".into();
    db.save(&mut ada).await.expect("saved");
    db.delete(&ada).await.expect("deleted");
    assert_eq!(found(&users, "").await, 0);

    let mut many: Vec<User> = (0..100)
        .map(|n| user(0, &format!("user{n}"), "many", "Paris", n))
        .collect();
    db.save_many(&mut many).await.expect("saved");
    assert_eq!(found(&users, "many").await, 100);
    let ids: Vec<i64> = many.iter().take(60).map(|user| user.id).collect();
    db.delete_many::<User>(&ids).await.expect("deleted");
    assert_eq!(found(&users, "many").await, 40);
    users.clear().await.expect("cleared");
    assert_eq!(found(&users, "").await, 0);
}

/// The story in four lines: the naive processor leaves an orphan, the other one does not.
#[tokio::test]
async fn what_was_rolled_back_is_not_found() {
    for (naive, orphans) in [(true, 1), (false, 0)] {
        let users = open(Tantivy::in_memory()).await.expect("opened");
        let signals = Signals::new();
        let signals = if naive {
            users.during(signals)
        } else {
            users.after_commit(signals)
        };
        let db = database(signals).await;
        let failed: Result<()> = db
            .atomic(async |tx| {
                tx.save(&mut user(0, "Ada", "x", "London", 36)).await?;
                Err(Error::other("a later line fails"))
            })
            .await;
        assert!(failed.is_err());
        assert_eq!(found(&users, "ada").await, orphans);
    }
}

#[tokio::test]
async fn a_change_inside_a_transaction_is_an_error() {
    aftercommit::guard::set_policy(aftercommit::guard::Policy::Refuse);
    let users = open(Tantivy::in_memory()).await.expect("opened");
    let db = database(Signals::new()).await;
    let line = line!() + 3;
    let inside: Result<()> = db
        .atomic(async |_| {
            users.put(&[user(1, "Ada", "x", "London", 36)]).await?;
            // Asking leaves nothing behind.
            users.search(Query::all()).await?;
            Ok(())
        })
        .await;
    let error = inside.expect_err("refused");
    assert_eq!(error.code(), Some("SIDE_EFFECT_INSIDE"));
    assert!(
        error.to_string().contains(&format!("processor.rs:{line}")),
        "{error}"
    );
    assert_eq!(found(&users, "").await, 0);
}

/// Many changes at once are all there, and each waiter is told when its own is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_at_the_same_time_are_written_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let users = open(Tantivy::in_folder(folder.path()))
        .await
        .expect("opened");
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let users = users.clone();
            tokio::spawn(async move {
                users
                    .put(&[user(n, &format!("user{n}"), "x", "Paris", n)])
                    .await
                    .expect("put");
                assert_eq!(found(&users, &format!("user{n}")).await.min(1), 1);
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("found its own");
    }
    assert_eq!(found(&users, "").await, 200);
}

#[tokio::test]
async fn a_model_can_have_two_indexes() {
    let users = open(Tantivy::in_memory()).await.expect("opened");
    let cities = Index::of("cities")
        .text("city", |user: &User| user.city.clone())
        .open(Tantivy::in_memory())
        .await
        .expect("opened");
    let db = database(cities.after_commit(users.after_commit(Signals::new()))).await;
    let mut ada = user(0, "Ada", "x", "London", 36);
    db.save(&mut ada).await.expect("saved");
    assert_eq!(
        (found(&users, "ada").await, found(&cities, "london").await),
        (1, 1)
    );
}
