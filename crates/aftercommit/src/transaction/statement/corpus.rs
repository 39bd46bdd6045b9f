//! Statements that people send, and that leave a transaction alone.
//!
//! A file for each database. `----` separates the statements; `====` says what those behind it are.

use super::{Grammar, StatementKind, inspect};

const POSTGRES: &str = include_str!("corpus/postgres.sql");
const MYSQL: &str = include_str!("corpus/mysql.sql");
const SQLITE: &str = include_str!("corpus/sqlite.sql");

/// Every statement with what it is.
fn statements(corpus: &str) -> impl Iterator<Item = (&str, &str)> {
    let sections = corpus.split("==== ").skip(1);
    sections.flat_map(|section| {
        let (kind, statements) = section.split_once('\n').unwrap_or_default();
        let statements = statements.trim_end_matches('\n').split("\n----\n");
        statements.map(move |statement| (kind, statement))
    })
}

fn assert_harmless(corpus: &str, grammar: Grammar, least: usize) {
    let (mut all, mut opaque, mut wrong) = (0, 0, Vec::new());
    for (section, sql) in statements(corpus) {
        all += 1;
        let kind = inspect(sql, grammar, false);
        let expected = match section {
            "reads" => kind == StatementKind::Reads,
            "writes" => kind == StatementKind::Writes,
            "other" => kind == StatementKind::Other,
            "any" => !matches!(kind, StatementKind::Control(_) | StatementKind::Commits(_)),
            _ => false,
        };
        opaque += usize::from(kind == StatementKind::Opaque);
        // Where only one statement runs, its first words say as much.
        let single = inspect(sql, grammar, true);
        let refused = matches!(
            single,
            StatementKind::Control(_) | StatementKind::Commits(_)
        );
        if !expected || refused || (single != kind && section != "any") {
            wrong.push(format!("{kind:?}, alone {single:?}, in {section}: {sql}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let share = 100 * opaque / all;
    let report = format!("{grammar:?}: {all} statements, none refused, {share} % opaque");
    assert!(all >= least, "{report}");
    assert!(share < 20, "{report}");
    // Shown by `--nocapture`.
    #[expect(clippy::print_stdout, reason = "a test may say what it counted")]
    {
        println!("{report}");
    }
}

#[test]
fn harmless_statements_of_postgres_are_not_refused() {
    assert_harmless(POSTGRES, Grammar::Postgres, 500);
}

#[test]
fn harmless_statements_of_mysql_are_not_refused() {
    assert_harmless(MYSQL, Grammar::MySql, 500);
}

#[test]
fn harmless_statements_of_sqlite_are_not_refused() {
    assert_harmless(SQLITE, Grammar::Sqlite, 500);
}
