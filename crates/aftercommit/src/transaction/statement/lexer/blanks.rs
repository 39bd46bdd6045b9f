//! Blanks and comments between tokens. Pure.

use super::{Grammar, Lexer};

impl Lexer<'_> {
    pub(super) fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' => self.at += 1,
                b'\x0b' if self.grammar != Grammar::Sqlite => self.at += 1,
                b'-' if self.peek(1) == Some(b'-') => {
                    if !self.begins_comment() {
                        return;
                    }
                    self.skip_line();
                }
                b'#' if self.grammar == Grammar::MySql => self.skip_line(),
                b'/' if self.peek(1) == Some(b'*') => self.skip_comment(),
                b'*' if self.in_executable_comment && self.peek(1) == Some(b'/') => {
                    self.in_executable_comment = false;
                    self.at += 2;
                }
                _ => return,
            }
            if self.lost {
                return;
            }
        }
    }

    /// Whether `--` begins a comment: MySQL wants a blank behind it.
    fn begins_comment(&mut self) -> bool {
        if self.grammar != Grammar::MySql {
            return true;
        }
        match self.peek(2) {
            None | Some(b' ' | b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c') => true,
            Some(byte) => {
                self.lost = byte.is_ascii_control();
                false
            }
        }
    }

    fn skip_line(&mut self) {
        let ends =
            |byte: &u8| *byte == b'\n' || (*byte == b'\r' && self.grammar == Grammar::Postgres);
        self.at += self.rest().iter().take_while(|byte| !ends(byte)).count();
    }

    fn skip_comment(&mut self) {
        let nests = self.grammar == Grammar::Postgres;
        if self.grammar == Grammar::MySql && self.is_executable_comment() {
            return;
        }
        let bytes = self.sql.as_bytes();
        let (mut at, mut depth) = (self.at + 2, 1);
        while depth > 0 {
            match (bytes.get(at), bytes.get(at + 1)) {
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    at += 2;
                }
                (Some(b'/'), Some(b'*')) if nests => {
                    depth += 1;
                    at += 2;
                }
                (None, _) => {
                    self.lost = true;
                    return;
                }
                _ => at += 1,
            }
        }
        self.at = at;
    }

    /// Enters `/*! … */`, or loses the message if only some servers execute what is in the comment.
    fn is_executable_comment(&mut self) -> bool {
        let begin = &self.rest()[2..];
        if self.in_executable_comment || begin.starts_with(b"M!") {
            self.lost = true;
            return true;
        }
        if !begin.starts_with(b"!") {
            return false;
        }
        let digits = begin[1..].iter().take_while(|byte| byte.is_ascii_digit());
        let digits = digits.count();
        // MariaDB leaves out what is for a MySQL after 5.6.
        let everywhere = digits == 0 || (digits == 5 && &begin[1..6] < b"50700".as_slice());
        self.executable = true;
        self.in_executable_comment = true;
        self.lost = !everywhere;
        self.at += 3 + digits;
        true
    }
}
