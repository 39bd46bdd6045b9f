//! What the first words of a statement mean to SQLite. Pure.

use super::lexer::{Lexer, Token};
use super::{
    Body, Grammar, Kind, Opaque, Other, Reads, Statement, Unclear, control, is, is_one_of, name,
    reading,
};

const CONTROL: &[&str] = &["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"];

const OTHER: &[&str] = &[
    "ALTER", "ANALYZE", "ATTACH", "DETACH", "DROP", "REINDEX", "VACUUM",
];

/// Settings that only answer, also with an argument.
const ANSWERS: &[&str] = &[
    "collation_list",
    "compile_options",
    "data_version",
    "database_list",
    "foreign_key_check",
    "foreign_key_list",
    "freelist_count",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "module_list",
    "page_count",
    "pragma_list",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];

/// Settings that leave the transaction, autocommit and isolation alone.
const SETTINGS: &[&str] = &[
    "analysis_limit",
    "application_id",
    "automatic_index",
    "auto_vacuum",
    "busy_timeout",
    "cache_size",
    "cache_spill",
    "case_sensitive_like",
    "cell_size_check",
    "checkpoint_fullfsync",
    "defer_foreign_keys",
    "encoding",
    "foreign_keys",
    "fullfsync",
    "hard_heap_limit",
    "ignore_check_constraints",
    "incremental_vacuum",
    "journal_mode",
    "journal_size_limit",
    "legacy_alter_table",
    "max_page_count",
    "mmap_size",
    "optimize",
    "page_size",
    "recursive_triggers",
    "reverse_unordered_selects",
    "secure_delete",
    "soft_heap_limit",
    "synchronous",
    "temp_store",
    "threads",
    "trusted_schema",
    "user_version",
    "wal_autocheckpoint",
    "wal_checkpoint",
];

pub(super) fn statement(word: &str, lexer: &mut Lexer<'_>) -> Statement {
    if is_one_of(word, CONTROL) {
        return control(word);
    }
    if is_one_of(word, OTHER) {
        return Kind(Other);
    }
    match word.to_ascii_uppercase().as_str() {
        "CREATE" => create(lexer),
        "EXPLAIN" => reading::explain(lexer, Grammar::Sqlite),
        "PRAGMA" => pragma(lexer),
        _ => Unclear,
    }
}

/// A trigger has a body of statements.
fn create(lexer: &mut Lexer<'_>) -> Statement {
    loop {
        match lexer.next() {
            Token::Word(word) if is_one_of(word, &["TEMP", "TEMPORARY"]) => {}
            Token::Word(word) if is(word, "TRIGGER") => return Body,
            _ => return Kind(Other),
        }
    }
}

fn pragma(lexer: &mut Lexer<'_>) -> Statement {
    let Some(mut setting) = name(lexer.next()) else {
        return Unclear;
    };
    let mut next = lexer.next();
    if next == Token::Symbol(b'.') {
        let Some(in_schema) = name(lexer.next()) else {
            return Unclear;
        };
        setting = in_schema;
        next = lexer.next();
    }
    if is_one_of(setting, ANSWERS) {
        return Kind(Reads);
    }
    let known = is_one_of(setting, SETTINGS);
    match next {
        Token::End
            if is_one_of(
                setting,
                &["incremental_vacuum", "optimize", "wal_checkpoint"],
            ) =>
        {
            Kind(Other)
        }
        Token::End if known || is_one_of(setting, &["query_only", "read_uncommitted"]) => {
            Kind(Reads)
        }
        Token::Symbol(_) if is(setting, "read_uncommitted") => control("PRAGMA READ_UNCOMMITTED"),
        Token::Symbol(_) if known => Kind(Other),
        _ => Kind(Opaque),
    }
}
