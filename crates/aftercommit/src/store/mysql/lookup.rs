//! Asking what became of a commit that was cut.

use std::sync::LazyLock;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection, Executor, MySql, MySqlConnection, Pool, Row};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{FIND, SERVER};
use crate::store::{CommitStatus, own_sql, without_comments};

const WHO: &str = include_str!("who.sql");
static WAIT: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("wait.sql")));
static RESOLVE: LazyLock<String> = LazyLock::new(|| without_comments(include_str!("resolve.sql")));

const PAUSE: Duration = Duration::from_millis(20);

/// An attempt that is not answered is given up in time for another one.
const ATTEMPTS: u32 = 3;

/// Markers are removed after an hour by the server's clock. A token whose time is further from that clock than this may
/// have been removed already.
const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_secs(30 * 60);

/// The marker of the commit that is looked for.
pub(super) struct Marker<'m> {
    pub(super) markers: &'m str,
    pub(super) token: &'m str,
    /// The server on which it was written.
    pub(super) server: &'m str,
}

/// Asks until the server that had the transaction has said yes or no, or another one has said yes.
pub(super) async fn look_up(
    pool: &Pool<MySql>,
    marker: Marker<'_>,
    patience: Duration,
) -> CommitStatus {
    let deadline = Instant::now() + patience;
    let mut why = "the server did not answer in time";
    let asked = async {
        loop {
            let attempt = async {
                let mut conn = pool.connect_options().connect().await?;
                let answer = ask(&mut conn, &marker).await?;
                let _: Result<(), sqlx::Error> = conn.close().await;
                Ok::<_, sqlx::Error>(answer)
            };
            // One host that swallows everything must not use up what another one could answer.
            match timeout(patience / ATTEMPTS, attempt).await {
                Ok(Ok(Answer::Known(status))) => return status,
                Ok(Ok(Answer::AskAgain(reason))) => why = reason,
                Ok(Err(_)) | Err(_) => {}
            }
            sleep(PAUSE).await;
        }
    };
    let answered = timeout_at(deadline, asked).await;
    answered.unwrap_or(CommitStatus::Unknown { why })
}

enum Answer {
    Known(CommitStatus),
    /// Why it is in doubt if nobody says more.
    AskAgain(&'static str),
}

async fn ask(conn: &mut MySqlConnection, marker: &Marker<'_>) -> Result<Answer, sqlx::Error> {
    let fill = |sql: &str| {
        own_sql(
            sql.replace("{markers}", marker.markers)
                .replace("{server}", SERVER.trim())
                .replace("{token}", marker.token),
        )
    };
    let row = Executor::fetch_one(&mut *conn, fill(WHO)).await?;
    let (server, now): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
    if server == marker.server {
        if !is_recent(marker.token, now) {
            return Ok(Answer::Known(CommitStatus::Unknown {
                why: "the clocks of this process and of the server are too far apart",
            }));
        }
        Executor::execute(&mut *conn, own_sql(WAIT.clone())).await?;
        match Executor::execute(&mut *conn, fill(&RESOLVE)).await {
            Ok(_) => return Ok(Answer::Known(CommitStatus::RolledBack)),
            // The token is there, the lost transaction still holds it, or the server refuses writes now.
            Err(sqlx::Error::Database(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let row = Executor::fetch_one(conn, fill(&FIND)).await?;
    let (committed, refused): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    Ok(match (committed, refused) {
        (1.., _) => Answer::Known(CommitStatus::Committed),
        (_, 1..) => Answer::Known(CommitStatus::RolledBack),
        _ if server == marker.server => Answer::AskAgain("the transaction was still being ended"),
        _ => Answer::AskAgain(
            "only another server than the one that had the transaction could be asked",
        ),
    })
}

/// Whether the token was made about now, by the clock of the server in seconds.
fn is_recent(token: &str, now: i64) -> bool {
    let made = token
        .get(..12)
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .map(Duration::from_millis);
    let now = u64::try_from(now).map(Duration::from_secs);
    matches!((made, now), (Some(made), Ok(now)) if made.abs_diff(now) < MAX_CLOCK_DIFFERENCE)
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_token_of_another_time_proves_nothing() {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970")
            .as_secs();
        let now = i64::try_from(now).expect("not yet");
        let token = uuid::Uuid::now_v7().simple().to_string();
        assert!(is_recent(&token, now));
        assert!(is_recent(&token, now + 1_700) && is_recent(&token, now - 1_700));
        assert!(!is_recent(&token, now + 1_900) && !is_recent(&token, now - 1_900));
        assert!(!is_recent("", now) && !is_recent(&token, -1));
    }
}
