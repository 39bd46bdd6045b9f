//! Processes that are killed, paused and made to fail while they commit and deliver: what the books say afterwards.
//!
//! The processes are those of `examples/storm`; `docs/reliability.md` has the results of the long runs.

mod boundaries;
mod clocks;
mod crashes;
mod kills;
mod pauses;
mod size;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aftercommit::Db;
use aftercommit_harness::{Claims, Deliveries, Left, Role, State, Truth, Verdict, Which};
use serde::Deserialize;
use sqlx::Pool;
use sqlx::pool::PoolOptions;

use crate::support::{Files, Outbox, patient};

/// A place where the storm rages, and the books of it.
struct Sea<DB: Outbox> {
    pool: Pool<DB>,
    url: String,
    books: PathBuf,
    _files: Files,
}

impl<DB: Outbox> Sea<DB> {
    async fn open() -> Self {
        let files = Files::new();
        let url = DB::url(files.path()).await;
        Self::at(url, files).await
    }

    async fn at(url: String, files: Files) -> Self {
        let books = files.path().join("books");
        std::fs::create_dir(&books).unwrap();
        let pool = PoolOptions::<DB>::new()
            .max_connections(2)
            .acquire_timeout(Duration::from_secs(60))
            .connect(&url)
            .await
            .unwrap();
        Db::new(pool.clone()).migrate().await.unwrap();
        let word = "VARCHAR(40) NOT NULL PRIMARY KEY";
        for sql in [
            format!(
                "CREATE TABLE storm_tokens (token {word}, effects BIGINT NOT NULL, counted BIGINT NOT NULL)"
            ),
            format!("CREATE TABLE storm_keys (name {word}, number BIGINT NOT NULL)"),
            "INSERT INTO storm_keys VALUES ('a', 0), ('b', 0), ('c', 0), ('d', 0), ('e', 0)".into(),
        ] {
            DB::execute(&pool, sql).await;
        }
        Self {
            pool,
            url,
            books,
            _files: files,
        }
    }

    fn role(&self, name: &str, count: usize) -> Role {
        Role {
            name: name.into(),
            program: program(),
            arguments: vec![
                name.into(),
                self.url.clone(),
                self.books.display().to_string(),
            ],
            environment: Vec::new(),
            count,
        }
    }

    /// One process, in which something happens at these points.
    fn process(&self, role: &str, point: &str) -> Process {
        let child = Command::new(program())
            .args([role, &self.url, &self.books.display().to_string()])
            .env("STORM_POINT", point)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Process(child.unwrap())
    }

    async fn count(&self, sql: &str) -> i64 {
        DB::number(&self.pool, sql.to_owned()).await
    }

    /// What nobody has to do anything about any more.
    async fn is_calm(&self) -> bool {
        // What stands behind a dead letter waits for an operator. One statement, for one state of things.
        let open = "SELECT (SELECT COUNT(*) FROM aftercommit_effects)
            + (SELECT COUNT(*) FROM aftercommit_waiting w WHERE w.due_at IS NOT NULL OR NOT EXISTS (
                SELECT 1 FROM aftercommit_dead d WHERE d.receiver = w.receiver AND d.order_key = w.order_key))";
        self.count(open).await == 0
    }

    /// How many effects are not delivered, whatever their state.
    async fn left(&self) -> i64 {
        self.count(
            "SELECT (SELECT COUNT(*) FROM aftercommit_effects) + (SELECT COUNT(*) FROM aftercommit_waiting)
                + (SELECT COUNT(*) FROM aftercommit_dead)",
        )
        .await
    }

    async fn until_calm(&self) {
        self.until(async || self.is_calm().await, "calm").await;
    }

    /// Where an operator retries what was set aside.
    async fn until_all_is_delivered(&self) {
        self.until(async || self.left().await == 0, "all is delivered")
            .await;
    }

    /// Waits for as long as there is progress: what a long storm has left takes its time.
    async fn until(&self, done: impl AsyncFn() -> bool, what: &str) {
        let mut left = self.left().await;
        while !done().await {
            let mut now = left;
            patient(
                async || {
                    now = self.left().await;
                    now < left || done().await
                },
                || format!("{what}; {left} effects are left"),
            )
            .await;
            left = now;
        }
    }

    async fn verdict(&self) -> Verdict {
        let mut committed = BTreeMap::new();
        for token in DB::payloads(&self.pool, "SELECT token FROM storm_tokens".into()).await {
            committed.insert(token, 0);
        }
        for number in 1..=3 {
            let sql = format!("SELECT token FROM storm_tokens WHERE effects = {number}");
            for token in DB::payloads(&self.pool, sql).await {
                committed.insert(token, number);
            }
        }
        let mut left = Vec::new();
        for (table, wanted, state) in [
            ("effects", "1 = 1", State::Pending),
            ("waiting", "due_at IS NOT NULL", State::Waiting),
            ("waiting", "due_at IS NULL", State::Parked),
            ("dead", "1 = 1", State::Dead),
        ] {
            let sql = format!(
                "SELECT payload FROM aftercommit_{table} WHERE receiver <> 'counted' AND {wanted}"
            );
            for payload in DB::payloads(&self.pool, sql).await {
                let sent: Sent = serde_json::from_str(&payload).unwrap();
                left.push(Left {
                    which: Which {
                        token: sent.token,
                        index: sent.index,
                    },
                    state,
                });
            }
        }
        let (claims, deliveries) = (Claims::read(&self.books), Deliveries::read(&self.books));
        Verdict::of(
            &claims.unwrap(),
            &deliveries.unwrap(),
            &Truth { committed, left },
        )
    }

    /// The books agree, and what was counted in transactions was counted once.
    async fn check(&self, what: &str) -> Verdict {
        let verdict = self.verdict().await;
        println!("{what} on {}:\n{verdict}", DB::NAME);
        assert!(verdict.is_clean(), "{what} on {}:\n{verdict}", DB::NAME);
        let miscounted = "SELECT COUNT(*) FROM storm_tokens WHERE counted <> 1";
        let uncounted = "SELECT COUNT(*) FROM aftercommit_dead WHERE receiver = 'counted'";
        assert_eq!(
            self.count(miscounted).await,
            self.count(uncounted).await,
            "exactly once"
        );
        verdict
    }
}

#[derive(Deserialize)]
struct Sent {
    token: String,
    index: u32,
}

/// A process that ends with its holder.
struct Process(Child);

impl Process {
    async fn until_dead(&mut self) {
        patient(
            async || self.0.try_wait().unwrap().is_some(),
            || "the end of the process".into(),
        )
        .await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _: Result<_, _> = self.0.kill();
        let _: Result<_, _> = self.0.wait();
    }
}

/// The example is built with the tests, beside them.
fn program() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let profile = here.parent().and_then(Path::parent).unwrap();
    let program = profile.join("examples/storm");
    assert!(
        program.exists(),
        "{} is not there: build it with `cargo build -p aftercommit --all-features --example storm`",
        program.display()
    );
    program
}

/// The supervisor waits for its children in a way of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> T {
    tokio::task::spawn_blocking(work).await.unwrap().unwrap()
}

fn seed() -> u64 {
    let given = std::env::var("AFTERCOMMIT_TEST_SEED").ok();
    let seed = given.map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("seed {seed}");
    seed
}
