//! The functions that are known to only compute or read. Pure.
//!
//! Sequences, locks, notifications, settings, transaction numbers, files, and functions that run a text are not among them.

use std::sync::LazyLock;

use super::Grammar;

/// Whether a call of `name` is reading.
pub(super) fn is_function(name: &str, grammar: Grammar) -> bool {
    let of_grammar = match grammar {
        Grammar::Postgres => &POSTGRES,
        Grammar::MySql => &MYSQL,
        Grammar::Sqlite => &SQLITE,
    };
    contains(&COMMON, name) || contains(of_grammar, name)
}

/// Whether `word` stands before a parenthesis without being a function.
pub(super) fn is_syntax(word: &str, grammar: Grammar) -> bool {
    contains(&SYNTAX, word) || (grammar == Grammar::MySql && contains(&MYSQL_SYNTAX, word))
}

/// Names in lower case, sorted.
type Names = LazyLock<Vec<&'static str>>;

static SYNTAX: Names = LazyLock::new(|| names(include_str!("functions/syntax.txt")));
static MYSQL_SYNTAX: Names = LazyLock::new(|| names(include_str!("functions/mysql_syntax.txt")));
static COMMON: Names = LazyLock::new(|| names(include_str!("functions/common.txt")));
static POSTGRES: Names = LazyLock::new(|| names(include_str!("functions/postgres.txt")));
static MYSQL: Names = LazyLock::new(|| names(include_str!("functions/mysql.txt")));
static SQLITE: Names = LazyLock::new(|| names(include_str!("functions/sqlite.txt")));

fn names(text: &'static str) -> Vec<&'static str> {
    let mut names: Vec<_> = text.split_whitespace().collect();
    names.sort_unstable();
    names
}

fn contains(names: &[&str], name: &str) -> bool {
    let found = names.binary_search_by(|entry| {
        let name = name.bytes().map(|byte| byte.to_ascii_lowercase());
        entry.bytes().cmp(name)
    });
    found.is_ok()
}
