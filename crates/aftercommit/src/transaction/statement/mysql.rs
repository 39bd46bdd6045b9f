//! What the first words of a statement mean to MySQL and MariaDB. Pure.

use super::lexer::{Lexer, Token};
use super::{
    Commits, Grammar, Kind, Opaque, Other, Statement, Unclear, control, is, is_one_of, name,
    reading,
};

const CONTROL: &[&str] = &["COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "XA"];

/// Cause an implicit commit, whatever follows.
const COMMITS: &[&str] = &[
    "ALTER",
    "CACHE",
    "CHANGE",
    "CHECK",
    "FLUSH",
    "GRANT",
    "INSTALL",
    "LOCK",
    "OPTIMIZE",
    "RENAME",
    "REPAIR",
    "RESET",
    "REVOKE",
    "STOP",
    "TRUNCATE",
    "UNINSTALL",
    "UNLOCK",
];

/// Neither end the transaction nor run other statements.
const OTHER: &[&str] = &[
    "CHECKSUM",
    "DEALLOCATE",
    "GET",
    "HANDLER",
    "KILL",
    "PREPARE",
    "USE",
];

/// Can run any other statement, but end where they say.
const INDIRECT: &[&str] = &["CALL", "DO", "EXECUTE"];

/// Variables that decide how the session's next transactions begin or end.
const SESSION: &[&str] = &[
    "completion_type",
    "transaction_isolation",
    "transaction_read_only",
    "tx_isolation",
    "tx_read_only",
];

const FOR_ALL_SESSIONS: &[&str] = &["GLOBAL", "PERSIST", "PERSIST_ONLY"];

pub(super) fn statement(word: &str, lexer: &mut Lexer<'_>) -> Statement {
    if is_one_of(word, CONTROL) {
        return control(word);
    }
    if is_one_of(word, COMMITS) {
        return commits(word, lexer.next());
    }
    if is_one_of(word, OTHER) {
        return Kind(Other);
    }
    if is_one_of(word, INDIRECT) {
        return Kind(Opaque);
    }
    match word.to_ascii_uppercase().as_str() {
        "ABORT" => control(word),
        "ANALYZE" => analyze(lexer),
        "BEGIN" => begin(lexer),
        "CREATE" | "DROP" => define(word, lexer),
        "DESC" | "DESCRIBE" | "EXPLAIN" | "HELP" | "SHOW" => {
            reading::explain(lexer, Grammar::MySql)
        }
        "LOAD" => load(lexer),
        "SET" => set(lexer),
        "START" => start(lexer),
        "TABLE" => reading::query(lexer, Grammar::MySql),
        _ => Unclear,
    }
}

/// A user looks for the keyword and the object.
fn commits(word: &str, object: Token<'_>) -> Statement {
    let words = match object {
        Token::Word(object) => format!("{word} {object}"),
        _ => word.to_owned(),
    };
    Kind(Commits(words.to_ascii_uppercase()))
}

/// MariaDB's ANALYZE of a statement runs the statement.
fn analyze(lexer: &mut Lexer<'_>) -> Statement {
    let next = lexer.next();
    match next {
        Token::Word(word)
            if is_one_of(word, &["TABLE", "TABLES", "LOCAL", "NO_WRITE_TO_BINLOG"]) =>
        {
            commits("ANALYZE", next)
        }
        Token::Word(word)
            if is_one_of(
                word,
                &[
                    "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "FORMAT",
                ],
            ) =>
        {
            Kind(Other)
        }
        _ => Unclear,
    }
}

/// MariaDB's `BEGIN NOT ATOMIC` is a compound statement.
fn begin(lexer: &mut Lexer<'_>) -> Statement {
    match lexer.next() {
        Token::Word(word) if is(word, "NOT") => Unclear,
        _ => control("BEGIN"),
    }
}

/// Tables of the session's own are made and dropped without a commit.
fn define(word: &str, lexer: &mut Lexer<'_>) -> Statement {
    let mut object = lexer.next();
    if matches!(object, Token::Word(word) if is(word, "OR")) {
        lexer.next();
        object = lexer.next();
    }
    match object {
        Token::Word(temporary) if is(temporary, "TEMPORARY") => match lexer.next() {
            Token::Word(table) if is_one_of(table, &["TABLE", "TABLES"]) => Kind(Other),
            _ => Unclear,
        },
        Token::Word(_) => commits(word, object),
        _ => Unclear,
    }
}

fn load(lexer: &mut Lexer<'_>) -> Statement {
    match lexer.next() {
        Token::Word(word) if is(word, "INDEX") => commits("LOAD", Token::Word(word)),
        Token::Word(word) if is_one_of(word, &["DATA", "XML"]) => Kind(Other),
        _ => Unclear,
    }
}

fn start(lexer: &mut Lexer<'_>) -> Statement {
    match lexer.next() {
        object @ Token::Word(word) if !is(word, "TRANSACTION") => commits("START", object),
        _ => control("START TRANSACTION"),
    }
}

fn set(lexer: &mut Lexer<'_>) -> Statement {
    let mut token = lexer.next();
    if let Token::Word(first) = token {
        match first.to_ascii_uppercase().as_str() {
            // The statement behind FOR can be any.
            "STATEMENT" => return Unclear,
            "PASSWORD" => return Kind(Commits("SET PASSWORD".into())),
            "DEFAULT" | "RESOURCE" => return Kind(Opaque),
            "ROLE" | "TRANSACTION" => return Kind(Other),
            // How a text is cut into characters.
            "NAMES" | "CHARACTER" | "CHARSET" if is_utf8(lexer) => return Kind(Other),
            "NAMES" | "CHARACTER" | "CHARSET" => return Kind(Opaque),
            _ => {}
        }
    }
    loop {
        let global = is_for_all_sessions(&mut token, lexer);
        if let Some(statement) = assignment(token, lexer, global) {
            return statement;
        }
        if let Some(statement) = skip_value(lexer) {
            return statement;
        }
        token = lexer.next();
    }
}

fn is_utf8(lexer: &mut Lexer<'_>) -> bool {
    loop {
        match lexer.next() {
            Token::Word(word) if is(word, "SET") => {}
            Token::Word(set) | Token::Text(set) | Token::Quoted(set) => {
                return set.get(..4).is_some_and(|prefix| is(prefix, "utf8"));
            }
            _ => return false,
        }
    }
}

/// Steps over the scope of an assignment.
fn is_for_all_sessions<'s>(token: &mut Token<'s>, lexer: &mut Lexer<'s>) -> bool {
    let Token::Word(scope) = *token else {
        return false;
    };
    let for_all = is_one_of(scope, FOR_ALL_SESSIONS);
    if for_all || is_one_of(scope, &["SESSION", "LOCAL"]) {
        *token = lexer.next();
    }
    for_all
}

/// What a variable's name says about its statement, if that is decided by it.
fn assignment<'s>(first: Token<'s>, lexer: &mut Lexer<'s>, mut global: bool) -> Option<Statement> {
    let mut token = first;
    if token == Token::Symbol(b'@') {
        token = lexer.next();
        if token != Token::Symbol(b'@') {
            return None; // a variable of the user's own
        }
        token = lexer.next();
    }
    let Some(mut variable) = name(token) else {
        return Some(Kind(Opaque));
    };
    if lexer.next() == Token::Symbol(b'.') {
        global = is_one_of(variable, FOR_ALL_SESSIONS);
        let Some(scoped) = name(lexer.next()) else {
            return Some(Kind(Opaque));
        };
        variable = scoped;
    }
    if global {
        None
    } else if is(variable, "autocommit") {
        Some(Kind(Commits("SET AUTOCOMMIT".into())))
    } else if is(variable, "TRANSACTION") {
        Some(control("SET SESSION TRANSACTION"))
    } else if is_one_of(variable, SESSION) {
        Some(control(&format!("SET {variable}")))
    } else if is(variable, "character_set_client") {
        Some(Kind(Opaque))
    } else {
        None
    }
}

/// Reads on to the next assignment, or to the end.
fn skip_value(lexer: &mut Lexer<'_>) -> Option<Statement> {
    loop {
        match lexer.next() {
            Token::Symbol(b',') if lexer.depth() == 0 => return None,
            Token::End => return Some(Kind(Other)),
            Token::Lost => return Some(Unclear),
            _ => {}
        }
    }
}
