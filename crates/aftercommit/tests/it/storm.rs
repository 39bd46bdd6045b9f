//! Processes that are killed, paused and made to fail while they commit and deliver: what the books say afterwards.
//!
//! The processes are those of `examples/storm`; `docs/reliability.md` has the results of the long runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aftercommit::Db;
use aftercommit::delivery::Point;
use aftercommit_harness::{
    Claims, Deliveries, Left, Postgres as PostgresServer, Role, State, Storm, Truth, Verdict, Which,
};
use serde::Deserialize;
use sqlx::pool::PoolOptions;
use sqlx::{Pool, Postgres};

use crate::support::{Files, Outbox, long, patient};

on_each_database! {
    nothing_is_lost_when_processes_are_killed,
    nothing_is_lost_when_a_process_is_killed_at_any_boundary,
    nothing_is_lost_when_something_fails_at_any_boundary,
    a_paused_worker_changes_nothing_that_others_wrote,
}

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

    async fn until_calm(&self) {
        let open = "SELECT COUNT(*) FROM aftercommit_effects";
        let left = self.count(open).await;
        patient(
            async || self.is_calm().await,
            || format!("calm; {left} effects were left"),
        )
        .await;
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

async fn nothing_is_lost_when_processes_are_killed<DB: Outbox>() {
    let sea = Sea::<DB>::open().await;
    let kills = if long() { 10_000 } else { 200 };
    let roles = vec![
        sea.role("service", 3),
        sea.role("client", 1),
        sea.role("worker", 2),
    ];
    let seed = seed();
    let storm = blocking(move || {
        let mut storm = Storm::start(roles, seed)?;
        storm.rage(kills)?;
        storm.dismiss("client")?;
        storm.dismiss("service")?;
        Ok(storm)
    })
    .await;
    sea.until_calm().await;
    blocking(move || storm.end()).await;
    let verdict = sea.check(&format!("{kills} kills")).await;
    assert!(
        verdict.committed > kills / 4,
        "the storm left no time to commit:\n{verdict}"
    );
}

async fn nothing_is_lost_when_a_process_is_killed_at_any_boundary<DB: Outbox>() {
    let sea = Sea::<DB>::open().await;
    let helper = sea.process("service", "rescued:1000000:error");
    for _ in 0..if long() { 20 } else { 1 } {
        for point in Point::ALL {
            let mut victim = sea.process("service", &format!("{}:2:kill", point.name()));
            victim.until_dead().await;
        }
    }
    drop(helper);
    let healer = sea.process("worker", "rescued:1000000:error");
    sea.until_calm().await;
    drop(healer);
    sea.check("a kill at each boundary").await;
}

async fn nothing_is_lost_when_something_fails_at_any_boundary<DB: Outbox>() {
    let sea = Sea::<DB>::open().await;
    for _ in 0..if long() { 20 } else { 1 } {
        for act in ["error", "panic", "stall"] {
            let points: Vec<String> = Point::ALL
                .iter()
                .map(|point| format!("{}:2:{act}", point.name()))
                .collect();
            let before = sea.count("SELECT COUNT(*) FROM storm_tokens").await;
            // A rescue needs somebody who has died.
            let mut dying = sea.process("service", "attempted:20:kill");
            let failing = sea.process("service", &points.join(","));
            dying.until_dead().await;
            patient(
                async || sea.count("SELECT COUNT(*) FROM storm_tokens").await > before + 150,
                || format!("commits in spite of {act}"),
            )
            .await;
            patient(
                async || sea.count("SELECT COUNT(*) FROM aftercommit_workers").await == 1,
                || "the rescue".into(),
            )
            .await;
            drop(failing);
        }
    }
    let healer = sea.process("worker", "rescued:1000000:error");
    sea.until_calm().await;
    drop(healer);
    sea.check("an error, a panic and a stall at each boundary")
        .await;
}

async fn a_paused_worker_changes_nothing_that_others_wrote<DB: Outbox>() {
    let sea = Sea::<DB>::open().await;
    let roles = vec![sea.role("service", 2), sea.role("worker", 2)];
    let (seed, rounds) = (seed(), if long() { 100 } else { 3 });
    let storm = blocking(move || {
        let mut storm = Storm::start(roles, seed)?;
        storm.keep_alive(Duration::from_millis(500))?;
        for round in 0..rounds {
            let (role, number) = if round % 2 == 0 {
                ("worker", 0)
            } else {
                ("service", 1)
            };
            storm.pause(role, number)?;
            // Longer than the lease: the others take it for dead.
            storm.keep_alive(Duration::from_millis(1_600))?;
            storm.resume(role, number)?;
            storm.keep_alive(Duration::from_millis(400))?;
        }
        storm.dismiss("service")?;
        Ok(storm)
    })
    .await;
    sea.until_calm().await;
    blocking(move || storm.end()).await;
    let mut verdict = sea.verdict().await;
    println!("{rounds} pauses on {}:\n{verdict}", DB::NAME);
    // Who was paused in the middle of a delivery may finish it late: a repeat that came first in its turn.
    verdict.out_of_order.retain(|order| !order.again);
    assert!(verdict.is_clean(), "{verdict}");
    assert_eq!(
        sea.count("SELECT COUNT(*) FROM storm_tokens WHERE counted <> 1")
            .await,
        0
    );
}

mod postgres_alone {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nothing_is_lost_when_the_server_crashes_only_on_postgres() {
        let crashes = if long() { 1_000 } else { 20 };
        let mut server = PostgresServer::start().unwrap();
        let files = Files::new();
        let sea = Sea::<Postgres>::at(server.url("postgres"), files).await;
        let roles = vec![sea.role("service", 2), sea.role("worker", 1)];
        let (mut storm, server) = blocking(move || {
            let mut storm = Storm::start(roles, 1)?;
            let mut random = fastrand::Rng::with_seed(2);
            for _ in 0..crashes {
                storm.keep_alive(Duration::from_millis(random.u64(150..600)))?;
                server.kill()?;
                server.start_again()?;
            }
            Ok((storm, server))
        })
        .await;
        let storm = blocking(move || {
            storm.keep_alive(Duration::from_millis(500))?;
            storm.dismiss("service")?;
            Ok(storm)
        })
        .await;
        sea.until_calm().await;
        blocking(move || storm.end()).await;
        let verdict = sea.check(&format!("{crashes} crashes of the server")).await;
        assert!(verdict.committed > crashes, "{verdict}");
        drop(server);
    }
}
