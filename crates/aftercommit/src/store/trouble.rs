//! What kind of trouble an error of the database means. Pure.

/// A class of database error that callers treat alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Serialization failure or deadlock: the transaction is lost, another try may succeed.
    Conflict,
    /// A lock was not to be had in time.
    Locked,
    /// No connection was to be had in time.
    NoConnection,
    /// The connection broke or the server is going away: its last answer may be missing.
    Cut,
    /// The server refused the statement.
    Refused,
}

impl Trouble {
    pub(crate) fn is_conflict(self) -> bool {
        self == Trouble::Conflict
    }

    pub(crate) fn is_busy(self) -> bool {
        matches!(self, Trouble::Locked | Trouble::NoConnection)
    }

    pub(crate) fn is_connection_lost(self) -> bool {
        self == Trouble::Cut
    }
}

/// Classifies an error of any of the databases.
///
/// The codes do not overlap: Postgres has SQLSTATEs of five characters, MySQL is asked for its error
/// number through the SQLSTATE and the text's number, SQLite has decimal result codes.
pub(crate) fn trouble(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::PoolTimedOut => Trouble::NoConnection,
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::PoolClosed => Trouble::Cut,
        sqlx::Error::Database(inner) => {
            #[cfg(feature = "mysql")]
            if let Some(mysql) = inner.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
                return mysql_number(mysql.number());
            }
            #[cfg(feature = "sqlite")]
            if inner
                .try_downcast_ref::<sqlx::sqlite::SqliteError>()
                .is_some()
            {
                return inner
                    .code()
                    .and_then(|code| code.parse().ok())
                    .map_or(Trouble::Refused, sqlite_code);
            }
            inner
                .code()
                .map_or(Trouble::Refused, |code| sqlstate(&code))
        }
        _ => Trouble::Refused,
    }
}

/// Appendix A of the PostgreSQL manual.
fn sqlstate(code: &str) -> Trouble {
    match code {
        "40001" | "40P01" => Trouble::Conflict,
        "55P03" => Trouble::Locked,
        "53300" => Trouble::NoConnection,
        // statement_completion_unknown: servers that are like Postgres say it of a COMMIT.
        "40003" => Trouble::Cut,
        _ if code.starts_with("08") || code.starts_with("57P") => Trouble::Cut,
        // idle_in_transaction_session_timeout, transaction_timeout: the session is over.
        "25P03" | "25P04" => Trouble::Cut,
        _ => Trouble::Refused,
    }
}

/// The server error reference of MySQL; MariaDB has the same numbers for these.
#[cfg(feature = "mysql")]
fn mysql_number(number: u16) -> Trouble {
    match number {
        // Deadlock found; record has changed since last read (MariaDB, snapshot isolation).
        1213 | 1020 => Trouble::Conflict,
        // Lock wait timeout; statement aborted because of NOWAIT.
        1205 | 3572 => Trouble::Locked,
        1040 | 1203 => Trouble::NoConnection,
        // Server shutdown, aborting connection, error on close, query interrupted by KILL, error during
        // COMMIT, connection killed.
        1053 | 1152 | 1080 | 1180 | 1317 | 1927 => Trouble::Cut,
        _ => Trouble::Refused,
    }
}

/// <https://www.sqlite.org/rescode.html>: the low byte is the primary code.
#[cfg(feature = "sqlite")]
fn sqlite_code(code: i32) -> Trouble {
    match (code & 0xff, code) {
        // SQLITE_BUSY_SNAPSHOT: only a new transaction can see the new state.
        (_, 517) => Trouble::Conflict,
        (5 | 6, _) => Trouble::Locked,
        _ => Trouble::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_fall_into_their_classes() {
        let table = [
            ("40001", Trouble::Conflict),
            ("40P01", Trouble::Conflict),
            ("55P03", Trouble::Locked),
            ("57P01", Trouble::Cut),
            ("08006", Trouble::Cut),
            ("40003", Trouble::Cut),
            ("25P03", Trouble::Cut),
            ("23505", Trouble::Refused),
        ];
        for (code, class) in table {
            assert_eq!(sqlstate(code), class, "{code}");
        }
    }

    #[cfg(feature = "mysql")]
    #[test]
    fn numbers_fall_into_their_classes() {
        let table = [
            (1213, Trouble::Conflict),
            (1205, Trouble::Locked),
            (1927, Trouble::Cut),
            (1040, Trouble::NoConnection),
            (1062, Trouble::Refused),
        ];
        for (number, class) in table {
            assert_eq!(mysql_number(number), class, "{number}");
        }
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn result_codes_fall_into_their_classes() {
        let table = [
            (5, Trouble::Locked),
            (517, Trouble::Conflict),
            (6, Trouble::Locked),
            (2067, Trouble::Refused),
        ];
        for (code, class) in table {
            assert_eq!(sqlite_code(code), class, "{code}");
        }
    }
}
