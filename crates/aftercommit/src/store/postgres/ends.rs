//! BEGIN and COMMIT, and the transaction's number with one of the two.

use std::sync::LazyLock;

use either::Either;
use futures_util::StreamExt;
use sqlx::{Column, Executor, PgConnection, Row, SqlStr};

use super::{code, in_session, number};
use crate::store::{
    BeginMessage, CommitMessage, Identity, Numbers, Prepared, ROLLBACK, ServerInfo, TxInfo,
    own_sql, without_comments,
};

static COMMIT: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("commit.sql")));
static DURABLE: LazyLock<String> =
    LazyLock::new(|| without_comments(include_str!("durable.sql")) + ";\n");
const RECOVER: &str = include_str!("recover.sql");
/// read_only_sql_transaction
const READ_ONLY: &str = "25006";

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
    if let Some(prepared) = tx.prepared.as_deref() {
        match ask(conn, &message, numbers, Some(prepared), &mut tx.identity).await {
            Ok(()) => {
                learn_epoch(conn, numbers, &mut tx.identity).await?;
                return Ok(tx);
            }
            // The text will tell whether it was for what had been prepared.
            Err(error) if error.as_database_error().is_some() => {
                if run(conn, SqlStr::from_static(ROLLBACK)).await.is_err() {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
    match ask(conn, &message, numbers, None, &mut tx.identity).await {
        Ok(()) => {
            if tx.prepared.take().is_some() {
                numbers.preparing.give_up();
            }
        }
        // A standby gives out no numbers. Its answer to the statement itself says more.
        Err(error) if code(&error).as_deref() == Some(READ_ONLY) => {
            run(&mut *conn, SqlStr::from_static(ROLLBACK)).await?;
            run(conn, message.with("")).await?;
            return Ok(tx);
        }
        Err(error) => return Err(error),
    }
    learn_epoch(conn, numbers, &mut tx.identity).await?;
    Ok(tx)
}

/// Begins and asks for the number.
async fn ask(
    conn: &mut PgConnection,
    message: &BeginMessage<'_>,
    numbers: &Numbers,
    prepared: Option<&Prepared>,
    identity: &mut Identity,
) -> Result<(), sqlx::Error> {
    let asked = message.with(&number::at_once(numbers, prepared));
    if let Some(row) = Executor::fetch_optional(conn, asked).await? {
        *identity = number::identity(&row, numbers, prepared)?;
    }
    Ok(())
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
    let must_last = message.must_last && message.may_have_written;
    if message.before.is_empty() && asks.is_none() && !must_last {
        return run(conn, SqlStr::from_static(&COMMIT)).await;
    }
    let durable = match must_last {
        true => DURABLE.as_str(),
        false => "",
    };
    let Some(numbers) = asks else {
        return run(conn, own_sql(message.before + durable + &COMMIT)).await;
    };
    let prepared = tx.prepared.take();
    let asked = number::if_any(numbers, prepared.as_deref());
    let sql = message.before + &asked + ";\n" + durable + &COMMIT;
    let answered = commit_asked(conn, sql, numbers, prepared.as_deref(), &mut tx.identity).await;
    let Err(error) = answered else {
        return Ok(());
    };
    // Where there is no such savepoint any more, the error was another statement's.
    let lost = prepared.is_some()
        && tx.identity == Identity::Unknown
        && error.as_database_error().is_some()
        && run(&mut *conn, SqlStr::from_static(RECOVER)).await.is_ok();
    if !lost {
        return Err(error);
    }
    numbers.preparing.give_up();
    let sql = number::if_any(numbers, None) + ";\n" + durable + &COMMIT;
    commit_asked(conn, sql, numbers, None, &mut tx.identity).await
}

async fn commit_asked(
    conn: &mut PgConnection,
    sql: String,
    numbers: &Numbers,
    prepared: Option<&Prepared>,
    identity: &mut Identity,
) -> Result<(), sqlx::Error> {
    let mut items = Executor::fetch_many(conn, own_sql(sql));
    while let Some(item) = items.next().await {
        // The statements of effects answer with rows as well.
        if let Either::Right(row) = item?
            && let Some(first) = row.columns().first()
            && first.name() == number::NUMBER
        {
            *identity = number::identity(&row, numbers, prepared)?;
        }
    }
    Ok(())
}
