//! COMMIT, and the marker by which it can be found.

use std::sync::{Arc, LazyLock};

use either::Either;
use futures_util::StreamExt;
use sqlx::{
    AssertSqlSafe, Column, Connection, Executor, MySql, MySqlConnection, Row, SqlSafeStr, SqlStr,
};
use uuid::Uuid;

use super::{SERVER, number};
use crate::store::{
    Adapter, CommitMessage, Identity, ServerInfo, TxInfo, own_sql, without_comments,
};

static COMMIT_PLAINLY: LazyLock<String> = LazyLock::new(|| COMMIT.replace("{marker}", ""));
static COMMIT: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("commit.sql")));
static MARK: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("mark.sql")));
static MARK_NAMED: LazyLock<String> =
    LazyLock::new(|| without_comments(include_str!("mark_named.sql")));
const SERVER_COLUMN: &str = "aftercommit_server";
static COMMIT_PREPARED: LazyLock<String> =
    LazyLock::new(|| without_comments(include_str!("commit_prepared.sql")));

/// A server that is read-only, and a transaction that is.
const READ_ONLY: [u16; 2] = [1290, 1792];
/// "Column cannot be null".
const ER_BAD_NULL: u16 = 1048;
/// "This command is not supported in the prepared statement protocol yet", and "Can't create more than max_prepared_stmt_count
/// statements".
const NOT_PREPARED: [u16; 2] = [1295, 1461];

/// The marker and COMMIT as one statement.
pub(super) fn prepared(markers: &str) -> SqlStr {
    let sql = COMMIT_PREPARED
        .replace("{markers}", markers)
        .replace("{server}", SERVER.trim());
    AssertSqlSafe(Arc::<str>::from(sql)).into_sql_str()
}

pub(super) async fn commit(
    conn: &mut MySqlConnection,
    message: CommitMessage<'_>,
    tx: &mut TxInfo,
    server: &ServerInfo,
) -> Result<(), sqlx::Error> {
    let Some(markers) = server.markers.as_ref().filter(|_| message.looked_up()) else {
        let sql = match message.before.is_empty() {
            true => SqlStr::from_static(&COMMIT_PLAINLY),
            false => own_sql(message.before + &COMMIT_PLAINLY),
        };
        return Executor::execute(conn, sql).await.map(drop);
    };
    let token = Uuid::now_v7();
    let identity = |server: &str| Identity::Token {
        token: token.simple().to_string(),
        server: server.into(),
    };
    if server.logs_statements {
        return commit_named(conn, message, markers, token, &mut tx.identity).await;
    }
    tx.identity = identity(&server.server);
    let marked = |server: &str| marked_commit(markers, server, token);
    // Where sqlx keeps no statement it would prepare this one each time.
    let prepares =
        message.before.is_empty() && !message.pooled && conn.cached_statements_size() > 0;
    let prepared = server.marked_commit.clone().filter(|_| prepares);
    let answered = match prepared {
        Some(sql) => Some(execute(&mut *conn, sql, &server.server, token).await),
        None => None,
    };
    let answered = match answered {
        Some(answered) if !is_not_prepared(&answered) => answered,
        _ => {
            let sql = message.before + &marked(&server.server);
            MySql::simple(&mut *conn, own_sql(sql)).await
        }
    };
    match answered {
        Err(error) if is_another_server(&error) => {}
        // It has not written, and cannot. If it has all the same, COMMIT is refused as well.
        Err(error) if is_read_only(&error) && !message.before_writes => {
            tx.identity = Identity::Unknown;
            return MySql::simple(conn, SqlStr::from_static(&COMMIT_PLAINLY)).await;
        }
        answered => return answered,
    }
    // Everything before the marker was done; nothing behind it was.
    let there = MySql::server_info(&mut *conn).await?;
    tx.identity = identity(&there.server);
    MySql::simple(conn, own_sql(marked(&there.server))).await
}

/// On whichever server it is; until that has said which one, only a marker that is found can say more.
async fn commit_named(
    conn: &mut MySqlConnection,
    message: CommitMessage<'_>,
    markers: &str,
    token: Uuid,
    identity: &mut Identity,
) -> Result<(), sqlx::Error> {
    let digits = token.simple().to_string();
    *identity = Identity::Token {
        token: digits.clone(),
        server: String::new(),
    };
    let marker = MARK_NAMED
        .replace("{markers}", markers)
        .replace("{server}", SERVER.trim())
        .replace("{token}", &digits);
    let sql = message.before + &COMMIT.replace("{marker}", &(marker + "\n"));
    let mut items = Executor::fetch_many(&mut *conn, own_sql(sql));
    while let Some(item) = items.next().await {
        match item {
            Ok(Either::Right(row)) if row.columns()[0].name() == SERVER_COLUMN => {
                *identity = Identity::Token {
                    token: digits.clone(),
                    server: row.try_get(0)?,
                };
            }
            Ok(_) => {}
            // It has not written, and cannot. If it has all the same, COMMIT is refused as well.
            Err(error) if is_read_only(&error) && !message.before_writes => {
                drop(items);
                *identity = Identity::Unknown;
                return MySql::simple(conn, SqlStr::from_static(&COMMIT_PLAINLY)).await;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn execute(
    conn: &mut MySqlConnection,
    sql: SqlStr,
    server: &str,
    token: Uuid,
) -> Result<(), sqlx::Error> {
    let marked = sqlx::query(sql)
        .bind(server.as_bytes())
        .bind(token.as_bytes().as_slice());
    Executor::execute(conn, marked).await.map(drop)
}

fn marked_commit(markers: &str, server: &str, token: Uuid) -> String {
    let server_hex: String = server.bytes().map(|byte| format!("{byte:02x}")).collect();
    let marker = MARK
        .replace("{markers}", markers)
        .replace("{server}", SERVER.trim())
        .replace("{server_hex}", &server_hex)
        .replace("{token}", &token.simple().to_string());
    COMMIT.replace("{marker}", &(marker + "\n"))
}

/// Whether the marker was refused because it was meant for another server.
fn is_another_server(error: &sqlx::Error) -> bool {
    number(error) == Some(ER_BAD_NULL)
        && error
            .as_database_error()
            .is_some_and(|error| error.message().contains("'token'"))
}

fn is_read_only(error: &sqlx::Error) -> bool {
    number(error).is_some_and(|number| READ_ONLY.contains(&number))
}

fn is_not_prepared(answered: &Result<(), sqlx::Error>) -> bool {
    let error = answered.as_ref().err().and_then(number);
    error.is_some_and(|number| NOT_PREPARED.contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_stands_before_the_commit() {
        let token = Uuid::from_u128(0xabc);
        let sql = marked_commit("`shop`.aftercommit_markers", "db:3306/1", token);
        let words: Vec<_> = sql
            .lines()
            .map(|line| line.split(' ').next().unwrap_or_default())
            .collect();
        assert_eq!(words, ["INSERT", "COMMIT"]);
        let token = token.simple();
        let expected = format!("X'64623a333330362f31', X'{token}'");
        assert!(sql.contains(&expected), "{sql}");
    }
}
