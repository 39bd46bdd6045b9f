//! What a statement would do to the transaction around it. Pure.

/// What a block must know before it sends a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Leaves the transaction alone.
    Harmless,
    /// Begins, ends or rolls back a transaction or a savepoint.
    Control(String),
    /// Data definition and the like, which MySQL commits what is open for.
    Commits(String),
    /// May do anything: whether it ended the transaction must be asked afterwards.
    Indirect,
}

/// The language of a statement's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    Postgres,
    MySql,
    Sqlite,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StatementKind {
    Reads,
    Writes,
    Other,
    Opaque,
    Control(String),
    Commits(String),
}

pub(crate) fn inspect(sql: &str, grammar: Grammar, single: bool) -> StatementKind {
    match inspect_old(sql, grammar == Grammar::MySql) {
        Verdict::Control(word) => StatementKind::Control(word),
        Verdict::Commits(word) => StatementKind::Commits(word),
        Verdict::Indirect => StatementKind::Opaque,
        Verdict::Harmless => {
            let first = word(sql).0.to_ascii_uppercase();
            if !single && sql.trim_end().trim_end_matches(';').contains([';', '\\'])
                || !single && sql.contains("/*")
            {
                return StatementKind::Opaque;
            }
            match first.as_str() {
                "SELECT" if !sql.contains('(') && !sql.contains("FOR") => StatementKind::Reads,
                "INSERT" | "UPDATE" | "DELETE" => StatementKind::Writes,
                _ => StatementKind::Other,
            }
        }
    }
}

const CONTROL: &[&str] = &[
    "BEGIN",
    "START",
    "COMMIT",
    "END",
    "ROLLBACK",
    "ABORT",
    "SAVEPOINT",
    "RELEASE",
    "PREPARE TRANSACTION",
    "XA",
];

/// Statements that cause an implicit commit in MySQL and MariaDB, by their first words.
const COMMITS: &[&str] = &[
    "ALTER",
    "CREATE",
    "DROP",
    "RENAME",
    "TRUNCATE",
    "GRANT",
    "REVOKE",
    "LOCK",
    "UNLOCK",
    "ANALYZE",
    "OPTIMIZE",
    "REPAIR",
    "CHECK",
    "CACHE",
    "FLUSH",
    "RESET",
    "INSTALL",
    "UNINSTALL",
    "CHANGE",
    "STOP",
    "LOAD INDEX",
    "SET PASSWORD",
    "SET AUTOCOMMIT",
];

/// Statements of MySQL that can run any other one.
const INDIRECT: &[&str] = &["CALL", "EXECUTE"];

/// Looks at the first words of each statement in a message.
pub(crate) fn inspect_old(sql: &str, mysql_like: bool) -> Verdict {
    let first = inspect_one(sql, mysql_like);
    // The body of a trigger or a procedure holds statements that are not run now.
    let alone = !sql.contains(';') || word(sql).0.eq_ignore_ascii_case("CREATE");
    if alone || first != Verdict::Harmless {
        return first;
    }
    rest_of_message(sql, mysql_like)
        .map(|statement| inspect_one(statement, mysql_like))
        .find(|verdict| *verdict != Verdict::Harmless)
        .unwrap_or(Verdict::Harmless)
}

fn inspect_one(sql: &str, mysql_like: bool) -> Verdict {
    let (first, rest) = word(sql);
    if first.is_empty() {
        return Verdict::Harmless;
    }
    let (second, _) = word(rest);
    let matches = |entry: &str| match entry.split_once(' ') {
        None => first.eq_ignore_ascii_case(entry),
        Some((one, two)) => first.eq_ignore_ascii_case(one) && second.eq_ignore_ascii_case(two),
    };
    if CONTROL.iter().any(|entry| matches(entry)) {
        // MariaDB's `BEGIN NOT ATOMIC` is a compound statement.
        if first.eq_ignore_ascii_case("BEGIN") && second.eq_ignore_ascii_case("NOT") {
            return Verdict::Indirect;
        }
        return Verdict::Control(first.to_ascii_uppercase());
    }
    if !mysql_like {
        return Verdict::Harmless;
    }
    if INDIRECT.iter().any(|entry| matches(entry)) {
        return Verdict::Indirect;
    }
    if !second.eq_ignore_ascii_case("TEMPORARY") && COMMITS.iter().any(|entry| matches(entry)) {
        // What a user would look for: the keyword, with the object of DDL.
        return Verdict::Commits(format!("{first} {second}").trim_end().to_ascii_uppercase());
    }
    Verdict::Harmless
}

/// The statements behind the first one, without being misled by what is quoted.
fn rest_of_message(sql: &str, mysql_like: bool) -> impl Iterator<Item = &str> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at = end_of_statement(sql, at, mysql_like)?;
        Some(&sql[at..])
    })
}

/// The position behind the next `;` that separates statements.
fn end_of_statement(sql: &str, from: usize, mysql_like: bool) -> Option<usize> {
    let bytes = sql.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        let rest = &sql[at..];
        at += match bytes[at] {
            b';' => return Some(at + 1),
            quote @ (b'\'' | b'"' | b'`') => quoted(rest, quote, mysql_like),
            b'-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            b'#' if mysql_like => rest.find('\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            b'$' if !mysql_like => dollar_quoted(rest).unwrap_or(1),
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
    }
    None
}

/// The length of a quoted piece, its quotes included.
fn quoted(sql: &str, quote: u8, backslash_escapes: bool) -> usize {
    let bytes = sql.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at] == quote {
            return at + 1;
        }
        at += if backslash_escapes && bytes[at] == b'\\' {
            2
        } else {
            1
        };
    }
    bytes.len()
}

/// The length of a piece in `$tag$`, if that is what stands here.
fn dollar_quoted(sql: &str) -> Option<usize> {
    let tag_end = sql[1..].find('$')? + 2;
    let tag = &sql[..tag_end];
    let is_tag = tag[1..tag_end - 1]
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_');
    is_tag.then(|| {
        sql[tag_end..]
            .find(tag)
            .map_or(sql.len(), |end| tag_end + end + tag_end)
    })
}

/// The next word and what follows it.
fn word(sql: &str) -> (&str, &str) {
    let sql = skip_blanks_and_comments(sql);
    let end = sql
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(sql.len());
    sql.split_at(end)
}

fn skip_blanks_and_comments(mut sql: &str) -> &str {
    loop {
        sql =
            sql.trim_start_matches(|c: char| c.is_whitespace() || c == '(' || c == ';' || c == '=');
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
