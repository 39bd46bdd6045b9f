//! What the first words of a statement mean to PostgreSQL. Pure.
//!
//! Neither a procedure nor DO can end a transaction that was open when it was called, but both can change the settings of
//! the session.

use super::lexer::{Lexer, Token};
use super::{
    Body, Grammar, Kind, Opaque, Other, Reads, Statement, Unclear, control, is, is_one_of, name,
    reading,
};

const CONTROL: &[&str] = &[
    "BEGIN",
    "START",
    "COMMIT",
    "END",
    "ROLLBACK",
    "ABORT",
    "SAVEPOINT",
    "RELEASE",
];

/// Cannot end the transaction, whatever follows.
const OTHER: &[&str] = &[
    "ALTER",
    "ANALYSE",
    "ANALYZE",
    "CHECKPOINT",
    "CLOSE",
    "CLUSTER",
    "COMMENT",
    "COPY",
    "DEALLOCATE",
    "DECLARE",
    "DROP",
    "EXECUTE",
    "FETCH",
    "GRANT",
    "IMPORT",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MOVE",
    "NOTIFY",
    "REASSIGN",
    "REFRESH",
    "REINDEX",
    "REVOKE",
    "SECURITY",
    "TRUNCATE",
    "UNLISTEN",
    "VACUUM",
];

pub(super) fn statement(word: &str, lexer: &mut Lexer<'_>) -> Statement {
    if is_one_of(word, CONTROL) {
        return control(word);
    }
    if is_one_of(word, OTHER) {
        return Kind(Other);
    }
    match word.to_ascii_uppercase().as_str() {
        // They can change what the session's next transactions are.
        "CALL" | "DO" => Kind(Opaque),
        "CREATE" => create(lexer),
        "DISCARD" => all_or_part(lexer),
        "EXPLAIN" => reading::explain(lexer, Grammar::Postgres),
        "PREPARE" => prepare(lexer),
        "RESET" => all_or_part(lexer),
        "SET" => set(lexer),
        "SHOW" => Kind(Reads),
        "TABLE" => reading::query(lexer, Grammar::Postgres),
        _ => Unclear,
    }
}

/// A function can have a body of statements in its own text.
fn create(lexer: &mut Lexer<'_>) -> Statement {
    let mut begun = false;
    loop {
        begun = match lexer.next() {
            Token::Word(word) if begun && is(word, "ATOMIC") => return Body,
            Token::Word(word) => is(word, "BEGIN"),
            Token::End | Token::Lost => return Kind(Other),
            _ => false,
        }
    }
}

/// Of everything in a session, autocommit and isolation are a part.
fn all_or_part(lexer: &mut Lexer<'_>) -> Statement {
    match name(lexer.next()) {
        Some(part) if is(part, "ALL") || is_default_of_transactions(part) => Kind(Opaque),
        Some(_) => Kind(Other),
        None => Kind(Opaque),
    }
}

fn prepare(lexer: &mut Lexer<'_>) -> Statement {
    let is_transaction = name(lexer.next()).is_some_and(|name| is(name, "TRANSACTION"));
    // A prepared statement may have that name.
    if is_transaction && matches!(lexer.next(), Token::Text(_)) {
        return control("PREPARE TRANSACTION");
    }
    Kind(Other)
}

fn set(lexer: &mut Lexer<'_>) -> Statement {
    let mut first = lexer.next();
    if let Token::Word(word) = first {
        if is_one_of(word, &["LOCAL", "TRANSACTION", "CONSTRAINTS"]) {
            return Kind(Other);
        }
        if is(word, "SESSION") {
            first = lexer.next();
        }
    }
    match name(first) {
        Some(name) if is(name, "CHARACTERISTICS") => control("SET SESSION CHARACTERISTICS"),
        Some(name) if is_default_of_transactions(name) => control(&format!("SET {name}")),
        // `U&"\0061"` is a name that has to be decoded.
        Some(name) if is(name, "U") && lexer.touches(b'&') => Kind(Opaque),
        Some(_) => Kind(Other),
        None => Kind(Opaque),
    }
}

/// Decides how the session's next transactions begin.
pub(super) fn is_default_of_transactions(name: &str) -> bool {
    name.get(..20)
        .is_some_and(|prefix| is(prefix, "default_transaction_"))
}
