//! Whether the transaction is still the one that was begun: a savepoint, or a setting where nothing may stand before the first statement.

use std::sync::LazyLock;

use sqlx::{Executor, PgConnection, Postgres, Row};

use super::code;
use crate::store::{Adapter, Probe, ProbeAnswer, TransactionsBegun, own_sql, without_comments};

static SET: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("set_probe.sql")));
static SET_FIRST: LazyLock<String> =
    LazyLock::new(|| without_comments(include_str!("set_probe_first.sql")));
const HAS: &str = include_str!("has_probe.sql");
const HAS_ABORTED: &str = include_str!("has_probe_aborted.sql");
const HAS_FIRST: &str = include_str!("has_probe_first.sql");
const TRANSACTIONS_BEGUN: &str = include_str!("transactions_begun.sql");

pub(super) async fn set(conn: &mut PgConnection, probe: &Probe) -> Result<(), sqlx::Error> {
    let text = match probe.first {
        true => &SET_FIRST,
        false => &SET,
    };
    Postgres::simple(conn, own_sql(text.replace("{probe}", &probe.name))).await
}

pub(super) async fn has(
    conn: &mut PgConnection,
    probe: &Probe,
) -> Result<ProbeAnswer, sqlx::Error> {
    if probe.first {
        let there = show(conn, HAS_FIRST).await? == probe.name;
        return Ok(match there {
            true => ProbeAnswer::There,
            false => ProbeAnswer::Gone,
        });
    }
    let text = |text: &str| own_sql(text.trim().replace("{probe}", &probe.name));
    let mut found = ProbeAnswer::There;
    let mut asked = Postgres::simple(conn, text(HAS)).await;
    if asked.as_ref().is_err_and(Postgres::is_aborted) {
        found = ProbeAnswer::Undone;
        asked = Postgres::simple(conn, text(HAS_ABORTED)).await;
    }
    match asked {
        Ok(()) => Ok(found),
        Err(error) if Postgres::is_state_mismatch(&error) => Ok(ProbeAnswer::Gone),
        Err(error) => Err(error),
    }
}

/// The value of a setting; empty if it was never set. No snapshot is taken for it.
async fn show(conn: &mut PgConnection, sql: &'static str) -> Result<String, sqlx::Error> {
    match Executor::fetch_one(conn, sqlx::raw_sql(sql)).await {
        Ok(row) => row.try_get(0),
        // undefined_object
        Err(error) if code(&error).as_deref() == Some("42704") => Ok(String::new()),
        Err(error) => Err(error),
    }
}

pub(super) async fn transactions_begun(
    conn: &mut PgConnection,
) -> Result<Option<TransactionsBegun>, sqlx::Error> {
    let row = match Executor::fetch_optional(conn, sqlx::raw_sql(TRANSACTIONS_BEGUN)).await {
        Ok(row) => row,
        // The view may be closed to this role.
        Err(sqlx::Error::Database(_)) => None,
        Err(error) => return Err(error),
    };
    row.map(|row| {
        Ok(TransactionsBegun {
            session: row.try_get(0)?,
            count: row.try_get(1)?,
        })
    })
    .transpose()
}
