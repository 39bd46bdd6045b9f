//! What was found out about a statement, for the next time. A service has few statements with parameters, and runs each of them often.

use std::cell::RefCell;
use std::collections::HashMap;

use super::{Grammar, StatementKind, inspect};

/// Then they are forgotten, and found out again.
const MOST: usize = 512;
/// A longer text is rarely the same twice.
const LONGEST: usize = 1024;

type Known = HashMap<Box<str>, (Grammar, StatementKind)>;

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// The same as [`inspect`].
pub(crate) fn inspect_once(sql: &str, grammar: Grammar, single: bool) -> StatementKind {
    // Without parameters the values stand in the text.
    if !single || sql.len() > LONGEST {
        return inspect(sql, grammar, single);
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some((of, kind)) = known.get(sql)
            && *of == grammar
        {
            return kind.clone();
        }
        let kind = inspect(sql, grammar, single);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(sql.into(), (grammar, kind.clone()));
        kind
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_answer_is_the_first_one() {
        let texts = [
            "SELECT 1",
            "REPLACE INTO t VALUES (1)",
            "COMMIT",
            "DELETE FROM t",
            "?",
        ];
        for _ in 0..2 {
            for grammar in [Grammar::Postgres, Grammar::MySql, Grammar::Sqlite] {
                for single in [true, false] {
                    for text in texts {
                        let once = inspect_once(text, grammar, single);
                        assert_eq!(once, inspect(text, grammar, single), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        for at in 0..3 * MOST {
            inspect_once(&format!("SELECT {at}"), Grammar::Sqlite, true);
        }
        KNOWN.with_borrow(|known| assert!(known.len() <= MOST, "{}", known.len()));
    }
}
