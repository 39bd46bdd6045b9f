//! Whether a query only reads. Pure.

use super::functions::{is_function, is_syntax};
use super::lexer::{Lexer, Token};
use super::postgres::is_default_of_transactions;
use super::{Body, Grammar, Kind, Opaque, Other, Reads, Statement, Unclear, Writes, is, is_one_of};

/// From behind SELECT, VALUES or TABLE.
pub(super) fn query(lexer: &mut Lexer<'_>, grammar: Grammar) -> Statement {
    Scan::new(grammar).run(lexer)
}

/// From behind EXPLAIN or SHOW.
pub(super) fn explain(lexer: &mut Lexer<'_>, grammar: Grammar) -> Statement {
    let mut scan = Scan::new(grammar);
    scan.runs = false;
    scan.run(lexer)
}

/// From behind its first word.
pub(super) fn write(word: &str, lexer: &mut Lexer<'_>, grammar: Grammar) -> Statement {
    match grammar {
        Grammar::Postgres if is(word, "REPLACE") => return Unclear,
        Grammar::MySql | Grammar::Sqlite if is(word, "MERGE") => return Unclear,
        Grammar::Postgres | Grammar::MySql => return Kind(Writes),
        Grammar::Sqlite => {}
    }
    // `INSERT OR ROLLBACK` ends the transaction if it fails.
    loop {
        match lexer.next() {
            Token::Word(word) if is(word, "ROLLBACK") => return Kind(Opaque),
            Token::End | Token::Lost => return Kind(Writes),
            _ => {}
        }
    }
}

/// From behind WITH.
pub(super) fn with(lexer: &mut Lexer<'_>, grammar: Grammar) -> Statement {
    let mut scan = Scan::new(grammar);
    scan.names = true;
    scan.run(lexer)
}

/// What stood before a token, as far as it says what the token is.
#[derive(Clone, Copy)]
enum Before<'s> {
    Word(&'s str),
    /// The name in `schema.name`.
    Qualified {
        name: &'s str,
        built_in: bool,
    },
    /// The dot in `schema.name`.
    Dot {
        built_in: bool,
    },
    Quoted(&'s str),
    /// A name that cannot be a function's: of a type, a common table expression, an alias.
    Name,
    Close,
    Colon,
    Cast,
    Other,
}

struct Scan<'s> {
    grammar: Grammar,
    before: Before<'s>,
    /// The word before the last one.
    earlier: &'s str,
    /// Between WITH and the verb.
    names: bool,
    /// Not only explained.
    runs: bool,
    result: Statement,
}

impl<'s> Scan<'s> {
    fn new(grammar: Grammar) -> Self {
        Self {
            grammar,
            before: Before::Other,
            earlier: "",
            names: false,
            runs: true,
            result: Kind(Reads),
        }
    }

    fn run(mut self, lexer: &mut Lexer<'s>) -> Statement {
        loop {
            self.before = match lexer.next() {
                Token::Word(word) => {
                    if self.names && lexer.depth() == 0 && is_verb(word) {
                        self.names = false;
                        if !is_one_of(word, &["SELECT", "VALUES", "TABLE"]) {
                            return write(word, lexer, self.grammar);
                        }
                    }
                    if self.has_body(word) {
                        return Body;
                    }
                    self.word(word, lexer)
                }
                Token::Quoted(name) => Before::Quoted(name),
                Token::Symbol(b'(') => {
                    if let Some(statement) = self.call(lexer) {
                        return statement;
                    }
                    Before::Other
                }
                Token::Symbol(b')') => Before::Close,
                Token::Symbol(b'.') => self.dot(),
                Token::Symbol(b':') if matches!(self.before, Before::Colon) => Before::Cast,
                Token::Symbol(b':') => {
                    if lexer.touches(b'=') {
                        self.pays();
                    }
                    Before::Colon
                }
                Token::End | Token::Lost => return self.result,
                _ => Before::Other,
            };
        }
    }

    fn pays(&mut self) {
        self.result = Kind(Other);
    }

    fn word(&mut self, word: &'s str, lexer: &Lexer<'s>) -> Before<'s> {
        let previous = match self.before {
            Before::Dot { built_in } => {
                if self.grammar == Grammar::MySql && is(word, "NEXTVAL") {
                    self.pays();
                }
                return Before::Qualified {
                    name: word,
                    built_in,
                };
            }
            Before::Word(previous) => previous,
            _ => "",
        };
        if self.pays_for(word, previous) {
            self.pays();
        }
        let is_name =
            is_one_of(previous, &["AS", "TABLESAMPLE"]) || (self.names && lexer.depth() == 0);
        if is_name || matches!(self.before, Before::Cast) || self.is_window(word) {
            return Before::Name;
        }
        self.earlier = previous;
        Before::Word(word)
    }

    /// `f(x) OVER (…)` and `f(x) FILTER (…)`.
    fn is_window(&self, word: &str) -> bool {
        matches!(self.before, Before::Close) && is_one_of(word, &["OVER", "FILTER"])
    }

    /// Whether a word says that the query does more than reading.
    fn pays_for(&self, word: &str, previous: &str) -> bool {
        if !self.runs {
            return is_one_of(word, &["ANALYZE", "ANALYSE"]);
        }
        if !matches!(word.len(), 2..=7) {
            return false;
        }
        match self.grammar {
            Grammar::Postgres if is(previous, "FOR") => {
                is_one_of(word, &["UPDATE", "SHARE", "NO", "KEY"])
            }
            Grammar::Postgres => is_one_of(word, &["INTO", "INSERT", "UPDATE", "DELETE", "MERGE"]),
            Grammar::MySql => {
                is_one_of(word, &["INTO", "LOCK"])
                    || (is(previous, "FOR") && is_one_of(word, &["UPDATE", "SHARE"]))
                    || (is(previous, "NEXT") && is(word, "VALUE"))
            }
            Grammar::Sqlite => false,
        }
    }

    /// SQLite explains triggers, too.
    fn has_body(&self, word: &str) -> bool {
        !self.runs && self.grammar == Grammar::Sqlite && is(word, "TRIGGER")
    }

    fn dot(&self) -> Before<'s> {
        let schema = match self.before {
            Before::Word(schema) | Before::Quoted(schema) => schema,
            _ => "",
        };
        Before::Dot {
            built_in: self.grammar == Grammar::Postgres && is(schema, "pg_catalog"),
        }
    }

    /// At an opening parenthesis: is that a call, and of what?
    fn call(&mut self, lexer: &mut Lexer<'s>) -> Option<Statement> {
        let function = match self.before {
            Before::Word(word) if is_syntax(word, self.grammar) => return None,
            Before::Word(word) if is(word, "SETS") && is(self.earlier, "GROUPING") => return None,
            Before::Word(name) => name,
            Before::Qualified {
                name,
                built_in: true,
            } => name,
            Before::Qualified { name, .. } | Before::Quoted(name) => {
                self.pays();
                name
            }
            Before::Name
            | Before::Dot { .. }
            | Before::Close
            | Before::Colon
            | Before::Cast
            | Before::Other => return None,
        };
        // With a blank behind its name, MySQL may look for a stored function.
        let stored = self.grammar == Grammar::MySql && lexer.gap;
        if stored || !is_function(function, self.grammar) {
            self.pays();
        }
        if self.grammar == Grammar::Postgres && is(function, "set_config") {
            return self.set_config(lexer);
        }
        None
    }

    /// Fine where the text says that it is about another setting.
    fn set_config(&mut self, lexer: &mut Lexer<'s>) -> Option<Statement> {
        let Token::Text(setting) = lexer.next() else {
            return Some(Kind(Opaque));
        };
        let whole = !setting.contains('\\') && lexer.next() == Token::Symbol(b',');
        (!whole || is_default_of_transactions(setting)).then_some(Kind(Opaque))
    }
}

fn is_verb(word: &str) -> bool {
    is_one_of(
        word,
        &[
            "SELECT", "INSERT", "UPDATE", "DELETE", "VALUES", "REPLACE", "MERGE", "TABLE",
        ],
    )
}
