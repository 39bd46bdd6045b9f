//! Runs a block with its messages, and looks at what became of it.

use std::sync::Mutex;

use aftercommit::{Error, Result, Tx};
use futures_core::future::BoxFuture;
use sqlx::{AssertSqlSafe, Executor, MySql, Pool, Postgres, Row, Sqlite};

use super::judge::Outcome;
use super::message::Parts;
use super::parts;
use super::program::{IDS, Program, Step};
use crate::support::{Labels, Server, Site};

/// A dialect whose messages can be made.
pub trait Behind: Server {
    const PARTS: &'static Parts;
    /// The state of a connection that nothing was done to.
    const DEFAULT: &'static str;

    /// Creates what the messages name.
    fn set_up(pool: &Pool<Self>) -> BoxFuture<'_, ()>;

    /// Autocommit, isolation, and whether a transaction is open, of the pool's next connection.
    fn state(pool: &Pool<Self>) -> BoxFuture<'_, String>;

    /// The rows from `first` on.
    fn seen(pool: &Pool<Self>, first: i64) -> BoxFuture<'_, Vec<i64>>;

    /// Sends a message that is prepared first.
    fn prepared<'t>(tx: &'t mut Tx<Self>, sql: String) -> BoxFuture<'t, Result<()>>;
}

struct Run<'r> {
    program: &'r Program,
    hooks: Labels,
    outcome: Mutex<Outcome>,
}

/// Runs it on a pool that has one connection.
pub async fn run<DB: Behind>(site: &Site<DB>, program: &Program, first: i64) -> Outcome {
    let run = Run {
        program,
        hooks: Labels::default(),
        outcome: Mutex::default(),
    };
    let result = site.db.atomic(async |tx| run.block(tx).await).await;
    let mut outcome = run.outcome.into_inner().unwrap();
    outcome.error = result
        .err()
        .map(|error| error.code().unwrap_or_default().to_owned());
    let hooks = run.hooks.all();
    outcome.hooks = hooks.iter().map(|id| id.parse().unwrap()).collect();
    outcome.seen = DB::seen(&site.others, first).await.into_iter().collect();
    outcome.state = DB::state(site.db.pool()).await;
    outcome
}

impl Run<'_> {
    async fn block<DB: Behind>(&self, tx: &mut Tx<DB>) -> Result<()> {
        self.steps(tx, &self.program.before).await?;
        if let Some((steps, returns_ok)) = &self.program.nested {
            let nested = tx
                .atomic(async |tx| {
                    self.steps(tx, steps).await?;
                    end(*returns_ok)
                })
                .await;
            if nested.is_err() {
                let rows = steps.iter().filter_map(|step| match step {
                    Step::Row(id) => Some(*id),
                    Step::Message(_) => None,
                });
                self.outcome.lock().unwrap().undone.extend(rows);
            }
            self.pass(nested)?;
        }
        self.steps(tx, &self.program.after).await?;
        end(self.program.returns_ok)
    }

    async fn steps<DB: Behind>(&self, tx: &mut Tx<DB>, steps: &[Step]) -> Result<()> {
        for step in steps {
            let done = match step {
                Step::Row(id) => self.row(tx, *id).await,
                Step::Message(sql) => self.message(tx, sql.clone()).await,
            };
            self.pass(done)?;
        }
        Ok(())
    }

    async fn row<DB: Behind>(&self, tx: &mut Tx<DB>, id: i64) -> Result<()> {
        DB::insert(tx, id).await?;
        tx.on_commit(self.hooks.hook(&id.to_string()));
        self.outcome.lock().unwrap().inserted.insert(id);
        Ok(())
    }

    async fn message<DB: Behind>(&self, tx: &mut Tx<DB>, sql: String) -> Result<()> {
        let sent = if self.program.prepares {
            DB::prepared(tx, sql).await
        } else {
            let sent = (&mut *tx).execute(AssertSqlSafe(sql)).await;
            sent.map(drop).map_err(Error::from)
        };
        if let Err(error) = &sent
            && matches!(error.code(), Some("TX_CONTROL" | "IMPLICIT_COMMIT"))
        {
            self.outcome.lock().unwrap().refused += 1;
        }
        sent
    }

    fn pass(&self, done: Result<()>) -> Result<()> {
        if self.program.swallows {
            return Ok(());
        }
        done
    }
}

fn end(ok: bool) -> Result<()> {
    if ok { Ok(()) } else { Err(Error::other("no")) }
}

macro_rules! in_its_own_sql {
    ($set_up:expr) => {
        fn set_up(pool: &Pool<Self>) -> BoxFuture<'_, ()> {
            Box::pin(async move {
                for sql in $set_up {
                    sqlx::raw_sql(sql).execute(pool).await.unwrap();
                }
            })
        }

        fn prepared<'t>(tx: &'t mut Tx<Self>, sql: String) -> BoxFuture<'t, Result<()>> {
            Box::pin(async move {
                let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
                Ok(query.execute(&mut *tx).await.map(drop)?)
            })
        }

        fn seen(pool: &Pool<Self>, first: i64) -> BoxFuture<'_, Vec<i64>> {
            Box::pin(async move {
                let sql = format!(
                    "SELECT id FROM item WHERE id BETWEEN {first} AND {}",
                    first + IDS
                );
                // Not prepared: each text comes once, and would push another one out of the cache.
                let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(pool).await;
                rows.unwrap().iter().map(|row| row.get(0)).collect()
            })
        }
    };
}

impl Behind for Postgres {
    const PARTS: &'static Parts = &parts::POSTGRES;
    const DEFAULT: &'static str = "read committed, off, off, false";

    in_its_own_sql!([
        "CREATE PROCEDURE sly_commit() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$",
        "CREATE PROCEDURE sly_rollback() LANGUAGE plpgsql AS $$ BEGIN ROLLBACK; END $$",
        "CREATE PROCEDURE sly_isolation() LANGUAGE plpgsql AS
            $$ BEGIN SET default_transaction_isolation = 'serializable'; END $$",
    ]);

    fn state(pool: &Pool<Self>) -> BoxFuture<'_, String> {
        Box::pin(async move {
            let sql = "SELECT concat_ws(', ', current_setting('default_transaction_isolation'),
                current_setting('default_transaction_read_only'), current_setting('default_transaction_deferrable'),
                CASE WHEN now() = statement_timestamp() THEN 'false' ELSE 'true' END)";
            text(sqlx::raw_sql(sql).fetch_one(pool).await)
        })
    }
}

impl Behind for MySql {
    const PARTS: &'static Parts = &parts::MYSQL;
    const DEFAULT: &'static str = "ON, REPEATABLE-READ, OFF, NO_CHAIN, 0";

    in_its_own_sql!([
        "CREATE TABLE sly_real (id INT) ENGINE = MEMORY",
        "CREATE PROCEDURE sly_commit() COMMIT",
        "CREATE PROCEDURE sly_rollback() ROLLBACK",
        "CREATE PROCEDURE sly_begin() START TRANSACTION",
        "CREATE PROCEDURE sly_ddl() TRUNCATE sly_real",
        "CREATE PROCEDURE sly_autocommit() SET autocommit = 0",
        "CREATE PROCEDURE sly_nothing() BEGIN END",
    ]);

    fn state(pool: &Pool<Self>) -> BoxFuture<'_, String> {
        Box::pin(async move {
            let sql = "SELECT CONCAT_WS(', ', @@autocommit, @@tx_isolation, @@tx_read_only, @@completion_type,
                @@in_transaction)";
            text(sqlx::raw_sql(sql).fetch_one(pool).await)
        })
    }
}

impl Behind for Sqlite {
    const PARTS: &'static Parts = &parts::SQLITE;
    const DEFAULT: &'static str = "0, closed";

    in_its_own_sql!([
        "CREATE TABLE sly_one (id INTEGER PRIMARY KEY)",
        "INSERT INTO sly_one VALUES (1), (2)",
        "CREATE TABLE sly_conflict (id INT UNIQUE ON CONFLICT ROLLBACK)",
        "INSERT INTO sly_conflict VALUES (1)",
        "CREATE TABLE sly_guarded (id INT)",
        "CREATE TRIGGER sly_guard BEFORE INSERT ON sly_guarded BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
    ]);

    fn state(pool: &Pool<Self>) -> BoxFuture<'_, String> {
        Box::pin(async move {
            let mut conn = pool.acquire().await.unwrap();
            let sql = "PRAGMA read_uncommitted";
            let dirty: i64 = sqlx::query_scalar(sql).fetch_one(&mut *conn).await.unwrap();
            let begun = sqlx::raw_sql("BEGIN; ROLLBACK").execute(&mut *conn).await;
            let open = if begun.is_ok() { "closed" } else { "open" };
            format!("{dirty}, {open}")
        })
    }
}

/// The first column, or why there is none.
fn text<R: Row>(row: Result<R, sqlx::Error>) -> String
where
    usize: sqlx::ColumnIndex<R>,
    String: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    match row {
        Ok(row) => row.get(0),
        Err(error) => error.to_string(),
    }
}
