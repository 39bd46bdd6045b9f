//! What the index follows by effects.

use std::time::Duration;

use aftercommit::delivery::Running;
use aftercommit::{Db, Error, Event, Result, Signals, Worker};
use aftercommit_search::{Index, Indexed, Query, Tantivy};
use sqlx::Sqlite;
use tokio::sync::watch;

use crate::{User, open, user};

/// Rows, an index that follows them, and how the attempts ended.
struct Site {
    db: Db<Sqlite>,
    users: Indexed<User>,
    told: watch::Receiver<Vec<&'static str>>,
}

impl Site {
    async fn open(users: Indexed<User>) -> Self {
        let (tell, told) = watch::channel(Vec::new());
        let db = Db::<Sqlite>::connect("sqlite::memory:")
            .await
            .expect("opened");
        let db = db
            .with_signals(users.durable(Signals::new()))
            .with_observer(move |event| {
                if let Event::Attempted { outcome, .. } = event {
                    tell.send_modify(|told| told.push(*outcome));
                }
            });
        db.migrate().await.expect("migrated");
        sqlx::query("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, about TEXT, city TEXT, age INTEGER)")
            .execute(db.pool())
            .await
            .expect("created");
        Self { db, users, told }
    }

    async fn worker(&self) -> Running {
        let worker = Worker::new(&self.db).poll_every(Duration::from_millis(20));
        worker.start().await.expect("started")
    }

    /// Waits until so many attempts have ended.
    async fn until(&mut self, count: usize) -> Vec<&'static str> {
        let waited = self.told.wait_for(|told| told.len() >= count);
        let waited = tokio::time::timeout(Duration::from_secs(60), waited).await;
        waited.expect("in time").expect("the site lives").clone()
    }

    async fn found(&self, words: &str) -> usize {
        let page = self.users.search(Query::words(words)).await;
        page.expect("found").total
    }

    async fn payloads(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT payload FROM aftercommit_effects ORDER BY id")
            .fetch_all(self.db.pool())
            .await
            .expect("read")
    }
}

#[tokio::test]
async fn what_is_committed_is_found_and_nothing_else() {
    let mut site = Site::open(open(Tantivy::in_memory()).await.expect("opened")).await;
    let failed: Result<()> = site
        .db
        .atomic(async |tx| {
            tx.save(&mut user(0, "Eve", "x", "London", 36)).await?;
            Err(Error::other("a later line fails"))
        })
        .await;
    assert!(failed.is_err());
    let mut ada = user(0, "Ada", "x", "London", 36);
    site.db.save(&mut ada).await.expect("saved");
    // What the index does not show is not written down. (The number of the row that was rolled back is not used again.)
    assert_eq!(
        site.payloads().await,
        [
            r#"{"index":"users","id":"2","fields":[["name","Ada"],["about","x"],["city","London"],["age",36]]}"#
        ]
    );
    let worker = site.worker().await;
    site.until(1).await;
    assert_eq!((site.found("ada").await, site.found("eve").await), (1, 0));

    let mut many: Vec<User> = (0..300)
        .map(|n| user(0, &format!("user{n}"), "many", "Paris", n))
        .collect();
    site.db.save_many(&mut many).await.expect("saved");
    let ids: Vec<i64> = many.iter().take(120).map(|user| user.id).collect();
    site.db.delete_many::<User>(&ids).await.expect("deleted");
    site.until(1 + 300 + 120).await;
    assert_eq!(site.found("many").await, 180);
    worker.drain().await;
}

/// A row is saved, hidden, shown, deleted and made again while nobody delivers; then two workers do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_follows_the_order_of_commits() {
    let folder = tempfile::tempdir().expect("a folder");
    let users = open(Tantivy::in_folder(folder.path()))
        .await
        .expect("opened");
    let mut site = Site::open(users).await;
    let worker = site.worker().await;
    let mut changes = 0;
    for round in 0..10 {
        for id in 1..=8 {
            let mut row = user(id, &format!("round{round}"), "x", "Paris", round);
            site.db.save(&mut row).await.expect("saved");
            row.city = "hidden".into();
            site.db.save(&mut row).await.expect("saved");
            site.db.delete(&row).await.expect("deleted");
            changes += 3;
            if id % 2 == 0 {
                row.city = "Paris".into();
                site.db.insert(&mut row).await.expect("inserted");
                changes += 1;
            }
        }
    }
    let told = site.until(changes).await;
    assert!(told.iter().all(|outcome| *outcome == "done"));
    assert_eq!(site.found("").await, 4);
    assert_eq!(site.found("round9").await, 4);
    worker.drain().await;
}

/// The process that committed is gone; another one opens the same folder.
#[tokio::test]
async fn a_change_outlives_its_process() {
    let mut site = Site::open(open(Tantivy::in_memory()).await.expect("opened")).await;
    site.db
        .save(&mut user(0, "Ada", "x", "London", 36))
        .await
        .expect("saved");
    // What the first process had in memory: nothing that counts.
    let users = open(Tantivy::in_memory()).await.expect("opened");
    site.db = site.db.clone().with_signals(users.durable(Signals::new()));
    site.users = users;
    assert_eq!(site.found("ada").await, 0);
    let worker = site.worker().await;
    site.until(1).await;
    assert_eq!(site.found("ada").await, 1);
    worker.drain().await;
}

#[tokio::test]
async fn a_document_with_other_fields_is_given_up_with_a_reason() {
    let mut site = Site::open(open(Tantivy::in_memory()).await.expect("opened")).await;
    site.db
        .save(&mut user(0, "Ada", "x", "London", 36))
        .await
        .expect("saved");
    let changed = Index::of("users").text("title", |user: &User| user.name.clone());
    let changed = changed.open(Tantivy::in_memory()).await.expect("opened");
    site.db = site
        .db
        .clone()
        .with_signals(changed.durable(Signals::new()));
    let worker = site.worker().await;
    assert_eq!(site.until(1).await, ["discarded"]);
    worker.drain().await;
    let why: String = sqlx::query_scalar("SELECT why FROM aftercommit_dead")
        .fetch_one(site.db.pool())
        .await
        .expect("a dead letter");
    assert!(why.contains("other fields than index users"), "{why}");
}

#[tokio::test]
async fn two_indexes_of_one_model_do_not_mix() {
    let users = open(Tantivy::in_memory()).await.expect("opened");
    let names = Index::of("names").text("name", |user: &User| user.name.clone());
    let names = names.open(Tantivy::in_memory()).await.expect("opened");
    let mut site = Site::open(users).await;
    let signals = names.durable(site.users.durable(Signals::new()));
    site.db = site.db.clone().with_signals(signals);
    let worker = site.worker().await;
    site.db
        .save(&mut user(0, "Ada", "x", "hidden", 36))
        .await
        .expect("saved");
    site.until(2).await;
    assert_eq!(site.found("").await, 0, "it is hidden there");
    let found = names.search(Query::words("ada")).await.expect("found");
    assert_eq!(found.total, 1);
    worker.drain().await;
}

#[tokio::test]
async fn who_only_reads_follows_who_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("index");
    let reader = open(Tantivy::in_folder(&folder).read_only());
    let reader = reader.await.expect("nothing to open yet");
    let count = async || reader.search(Query::all()).await.expect("found").total;
    assert_eq!(count().await, 0);
    let writer = open(Tantivy::in_folder(&folder)).await.expect("opened");
    for id in 1..=3 {
        let row = user(id, "Ada", "x", "London", 36);
        writer.put(&[row]).await.expect("put");
        assert_eq!(count().await, usize::try_from(id).expect("small"));
    }
    let error = reader.put(&[user(9, "Eve", "x", "London", 36)]).await;
    assert_eq!(error.expect_err("refused").code(), "SEARCH_READ_ONLY");
}
