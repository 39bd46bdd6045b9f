//! A message taken apart into tokens, as its server would do it. Pure.
//!
//! The extent of every token is the same under every setting of a session that changes how text is read
//! (`standard_conforming_strings`, `sql_mode`). Where it is not, the message is *lost* from there on.

mod blanks;
mod quotes;

use super::Grammar;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'s> {
    /// A keyword or a name without quotes.
    Word(&'s str),
    /// A name in quotes, without them.
    Quoted(&'s str),
    /// A string, without its quotes.
    Text(&'s str),
    Number,
    Symbol(u8),
    /// The end of the statement: a `;`, or the end of the message.
    End,
    /// The message cannot be followed from here on.
    Lost,
}

#[derive(Debug)]
pub(super) struct Lexer<'s> {
    sql: &'s str,
    at: usize,
    grammar: Grammar,
    depth: u32,
    ended: bool,
    lost: bool,
    in_executable_comment: bool,
    /// The message has comments that MySQL and MariaDB execute.
    pub(super) executable: bool,
    /// Blanks or comments stood before the last token.
    pub(super) gap: bool,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(sql: &'s str, grammar: Grammar) -> Self {
        Self {
            sql,
            at: 0,
            grammar,
            depth: 0,
            ended: false,
            // Some drivers and servers end a text at its first zero byte.
            lost: sql.as_bytes().contains(&0),
            in_executable_comment: false,
            executable: false,
            gap: false,
        }
    }

    /// The next token of the statement. The last one is repeated.
    pub(super) fn next(&mut self) -> Token<'s> {
        if self.ended {
            return Token::End;
        }
        let before = self.at;
        self.skip_blanks();
        self.gap = self.at > before;
        if self.lost {
            return Token::Lost;
        }
        let Some(byte) = self.peek(0) else {
            return self.end_of_message();
        };
        match CLASS[usize::from(byte)] {
            Class::Name => self.word(),
            Class::Digit => self.number(),
            Class::Dollar => self.dollar(),
            Class::Quote => self.quoted(byte),
            Class::Control => self.lose(),
            Class::Symbol => self.symbol(byte),
        }
    }

    /// Reads the statement to its end. `false` if the message was lost on the way.
    pub(super) fn finish(&mut self) -> bool {
        loop {
            match self.next() {
                Token::End => return true,
                Token::Lost => return false,
                _ => {}
            }
        }
    }

    /// Goes on with the next statement of the message, if there is one.
    pub(super) fn next_statement(&mut self) -> bool {
        self.ended = false;
        self.at < self.sql.len()
    }

    /// Whether the next token follows without a blank and begins with `byte`.
    pub(super) fn touches(&self, byte: u8) -> bool {
        !self.ended && self.peek(0) == Some(byte)
    }

    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.sql.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'s [u8] {
        self.sql.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn lose(&mut self) -> Token<'s> {
        self.lost = true;
        Token::Lost
    }

    fn end_of_message(&mut self) -> Token<'s> {
        if self.in_executable_comment {
            return self.lose();
        }
        self.ended = true;
        Token::End
    }

    fn symbol(&mut self, byte: u8) -> Token<'s> {
        self.at += 1;
        match byte {
            b'(' => self.depth += 1,
            b')' if self.depth == 0 => return self.lose(),
            b')' => self.depth -= 1,
            b';' if self.depth > 0 || self.in_executable_comment => return self.lose(),
            b';' => {
                self.ended = true;
                return Token::End;
            }
            // Names in brackets: always in SQLite, and in MariaDB under one mode.
            b'[' if self.grammar == Grammar::MySql => return self.lose(),
            b'[' if self.grammar == Grammar::Sqlite => return self.until("]", Token::Quoted),
            b'`' if self.grammar != Grammar::Postgres => {
                self.at -= 1;
                return self.quoted(byte);
            }
            b'\\' => return self.lose(),
            b':' | b'@' | b'#' if self.grammar == Grammar::Sqlite => return self.parameter(byte),
            _ => {}
        }
        Token::Symbol(byte)
    }

    fn word(&mut self) -> Token<'s> {
        let start = self.at;
        self.skip_name();
        let word = &self.sql[start..self.at];
        if self.grammar == Grammar::Sqlite && word.starts_with('\u{feff}') {
            return self.lose(); // a blank, to SQLite
        }
        let escapes = self.grammar == Grammar::Postgres && word.eq_ignore_ascii_case("e");
        if escapes && self.peek(0) == Some(b'\'') {
            return self.text_with_escapes();
        }
        Token::Word(word)
    }

    fn skip_name(&mut self) {
        let in_name = |byte: &u8| {
            matches!(
                CLASS[usize::from(*byte)],
                Class::Name | Class::Digit | Class::Dollar
            )
        };
        self.at += self.rest().iter().take_while(|byte| in_name(byte)).count();
    }

    /// A number, if nothing in it could be a name of its own.
    fn number(&mut self) -> Token<'s> {
        let dollar_too = self.grammar != Grammar::Postgres;
        let in_number = |byte: u8| match CLASS[usize::from(byte)] {
            Class::Name | Class::Digit => true,
            Class::Dollar => dollar_too,
            _ => byte == b'.',
        };
        let rest = self.rest();
        let length = rest.iter().take_while(|byte| in_number(**byte)).count();
        let (number, _) = rest.split_at(length);
        self.at += length;
        let plain = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'e' | b'E');
        let hexadecimal = number.strip_prefix(b"0x").or(number.strip_prefix(b"0X"));
        let understood = match hexadecimal {
            Some(digits) => digits.iter().all(u8::is_ascii_hexdigit),
            None => number.iter().all(plain),
        };
        if understood {
            Token::Number
        } else {
            self.lose()
        }
    }

    fn dollar(&mut self) -> Token<'s> {
        match self.grammar {
            Grammar::Sqlite => {
                self.at += 1;
                self.parameter(b'$')
            }
            Grammar::MySql => self.word(),
            Grammar::Postgres => {
                self.at += 1;
                if self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) {
                    let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit());
                    self.at += digits.count();
                    return Token::Number;
                }
                self.dollar_quoted()
            }
        }
    }

    /// A parameter with a name. SQLite lets one go on with `::` and with anything in parentheses.
    fn parameter(&mut self, sign: u8) -> Token<'s> {
        self.skip_name();
        if matches!(self.peek(0), Some(b'(' | b':')) {
            return self.lose();
        }
        Token::Symbol(sign)
    }
}

#[derive(Clone, Copy)]
enum Class {
    Name,
    Digit,
    Dollar,
    Quote,
    Control,
    Symbol,
}

const CLASS: [Class; 256] = {
    let mut class = [Class::Symbol; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 128.. => Class::Name,
            b'0'..=b'9' => Class::Digit,
            b'$' => Class::Dollar,
            b'\'' | b'"' => Class::Quote,
            0..=31 | 127 => Class::Control,
            _ => Class::Symbol,
        };
        byte += 1;
    }
    class
};
