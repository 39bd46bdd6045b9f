//! What a statement would do to the transaction around it. Pure.

/// The kinds of statement that a block does not send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Leaves the transaction alone.
    Harmless,
    /// Begins, ends or rolls back a transaction or a savepoint.
    Control(String),
    /// Data definition and the like: where `commits_on_ddl`, it commits what is open.
    Commits(String),
}

const CONTROL: &[&str] = &[
    "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE TRANSACTION", "XA",
];

/// Statements that cause an implicit commit in MySQL and MariaDB, by their first words.
const COMMITS: &[&str] = &[
    "ALTER", "CREATE", "DROP", "RENAME", "TRUNCATE", "GRANT", "REVOKE", "LOCK", "UNLOCK", "ANALYZE", "OPTIMIZE",
    "REPAIR", "CHECK", "CACHE", "FLUSH", "RESET", "INSTALL", "UNINSTALL", "CHANGE", "STOP", "LOAD INDEX",
    "SET PASSWORD", "SET AUTOCOMMIT",
];

/// Looks at the first words of a statement, behind comments and blanks.
pub(crate) fn inspect(sql: &str, commits_on_ddl: bool) -> Verdict {
    let (first, rest) = word(sql);
    if first.is_empty() {
        return Verdict::Harmless;
    }
    let (second, _) = word(rest);
    let matches = |entry: &str| match entry.split_once(' ') {
        None => first.eq_ignore_ascii_case(entry),
        Some((one, two)) => first.eq_ignore_ascii_case(one) && second.eq_ignore_ascii_case(two),
    };
    // What a user would look for: the keyword, with the object of DDL.
    let named = || first.to_ascii_uppercase();
    let named_with_object = || format!("{first} {second}").trim_end().to_ascii_uppercase();

    if CONTROL.iter().any(|entry| matches(entry)) {
        // MariaDB's `BEGIN NOT ATOMIC` is a compound statement.
        if first.eq_ignore_ascii_case("BEGIN") && second.eq_ignore_ascii_case("NOT") {
            return Verdict::Harmless;
        }
        return Verdict::Control(named());
    }
    let temporary = second.eq_ignore_ascii_case("TEMPORARY");
    if commits_on_ddl && !temporary && COMMITS.iter().any(|entry| matches(entry)) {
        return Verdict::Commits(named_with_object());
    }
    Verdict::Harmless
}

/// The next word and what follows it.
fn word(sql: &str) -> (&str, &str) {
    let sql = skip_blanks_and_comments(sql);
    let end = sql.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(sql.len());
    sql.split_at(end)
}

fn skip_blanks_and_comments(mut sql: &str) -> &str {
    loop {
        sql = sql.trim_start_matches(|c: char| c.is_whitespace() || c == '(' || c == ';' || c == '=');
        if let Some(rest) = sql.strip_prefix("--").or_else(|| sql.strip_prefix('#')) {
            sql = rest.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(rest) = sql.strip_prefix("/*!") {
            // MySQL runs what stands in such a comment: skip only its version.
            sql = rest.trim_start_matches(|c: char| c == 'M' || c.is_ascii_digit());
        } else if let Some(rest) = sql.strip_prefix("/*") {
            sql = rest.split_once("*/").map_or("", |(_, rest)| rest);
        } else {
            return sql;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_statements_are_seen_through_blanks_and_comments() {
        for sql in ["COMMIT", " commit ", "-- done\ncommit", "/* x */ Rollback", "# x\nBEGIN", ";;END", "(release x"] {
            assert!(matches!(inspect(sql, false), Verdict::Control(_)), "{sql}");
        }
    }

    #[test]
    fn words_that_only_begin_like_one_are_harmless() {
        for sql in ["SELECT 1", "INSERT INTO commits VALUES (1)", "committed", "BEGIN NOT ATOMIC SELECT 1; END", "", "--"] {
            assert_eq!(inspect(sql, true), Verdict::Harmless, "{sql}");
        }
    }

    #[test]
    fn ddl_is_named_where_it_commits() {
        assert_eq!(inspect("create table t (id int)", true), Verdict::Commits("CREATE TABLE".into()));
        assert_eq!(inspect("/*!40000 ALTER TABLE t DISABLE KEYS */", true), Verdict::Commits("ALTER TABLE".into()));
        assert_eq!(inspect("create temporary table t (id int)", true), Verdict::Harmless);
        assert_eq!(inspect("create table t (id int)", false), Verdict::Harmless);
        assert_eq!(inspect("SET autocommit = 1", true), Verdict::Commits("SET AUTOCOMMIT".into()));
    }
}
