//! A transaction's number from statements that its session has prepared: nothing is parsed or planned for it, and the answer is short.
//!
//! Whether a session has prepared them is not to be seen from sqlx, which has no name for one. But in each session it keeps what the
//! server said to a statement that it was made to prepare. So it is made to prepare their EXECUTE: that has columns where they are
//! there, and from then on the answer is at hand.

use std::future::poll_fn;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqlSafeStr, SqlStr, Statement};

use super::number;
use crate::store::{Numbers, Prepared, own_sql, without_comments};

static SAME: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("same.sql")));
static PREPARE: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("prepare.sql")));
static EXECUTE_FLUSHED: LazyLock<String> =
    LazyLock::new(|| without_comments(include_str!("execute_flushed.sql")));
const INSTANCE: &str = include_str!("instance_text.sql");
const EXECUTE: &str = include_str!("execute.sql");

/// Sessions of this server may prepare them from now on.
pub(super) fn announce(numbers: &Numbers, instance: &Arc<str>, epoch: &Arc<str>) {
    let prepared = prepared(Arc::clone(instance), Arc::clone(epoch));
    numbers.preparing.set(Arc::new(prepared));
}

fn prepared(instance: Arc<str>, epoch: Arc<str>) -> Prepared {
    let name = name(&epoch);
    let number = EXECUTE.trim_end().replace("{name}", &name);
    Prepared {
        asks: [number.clone(), format!("{number} ")].map(kept),
        number,
        at_commit: EXECUTE_FLUSHED.replace("{name}", &name),
        instance,
        epoch,
    }
}

fn kept(sql: String) -> SqlStr {
    AssertSqlSafe(Arc::<str>::from(sql)).into_sql_str()
}

/// The same for each session of an instance, and another for each instance.
fn name(epoch: &str) -> String {
    let mut hasher = DefaultHasher::new();
    epoch.hash(&mut hasher);
    format!("aftercommit_{:016x}", hasher.finish())
}

/// What this session has prepared; prepares it the first time. A session in which sqlx has kept nothing yet is left alone: it may never
/// keep anything.
pub(super) async fn find(
    conn: &mut PgConnection,
    numbers: &Numbers,
) -> Result<Option<Arc<Prepared>>, sqlx::Error> {
    let Some(prepared) = numbers.preparing.now() else {
        return Ok(None);
    };
    if conn.cached_statements_size() == 0 {
        return Ok(None);
    }
    match is_prepared(conn, numbers, &prepared).await {
        Ok(there) => Ok(there.then_some(prepared)),
        Err(sqlx::Error::Database(_)) => {
            numbers.preparing.give_up();
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn is_prepared(
    conn: &mut PgConnection,
    numbers: &Numbers,
    prepared: &Prepared,
) -> Result<bool, sqlx::Error> {
    let [first, again] = &prepared.asks;
    match look(conn, first).await? {
        Found::There => return Ok(true),
        Found::ThereWhenAsked => {
            numbers.preparing.asked_again();
            return Ok(true);
        }
        Found::MissingWhenAsked => prepare(conn, numbers, prepared).await?,
        Found::Missing => {}
    }
    let found = look(conn, again).await?;
    Ok(matches!(found, Found::There | Found::ThereWhenAsked))
}

/// Whether a session has the statement of an EXECUTE, and whether the server had to be asked.
enum Found {
    There,
    ThereWhenAsked,
    Missing,
    MissingWhenAsked,
}

async fn look(conn: &mut PgConnection, execute: &SqlStr) -> Result<Found, sqlx::Error> {
    let kept = conn.cached_statements_size();
    let mut prepared = Executor::prepare(&mut *conn, execute.clone());
    // What sqlx has kept is there with the first poll. The server's answer hardly ever is, and then one more is kept.
    let mut asked = false;
    let statement = poll_fn(|context| {
        let polled = prepared.as_mut().poll(context);
        asked |= polled.is_pending();
        polled
    });
    let statement = statement.await;
    drop(prepared);
    let there = !statement?.columns().is_empty();
    asked |= conn.cached_statements_size() > kept;
    Ok(match (there, asked) {
        (true, false) => Found::There,
        (true, true) => Found::ThereWhenAsked,
        (false, false) => Found::Missing,
        (false, true) => Found::MissingWhenAsked,
    })
}

async fn prepare(
    conn: &mut PgConnection,
    numbers: &Numbers,
    prepared: &Prepared,
) -> Result<(), sqlx::Error> {
    let learned = number::learn(&mut *conn, numbers).await?;
    // The address may lead to several servers.
    if learned.epoch.is_none_or(|epoch| epoch != prepared.epoch) {
        return Ok(());
    }
    let sql = PREPARE
        .replace("{name}", &name(&prepared.epoch))
        .replace("{same}", &SAME.replace("{reset}", &learned.reset))
        .replace("{instance}", INSTANCE.trim_end());
    Executor::fetch_optional(conn, own_sql(sql)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statements_of_another_epoch_have_another_name() {
        let of = |epoch: &str| prepared("i".into(), epoch.into());
        assert_eq!(of("1"), of("1"));
        assert_ne!(of("1").number, of("2").number);
        assert_ne!(of("1").asks[0].as_str(), of("1").asks[1].as_str());
    }
}
