//! Strings and names in quotes. Pure.

use super::{CLASS, Class, Grammar, Lexer, Token};

impl<'s> Lexer<'s> {
    pub(super) fn quoted(&mut self, quote: u8) -> Token<'s> {
        let start = self.at + 1;
        let bytes = self.sql.as_bytes();
        let mut at = start;
        let mut backslashes = 0;
        loop {
            match bytes.get(at) {
                None => return self.lose(),
                Some(b'\\') => backslashes += 1,
                Some(byte) if *byte == quote => {
                    // Whether this one is escaped depends on the session.
                    if backslashes % 2 == 1 && self.may_escape(quote) {
                        return self.lose();
                    }
                    backslashes = 0;
                    if bytes.get(at + 1) != Some(&quote) {
                        break;
                    }
                    at += 1;
                }
                Some(_) => backslashes = 0,
            }
            at += 1;
        }
        self.at = at + 1;
        let inner = &self.sql[start..at];
        if quote == b'\'' {
            Token::Text(inner)
        } else {
            Token::Quoted(inner)
        }
    }

    fn may_escape(&self, quote: u8) -> bool {
        match self.grammar {
            Grammar::Postgres => quote == b'\'',
            Grammar::MySql => quote != b'`',
            Grammar::Sqlite => false,
        }
    }

    /// At the quote of `E'…'`.
    pub(super) fn text_with_escapes(&mut self) -> Token<'s> {
        let start = self.at + 1;
        let bytes = self.sql.as_bytes();
        let mut at = start;
        loop {
            match bytes.get(at) {
                None => return self.lose(),
                Some(b'\\') => at += 1,
                Some(b'\'') if bytes.get(at + 1) == Some(&b'\'') => at += 1,
                Some(b'\'') => break,
                Some(_) => {}
            }
            at += 1;
        }
        self.at = at + 1;
        Token::Text(&self.sql[start..at])
    }

    /// Behind the first `$` of `$tag$ … $tag$`.
    pub(super) fn dollar_quoted(&mut self) -> Token<'s> {
        let start = self.at - 1;
        let is_tag = |byte: &u8| matches!(CLASS[usize::from(*byte)], Class::Name | Class::Digit);
        self.at += self.rest().iter().take_while(|byte| is_tag(byte)).count();
        if self.peek(0) != Some(b'$') {
            return self.lose();
        }
        self.at += 1;
        let delimiter = &self.sql[start..self.at];
        self.until(delimiter, Token::Text)
    }

    pub(super) fn until(
        &mut self,
        end: &str,
        token: impl FnOnce(&'s str) -> Token<'s>,
    ) -> Token<'s> {
        let inner = &self.sql[self.at..];
        let Some(length) = inner.find(end) else {
            return self.lose();
        };
        self.at += length + end.len();
        token(&inner[..length])
    }
}
