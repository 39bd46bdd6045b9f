//! What the text of a statement would do to the transaction around it. Pure.
//!
//! It gives early, friendly errors, and decides what a commit costs and which messages need a proof that the transaction is
//! still the one that was begun. It is not the defence: whatever is not understood to its last token is [opaque](StatementKind::Opaque).
//!
//! ```text
//! lexer     tokens, as the server would cut them
//! postgres  mysql  sqlite     what the first words of a statement mean
//! reading   whether a query only reads
//! known     what was found out before
//! ```

mod functions;
mod known;
mod lexer;
mod mysql;
mod postgres;
mod reading;
mod sqlite;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;

pub(crate) use known::inspect_once;
use lexer::{Lexer, Token};

/// The language of a statement's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// SQLite.
    Sqlite,
}

/// What a block must know before it sends a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StatementKind {
    /// Plain reading, understood to its last token: no lock, no assignment, no function outside the list.
    Reads,
    /// One INSERT, UPDATE, DELETE, MERGE or REPLACE, understood to its last token.
    Writes,
    /// Understood to its last token: it may write, but leaves the transaction and its savepoints, autocommit and isolation alone.
    Other,
    /// Not understood, several statements, or one that can run others behind its text: it may run, and needs a proof afterwards.
    Opaque,
    /// Begins, ends or rolls back a transaction or a savepoint, or changes how later ones begin: refused with these words.
    Control(String),
    /// Makes MySQL and MariaDB commit what is open: refused with these words.
    Commits(String),
}

/// Looks at every statement of a message.
///
/// `single`: the server or the driver runs only one statement of this text, as with the prepared-statement protocols of
/// Postgres and MySQL.
pub(crate) fn inspect(sql: &str, grammar: Grammar, single: bool) -> StatementKind {
    let mut lexer = Lexer::new(sql, grammar);
    let mut found: Option<StatementKind> = None;
    loop {
        let kind = match lexer.next() {
            Token::Word(word) => first_word(word, &mut lexer, grammar),
            Token::Symbol(b'(') => parenthesised(&mut lexer, grammar),
            Token::End if lexer.next_statement() => continue,
            Token::End => break,
            _ => Statement::Unclear,
        };
        let kind = match kind {
            Statement::Kind(kind @ (StatementKind::Control(_) | StatementKind::Commits(_))) => {
                return kind;
            }
            Statement::Kind(StatementKind::Writes) if single => return StatementKind::Writes,
            Statement::Kind(kind) => kind,
            Statement::Body if single => return StatementKind::Other,
            Statement::Body | Statement::Unclear => return StatementKind::Opaque,
        };
        let understood = lexer.finish();
        found = match found {
            _ if lexer.executable => Some(StatementKind::Opaque),
            None if understood => Some(kind),
            // One statement whose first words are known can do no more than they say.
            None if single && kind == StatementKind::Reads => Some(StatementKind::Other),
            None if single => Some(kind),
            _ => Some(StatementKind::Opaque),
        };
        if single || !understood || !lexer.next_statement() {
            break;
        }
    }
    // An empty message does nothing.
    found.unwrap_or(StatementKind::Reads)
}

/// What the rules of a database make of one statement.
enum Statement {
    Kind(StatementKind),
    /// Has a body of statements that are not run now, and whose end cannot be told for certain.
    Body,
    /// The statement is not known, and neither is where it ends.
    Unclear,
}

use Statement::{Body, Kind, Unclear};
use StatementKind::{Commits, Control, Opaque, Other, Reads, Writes};

fn first_word(word: &str, lexer: &mut Lexer<'_>, grammar: Grammar) -> Statement {
    if is_one_of(word, &["SELECT", "VALUES"]) {
        return reading::query(lexer, grammar);
    }
    if is_one_of(word, &["INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"]) {
        return reading::write(word, lexer, grammar);
    }
    if is(word, "WITH") {
        return reading::with(lexer, grammar);
    }
    match grammar {
        Grammar::Postgres => postgres::statement(word, lexer),
        Grammar::MySql => mysql::statement(word, lexer),
        Grammar::Sqlite => sqlite::statement(word, lexer),
    }
}

/// A query may begin with parentheses.
fn parenthesised(lexer: &mut Lexer<'_>, grammar: Grammar) -> Statement {
    loop {
        match lexer.next() {
            Token::Symbol(b'(') => {}
            Token::Word(word) if is_one_of(word, &["SELECT", "VALUES", "TABLE", "WITH"]) => {
                return reading::query(lexer, grammar);
            }
            _ => return Unclear,
        }
    }
}

/// Whether `word` is this keyword.
fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

fn is_one_of(word: &str, keywords: &[&str]) -> bool {
    keywords.iter().any(|keyword| is(word, keyword))
}

/// The next token, if it is a keyword or a name: as it was written, without quotes.
fn name<'s>(token: Token<'s>) -> Option<&'s str> {
    match token {
        Token::Word(name) | Token::Quoted(name) => Some(name),
        _ => None,
    }
}

fn control(words: &str) -> Statement {
    Kind(Control(words.to_ascii_uppercase()))
}
