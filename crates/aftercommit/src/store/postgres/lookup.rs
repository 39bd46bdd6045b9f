//! Asking what became of a commit that was cut.

use std::time::Duration;

use sqlx::{ConnectOptions, Connection, Executor, PgConnection, Pool, Postgres, Row};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::decide::{Answer, decide};
use super::number;
use crate::store::{CommitStatus, Numbers, own_sql};

const RESOLVE: &str = include_str!("resolve.sql");
const EPOCH_ONLY: &str = include_str!("epoch_only.sql");

const FIRST_PAUSE: Duration = Duration::from_millis(2);
/// A question that is not answered is given up in time for another one.
const ATTEMPTS: u32 = 3;
const MAX_PAUSE: Duration = Duration::from_millis(100);

/// The transaction that is looked up.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) number: &'a str,
    pub(super) instance: &'a str,
    pub(super) epoch: Option<&'a str>,
    pub(super) numbers: &'a Numbers,
}

/// Asks until somebody who knows has answered, or patience ends.
pub(super) async fn look_up(
    pool: &Pool<Postgres>,
    asked: Asked<'_>,
    patience: Duration,
) -> CommitStatus {
    let deadline = Instant::now() + patience;
    let mut why = "the server did not answer in time";
    let answer = async {
        let mut pause = FIRST_PAUSE;
        loop {
            // One host that swallows everything must not use up what another one could answer.
            let limit = patience / ATTEMPTS;
            if let Ok(Ok(mut conn)) = timeout(limit, pool.connect_options().connect()).await {
                while let Ok(Ok((then, answer))) = timeout(limit, ask(&mut conn, asked)).await {
                    match decide(&then, &answer) {
                        Ok(status) => {
                            let _: Result<(), sqlx::Error> = conn.close().await;
                            return status;
                        }
                        Err(reason) => why = reason,
                    }
                    sleep(pause).await;
                    pause = (pause * 2).min(MAX_PAUSE);
                    // A standby may have been promoted meanwhile, or the address may lead elsewhere.
                    if answer == Answer::Standby {
                        break;
                    }
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    };
    let answered = timeout_at(deadline, answer).await;
    answered.unwrap_or(CommitStatus::Unknown { why })
}

/// In which epoch the number was given out, as far as that is known, and the server's answer.
async fn ask(conn: &mut PgConnection, asked: Asked<'_>) -> Result<(String, Answer), sqlx::Error> {
    let then = match asked.epoch {
        Some(epoch) => Some(epoch.into()),
        // Only if it is the very server is its epoch the number's.
        None => {
            let learned = number::learn(&mut *conn, asked.numbers).await?;
            let epoch = learned
                .epoch
                .filter(|_| *learned.instance == *asked.instance);
            epoch.map(|epoch| String::from(&*epoch))
        }
    };
    let epoch_sql = asked.numbers.epoch_sql;
    // The number is the server's own; with a parameter it would be a prepared statement, which a pooler could not keep.
    let digits: String = asked.number.chars().filter(char::is_ascii_digit).collect();
    let sql = RESOLVE
        .replace("{number}", &digits)
        .replace("{epoch}", epoch_sql);
    let answer = match Executor::fetch_one(&mut *conn, own_sql(sql)).await {
        Ok(row) => {
            let (status, epoch): (Option<String>, Option<String>) =
                (row.try_get(0)?, row.try_get(1)?);
            match status {
                None => Answer::Standby,
                Some(status) => Answer::Status {
                    status,
                    epoch: epoch.unwrap_or_default(),
                },
            }
        }
        // 22023, "transaction ID is in the future": this server has never given out the number, or has lost it in a crash.
        Err(error) if super::code(&error).as_deref() == Some("22023") => {
            let sql = EPOCH_ONLY.replace("{epoch}", epoch_sql);
            let row = Executor::fetch_one(conn, own_sql(sql)).await?;
            let epoch: Option<String> = row.try_get(0)?;
            epoch.map_or(Answer::Standby, |epoch| Answer::InTheFuture { epoch })
        }
        Err(error) => return Err(error),
    };
    Ok((then.unwrap_or_default(), answer))
}
