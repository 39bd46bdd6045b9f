//! The kinds of blocks that are cut, and what each database needs for them.

use std::collections::HashSet;

use aftercommit::{Db, Delivery, Error, Ok, Result, Signals, Tx};
use aftercommit_harness::Protocol;
use futures_core::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, Connection, MySql, Pool, Postgres};

use crate::support::{Labels, Outbox};

/// How a block writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    Insert,
    ReadThenWrite,
    /// In a function that a SELECT calls.
    Hidden,
    /// In a message of two statements.
    Opaque,
    /// Nothing but an effect.
    Effects,
    /// After a nested block that was rolled back.
    Nested,
}

impl Block {
    pub const ALL: [Block; 6] = [
        Block::Insert,
        Block::ReadThenWrite,
        Block::Hidden,
        Block::Opaque,
        Block::Effects,
        Block::Nested,
    ];

    /// Whether Postgres says the number in the message of BEGIN.
    pub fn is_numbered_at_once(self) -> bool {
        matches!(self, Block::Insert | Block::Effects | Block::Nested)
    }

    pub async fn run<DB: Wired>(self, db: &Db<DB>, labels: &Labels, id: i64) -> Result<()> {
        db.atomic(async |tx| {
            tx.on_commit(labels.hook(&id.to_string()));
            match self {
                Block::Insert => DB::insert(tx, id).await,
                Block::ReadThenWrite => {
                    DB::count(tx).await?;
                    DB::insert(tx, id).await
                }
                Block::Hidden => DB::hidden(tx, id).await,
                Block::Opaque => DB::opaque(tx, id).await,
                Block::Effects => tx.send(Noted(id)).await,
                Block::Nested => {
                    DB::insert(tx, id).await?;
                    let undone: Result<()> = tx
                        .atomic(async |tx| {
                            DB::insert(tx, -id).await?;
                            Err(Error::other("undone"))
                        })
                        .await;
                    assert!(undone.is_err());
                    Ok(())
                }
            }
        })
        .await
    }
}

#[derive(Serialize, Deserialize)]
pub struct Noted(pub i64);

async fn never(_: Delivery<Noted>) -> Result<()> {
    Err(Error::other("nobody delivers in these tests"))
}

/// A handle that can send effects.
pub fn handle<DB: Wired>(pool: Pool<DB>) -> Db<DB> {
    Db::new(pool).with_signals(Signals::new().durable("note", never))
}

/// A database whose messages are read on their way.
pub trait Wired: Outbox {
    const PROTOCOL: Protocol;
    /// Creates what the blocks use.
    const FUNCTION: &str;
    /// How a client on this machine connects, without encryption.
    fn at(port: u16) -> <Self::Connection as Connection>::Options;
    /// The same for a user who may create functions.
    fn admin_at(port: u16) -> <Self::Connection as Connection>::Options {
        Self::at(port)
    }
    fn hidden<'t>(tx: &'t mut Tx<Self>, id: i64) -> BoxFuture<'t, Result<()>>;
    fn opaque<'t>(tx: &'t mut Tx<Self>, id: i64) -> BoxFuture<'t, Result<()>>;

    /// Has sqlx keep a statement in the session, so that the library prepares its own there.
    fn keep_one(conn: &mut Self::Connection) -> BoxFuture<'_, sqlx::Result<()>>;

    /// What was committed.
    async fn present(port: u16) -> HashSet<i64> {
        let pool = &Pool::<Self>::connect_with(Self::admin_at(port))
            .await
            .unwrap();
        let mut present: HashSet<i64> = Self::ids(pool).await.into_iter().collect();
        assert!(
            present.iter().all(|id| *id > 0),
            "a savepoint was not rolled back"
        );
        let effects = "SELECT payload FROM aftercommit_effects".to_owned();
        let payloads = Self::payloads(pool, effects).await;
        present.extend(
            payloads
                .iter()
                .map(|payload| payload.parse::<i64>().unwrap()),
        );
        present
    }

    /// Creates the tables.
    async fn furnish(port: u16) {
        let pool = Pool::<Self>::connect_with(Self::admin_at(port))
            .await
            .unwrap();
        Self::tables(&pool).await;
        Db::new(pool.clone()).migrate().await.unwrap();
        let mut conn = pool.acquire().await.unwrap();
        Self::run(&mut conn, Self::FUNCTION).await;
    }
}

impl Wired for Postgres {
    const PROTOCOL: Protocol = Protocol::Postgres;
    const FUNCTION: &str = "CREATE FUNCTION put(id bigint) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO item (id) VALUES (id); END $$";

    fn at(port: u16) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port)
            .username("postgres")
            .database("postgres")
            .ssl_mode(PgSslMode::Disable)
    }

    fn hidden<'t>(tx: &'t mut Tx<Self>, id: i64) -> BoxFuture<'t, Result<()>> {
        Box::pin(async move {
            sqlx::query("SELECT put($1)")
                .bind(id)
                .execute(&mut *tx)
                .await?;
            Ok(())
        })
    }

    fn opaque<'t>(tx: &'t mut Tx<Self>, id: i64) -> BoxFuture<'t, Result<()>> {
        Box::pin(two_statements(tx, id))
    }

    fn keep_one(conn: &mut Self::Connection) -> BoxFuture<'_, sqlx::Result<()>> {
        Box::pin(async move { sqlx::query("SELECT 1").execute(conn).await.map(drop) })
    }
}

impl Wired for MySql {
    const PROTOCOL: Protocol = Protocol::MySql;
    const FUNCTION: &str =
        "CREATE FUNCTION put(i BIGINT) RETURNS BIGINT DETERMINISTIC MODIFIES SQL DATA
        BEGIN INSERT INTO item (id) VALUES (i); RETURN i; END";

    fn at(port: u16) -> MySqlConnectOptions {
        MySqlConnectOptions::new()
            .host("127.0.0.1")
            .port(port)
            .username("app")
            .database("test")
            .ssl_mode(MySqlSslMode::Disabled)
    }

    fn admin_at(port: u16) -> MySqlConnectOptions {
        Self::at(port).username("root")
    }

    fn hidden<'t>(tx: &'t mut Tx<Self>, id: i64) -> BoxFuture<'t, Result<()>> {
        Box::pin(async move {
            sqlx::query("SELECT put(?)")
                .bind(id)
                .execute(&mut *tx)
                .await?;
            Ok(())
        })
    }

    fn opaque<'t>(tx: &'t mut Tx<Self>, id: i64) -> BoxFuture<'t, Result<()>> {
        Box::pin(two_statements(tx, id))
    }

    fn keep_one(conn: &mut Self::Connection) -> BoxFuture<'_, sqlx::Result<()>> {
        Box::pin(async move { sqlx::query("SELECT 1").execute(conn).await.map(drop) })
    }
}

async fn two_statements<DB>(tx: &mut Tx<DB>, id: i64) -> Result<()>
where
    DB: Wired,
    for<'t> &'t mut Tx<DB>: sqlx::Executor<'t, Database = DB>,
{
    let sql = format!("INSERT INTO item (id) VALUES ({id}); SELECT 1");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *tx).await?;
    Ok(())
}
