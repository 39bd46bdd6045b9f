//! BEGIN and COMMIT, and the transaction's number with one of the two.

use std::sync::LazyLock;

use either::Either;
use futures_util::StreamExt;
use sqlx::{Column, Executor, PgConnection, Row, SqlStr};

use super::{code, in_session, number};
use crate::store::{
    BeginMessage, CommitMessage, Identity, Numbers, ROLLBACK, ServerInfo, TxInfo, own_sql,
    without_comments,
};

static COMMIT: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("commit.sql")));
const DURABLE_ALONE: &str = include_str!("durable_alone.sql");
const SET_DURABLE: &str = include_str!("set_durable.sql");
/// read_only_sql_transaction
const READ_ONLY: &str = "25006";
/// invalid_sql_statement_name
const NOT_PREPARED: &str = "26000";

/// One future less than [`Adapter::simple`](crate::store::Adapter::simple).
async fn run(conn: &mut PgConnection, sql: SqlStr) -> Result<(), sqlx::Error> {
    Executor::fetch_optional(conn, sql).await.map(drop)
}

pub(super) async fn begin(
    conn: &mut PgConnection,
    message: BeginMessage<'_>,
    server: &ServerInfo,
) -> Result<TxInfo, sqlx::Error> {
    let mut tx = TxInfo::default();
    let looked_up = message.options.lookup && !message.options.read_only;
    let Some(numbers) = server.numbers.as_ref().filter(|_| looked_up) else {
        run(conn, message.with("")).await?;
        return Ok(tx);
    };
    if !message.pooled {
        tx.prepared = in_session::find(&mut *conn, numbers).await?;
    }
    if !message.writes {
        run(conn, message.with("")).await?;
        return Ok(tx);
    }
    loop {
        let prepared = tx.prepared.as_deref();
        let asked = message.with(&number::at_once(numbers, prepared));
        match Executor::fetch_optional(&mut *conn, asked).await {
            Ok(Some(row)) => tx.identity = number::identity(&row, numbers, prepared)?,
            Ok(None) => {}
            Err(error) => {
                let code = code(&error);
                // A standby gives out no numbers. Its answer to the statement itself says more.
                let standby = code.as_deref() == Some(READ_ONLY);
                let forgotten = code.as_deref() == Some(NOT_PREPARED) && prepared.is_some();
                if !standby && !forgotten {
                    return Err(error);
                }
                run(&mut *conn, SqlStr::from_static(ROLLBACK)).await?;
                if standby {
                    run(conn, message.with("")).await?;
                    return Ok(tx);
                }
                numbers.preparing.give_up();
                tx.prepared = None;
                continue;
            }
        }
        break;
    }
    learn_epoch(conn, numbers, &mut tx.identity).await?;
    Ok(tx)
}

/// Asks for the epoch of a number, where it is not known yet.
async fn learn_epoch(
    conn: &mut PgConnection,
    numbers: &Numbers,
    identity: &mut Identity,
) -> Result<(), sqlx::Error> {
    if let Identity::Number {
        instance, epoch, ..
    } = identity
        && epoch.is_none()
    {
        let learned = number::learn(conn, numbers).await?;
        *epoch = learned.epoch.filter(|_| learned.instance == *instance);
    }
    Ok(())
}

pub(super) async fn commit(
    conn: &mut PgConnection,
    message: CommitMessage<'_>,
    tx: &mut TxInfo,
    server: &ServerInfo,
) -> Result<(), sqlx::Error> {
    let unnumbered = message.looked_up() && tx.identity == Identity::Unknown;
    let asks = server.numbers.as_ref().filter(|_| unnumbered);
    let prepared = tx.prepared.take();
    if message.before.is_empty() && asks.is_none() && !message.must_last {
        return run(conn, SqlStr::from_static(&COMMIT)).await;
    }
    let mut sql = message.before;
    if let Some(numbers) = asks {
        sql.push_str(&number::if_any(
            numbers,
            prepared.as_deref(),
            message.must_last,
        ));
        sql.push_str(";\n");
    } else if message.must_last && message.may_have_written {
        match tx.asynchronous {
            Some(true) => sql.push_str(SET_DURABLE),
            Some(false) => {}
            None => sql.push_str(&DURABLE_ALONE.replace("{durable}", &in_session::DURABLE)),
        }
    }
    sql.push_str(&COMMIT);
    let Some(numbers) = asks else {
        return run(conn, own_sql(sql)).await;
    };
    let mut items = Executor::fetch_many(conn, own_sql(sql));
    while let Some(item) = items.next().await {
        // The statements of effects answer with rows as well.
        if let Either::Right(row) = forgotten(item, numbers)?
            && let Some(first) = row.columns().first()
            && first.name() == number::NUMBER
        {
            tx.identity = number::identity(&row, numbers, prepared.as_deref())?;
        }
    }
    Ok(())
}

/// A session that has lost what it had prepared although nothing was sent that could do that is shared with others.
fn forgotten<T>(item: Result<T, sqlx::Error>, numbers: &Numbers) -> Result<T, sqlx::Error> {
    item.inspect_err(|error| {
        if code(error).as_deref() == Some(NOT_PREPARED) {
            numbers.preparing.give_up();
        }
    })
}
