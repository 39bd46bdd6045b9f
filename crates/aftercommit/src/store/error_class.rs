//! What an error of the database means to its caller. Pure.

/// A class of database errors that callers treat alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorClass {
    /// Serialization failure or deadlock: the transaction is lost, another try may succeed.
    Conflict,
    /// A lock was not to be had in time.
    LockTimeout,
    /// No connection was to be had in time.
    NoConnection,
    /// The connection broke or the server is going away: its last answer may be missing.
    ConnectionLost,
    /// The statement was refused, by the server or before it was sent.
    Refused,
}

impl ErrorClass {
    /// Another transaction was in the way: the same block may succeed when it is run again.
    pub(crate) fn is_conflict(self) -> bool {
        matches!(self, ErrorClass::Conflict | ErrorClass::LockTimeout)
    }

    pub(crate) fn is_busy(self) -> bool {
        matches!(self, ErrorClass::LockTimeout | ErrorClass::NoConnection)
    }

    pub(crate) fn is_connection_lost(self) -> bool {
        self == ErrorClass::ConnectionLost
    }
}

/// Classifies an error of any of the databases.
pub(crate) fn classify(error: &sqlx::Error) -> ErrorClass {
    match error {
        sqlx::Error::PoolTimedOut => ErrorClass::NoConnection,
        sqlx::Error::Protocol(text) if is_found_before_sending(text) => ErrorClass::Refused,
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::PoolClosed => ErrorClass::ConnectionLost,
        sqlx::Error::Database(inner) => {
            #[cfg(feature = "postgres")]
            if let Some(postgres) = inner.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
                return sqlstate(postgres.code(), ends_the_session(postgres));
            }
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
                    .map_or(ErrorClass::Refused, sqlite_code);
            }
            ErrorClass::Refused
        }
        _ => ErrorClass::Refused,
    }
}

/// Whether the connection cannot be trusted with another statement after this error.
///
/// Errors that sqlx finds itself, before it sends the statement or in the rows that it was given, leave the connection
/// as it was: an unknown type, a value that cannot be encoded or decoded, a column that is not there.
pub(crate) fn leaves_connection_unusable(error: &sqlx::Error) -> bool {
    if let sqlx::Error::Database(inner) = error {
        #[cfg(feature = "postgres")]
        if let Some(postgres) = inner.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
            return ends_the_session(postgres);
        }
        #[cfg(feature = "mysql")]
        if let Some(mysql) = inner.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
            && mysql.number() == PACKET_TOO_LARGE
        {
            return true;
        }
        let _ = inner;
    }
    // sqlx-mysql 0.9 goes on to wait for the answer to a statement that it has refused to send.
    let waits = matches!(error, sqlx::Error::Protocol(text) if text.starts_with(WRONG_COUNT));
    waits || classify(error).is_connection_lost()
}

/// How sqlx-mysql begins what it says of a wrong number of parameters.
const WRONG_COUNT: &str = "prepared statement expected";

/// The mistakes in a call that sqlx reports as errors of the protocol, by their texts: it has no other mark for them. (The
/// tests provoke them on the real databases, so that another wording is noticed.)
fn is_found_before_sending(text: &str) -> bool {
    let mysql = text.starts_with(WRONG_COUNT);
    let postgres = text.contains("too many arguments for query");
    let sqlite = text.contains("nul bytes")
        || text.starts_with("query string must be smaller")
        || text.starts_with("unsupported SQL parameter format");
    mysql || postgres || sqlite
}

/// Only the severity tells: a wrong number of parameters has the code of a broken protocol, and what dblink or a foreign
/// table lost is an ordinary error here.
#[cfg(feature = "postgres")]
fn ends_the_session(error: &sqlx::postgres::PgDatabaseError) -> bool {
    use sqlx::postgres::PgSeverity;
    matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic)
}

/// Appendix A of the PostgreSQL manual.
#[cfg(feature = "postgres")]
fn sqlstate(code: &str, ends_the_session: bool) -> ErrorClass {
    match code {
        "40001" | "40P01" => ErrorClass::Conflict,
        "55P03" => ErrorClass::LockTimeout,
        "53300" => ErrorClass::NoConnection,
        // statement_completion_unknown: servers that are like Postgres say it of a COMMIT.
        "40003" => ErrorClass::ConnectionLost,
        // A password, a database or a setting that is wrong: connecting again does not mend it.
        "3D000" | "42501" | "22023" => ErrorClass::Refused,
        _ if code.starts_with("28") => ErrorClass::Refused,
        _ if ends_the_session => ErrorClass::ConnectionLost,
        _ => ErrorClass::Refused,
    }
}

/// The server closes the connection after it, and would do so again for the same statement.
#[cfg(feature = "mysql")]
const PACKET_TOO_LARGE: u16 = 1153;

/// The server error reference of MySQL; MariaDB has the same numbers for these.
#[cfg(feature = "mysql")]
fn mysql_number(number: u16) -> ErrorClass {
    match number {
        // Deadlock found, also of user-level locks; record has changed since last read (MariaDB, snapshot isolation).
        1213 | 3058 | 1020 => ErrorClass::Conflict,
        // Lock wait timeout (in MariaDB NOWAIT too); statement aborted because of NOWAIT.
        1205 | 3572 => ErrorClass::LockTimeout,
        1040 | 1203 => ErrorClass::NoConnection,
        // Server shutdown, aborting connection, errors on the wire, error on close, query interrupted by KILL, error
        // during COMMIT, connection killed, client was idle for too long.
        1053 | 1152 | 1158..=1161 | 1080 | 1180 | 1317 | 1927 | 4031 => ErrorClass::ConnectionLost,
        _ => ErrorClass::Refused,
    }
}

/// <https://www.sqlite.org/rescode.html>: the low byte is the primary code.
#[cfg(feature = "sqlite")]
fn sqlite_code(code: i32) -> ErrorClass {
    match (code & 0xff, code) {
        // SQLITE_BUSY_SNAPSHOT: only a new transaction can see the new state.
        (_, 517) => ErrorClass::Conflict,
        (5 | 6, _) => ErrorClass::LockTimeout,
        _ => ErrorClass::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "postgres")]
    #[test]
    fn codes_fall_into_their_classes() {
        let table = [
            ("40001", false, ErrorClass::Conflict),
            ("40P01", false, ErrorClass::Conflict),
            ("55P03", false, ErrorClass::LockTimeout),
            ("57P01", true, ErrorClass::ConnectionLost),
            ("08006", true, ErrorClass::ConnectionLost),
            ("08P01", true, ErrorClass::ConnectionLost),
            ("25P03", true, ErrorClass::ConnectionLost),
            // Too few parameters; what dblink lost; a password that is wrong.
            ("08P01", false, ErrorClass::Refused),
            ("08006", false, ErrorClass::Refused),
            ("57P01", false, ErrorClass::Refused),
            ("28P01", true, ErrorClass::Refused),
            ("53300", true, ErrorClass::NoConnection),
            ("23505", false, ErrorClass::Refused),
        ];
        for (code, ends_the_session, class) in table {
            assert_eq!(sqlstate(code, ends_the_session), class, "{code}");
        }
    }

    #[cfg(feature = "mysql")]
    #[test]
    fn numbers_fall_into_their_classes() {
        let table = [
            (1213, ErrorClass::Conflict),
            (1020, ErrorClass::Conflict),
            (1205, ErrorClass::LockTimeout),
            (1927, ErrorClass::ConnectionLost),
            (4031, ErrorClass::ConnectionLost),
            (1040, ErrorClass::NoConnection),
            (1062, ErrorClass::Refused),
            (PACKET_TOO_LARGE, ErrorClass::Refused),
        ];
        for (number, class) in table {
            assert_eq!(mysql_number(number), class, "{number}");
        }
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn result_codes_fall_into_their_classes() {
        let table = [
            (5, ErrorClass::LockTimeout),
            (517, ErrorClass::Conflict),
            (773, ErrorClass::LockTimeout),
            (6, ErrorClass::LockTimeout),
            (2067, ErrorClass::Refused),
        ];
        for (code, class) in table {
            assert_eq!(sqlite_code(code), class, "{code}");
        }
    }

    #[test]
    fn what_sqlx_finds_by_itself_is_no_lost_connection() {
        let own: [sqlx::Error; 4] = [
            sqlx::Error::TypeNotFound {
                type_name: "mood".into(),
            },
            sqlx::Error::ColumnNotFound("age".into()),
            sqlx::Error::Encode("too long".into()),
            sqlx::Error::Decode("not a number".into()),
        ];
        for error in own {
            assert_eq!(classify(&error), ErrorClass::Refused, "{error}");
            assert!(!leaves_connection_unusable(&error), "{error}");
        }
        let count = "prepared statement expected 2 parameters but 1 parameters were provided";
        let error = sqlx::Error::Protocol(count.into());
        assert_eq!(classify(&error), ErrorClass::Refused);
        assert!(leaves_connection_unusable(&error), "sqlx would wait on it");
        let broken = sqlx::Error::Protocol("unknown message type: 'x'".into());
        assert!(classify(&broken).is_connection_lost());
        assert!(leaves_connection_unusable(&broken));
    }

    #[test]
    fn a_lock_that_was_not_to_be_had_is_a_conflict_and_busy() {
        let both = ErrorClass::LockTimeout;
        assert!(both.is_conflict() && both.is_busy());
        assert!(!ErrorClass::NoConnection.is_conflict());
        assert!(!ErrorClass::Conflict.is_busy());
    }
}
