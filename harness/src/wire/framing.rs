//! Where the messages of a protocol begin and end, and what they order. Pure.

use std::collections::HashMap;

/// A protocol between client and server, without encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// A type byte and four bytes of length; before the session has begun only the length.
    Postgres,
    /// Three bytes of length and a sequence number.
    MySql,
}

/// Who sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The program under test.
    Client,
    /// The database.
    Server,
}

/// How far a connection is, as the next message's form depends on it.
#[derive(Debug)]
pub(super) struct Framing {
    protocol: Protocol,
    /// Postgres: the client's messages have a type from here on.
    typed: bool,
    /// Postgres: the server answers the question about encryption with one byte.
    single_bytes: usize,
    /// MySQL: a statement that is being prepared, and those that were, by the server's number.
    preparing: Option<Vec<u8>>,
    prepared: HashMap<[u8; 4], Vec<u8>>,
}

/// The bytes in front of a packet of MySQL, and the commands that prepare a statement and run one.
const HEADER: usize = 4;
const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;

const START: u32 = 196_608;
const SSL: u32 = 80_877_103;
const GSS: u32 = 80_877_104;

impl Framing {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            typed: false,
            single_bytes: 0,
            preparing: None,
            prepared: HashMap::new(),
        }
    }

    /// The length of the message that begins `bytes`, if all of it is there.
    pub(super) fn length(&self, sender: Sender, bytes: &[u8]) -> Option<usize> {
        let length = match self.protocol {
            Protocol::MySql => {
                let [low, middle, high, ..] = bytes else {
                    return None;
                };
                4 + usize::from(*low) + (usize::from(*middle) << 8) + (usize::from(*high) << 16)
            }
            Protocol::Postgres if sender == Sender::Server && self.single_bytes > 0 => 1,
            Protocol::Postgres if sender == Sender::Client && !self.typed => number(bytes, 0)?,
            Protocol::Postgres => 1 + number(bytes, 1)?,
        };
        (length > 0 && bytes.len() >= length).then_some(length)
    }

    /// Takes notice of a message.
    pub(super) fn passed(&mut self, sender: Sender, message: &[u8]) {
        if self.protocol == Protocol::MySql {
            self.passed_packet(sender, message);
            return;
        }
        match sender {
            Sender::Server => self.single_bytes = self.single_bytes.saturating_sub(1),
            Sender::Client if self.typed => {}
            Sender::Client => match number(message, 4).and_then(|code| u32::try_from(code).ok()) {
                Some(START) => self.typed = true,
                Some(SSL | GSS) => self.single_bytes += 1,
                _ => {}
            },
        }
    }

    fn passed_packet(&mut self, sender: Sender, packet: &[u8]) {
        let body = packet.get(HEADER..).unwrap_or_default();
        match (sender, body) {
            (Sender::Client, [PREPARE, text @ ..]) => self.preparing = Some(text.to_vec()),
            (Sender::Client, _) => {}
            (Sender::Server, body) => {
                let text = self.preparing.take();
                if let (Some(text), [0, a, b, c, d, ..]) = (text, body) {
                    self.prepared.insert([*a, *b, *c, *d], text);
                }
            }
        }
    }

    /// What the message tells the server to do: the text of a prepared statement where that is run, and nothing where one is prepared.
    pub(super) fn orders<'m>(&'m self, sender: Sender, message: &'m [u8]) -> &'m [u8] {
        if self.protocol != Protocol::MySql || sender == Sender::Server {
            return message;
        }
        match message.get(HEADER..).unwrap_or_default() {
            [PREPARE, ..] => &[],
            [EXECUTE, a, b, c, d, ..] => self
                .prepared
                .get(&[*a, *b, *c, *d])
                .map_or(message, Vec::as_slice),
            _ => message,
        }
    }

    /// What kind of message it is: its type on Postgres, `-` where it has none.
    pub(super) fn kind(&self, sender: Sender, message: &[u8]) -> char {
        let typed = match sender {
            Sender::Server => self.single_bytes == 0,
            Sender::Client => self.typed,
        };
        match message.first() {
            Some(first) if typed && self.protocol == Protocol::Postgres => char::from(*first),
            _ => '-',
        }
    }
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(digits)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_of_postgres_begins_without_types() {
        let mut framing = Framing::new(Protocol::Postgres);
        let ssl = [&[0, 0, 0, 8][..], &SSL.to_be_bytes()].concat();
        assert_eq!(framing.length(Sender::Client, &ssl[..3]), None);
        assert_eq!(framing.length(Sender::Client, &ssl), Some(8));
        framing.passed(Sender::Client, &ssl);
        assert_eq!(framing.length(Sender::Server, b"N"), Some(1));
        framing.passed(Sender::Server, b"N");
        let start = [&[0, 0, 0, 9][..], &START.to_be_bytes(), &[0]].concat();
        assert_eq!(framing.length(Sender::Client, &start), Some(9));
        framing.passed(Sender::Client, &start);
        let query = b"Q\0\0\0\x06;\0Q";
        assert_eq!(framing.length(Sender::Client, query), Some(7));
        assert_eq!(framing.kind(Sender::Client, query), 'Q');
        assert_eq!(framing.length(Sender::Server, b"Z\0\0\0\x05I"), Some(6));
        assert_eq!(framing.length(Sender::Server, b"Z\0\0\0\x05"), None);
    }

    #[test]
    fn a_prepared_statement_is_known_when_it_is_run() {
        let mut framing = Framing::new(Protocol::MySql);
        let (prepare, run) = (
            b"\x07\0\0\0\x16COMMIT",
            b"\x0a\0\0\0\x17\x02\0\0\0\0\x01\0\0\0",
        );
        assert_eq!(framing.orders(Sender::Client, prepare), b"");
        framing.passed(Sender::Client, prepare);
        framing.passed(Sender::Server, b"\x0c\0\0\x01\0\x02\0\0\0\0\0\0\0\0\0\0");
        assert_eq!(framing.orders(Sender::Client, run), b"COMMIT");
        let query = b"\x07\0\0\0\x03COMMIT";
        assert_eq!(framing.orders(Sender::Client, query), query);
    }

    #[test]
    fn a_packet_of_mysql_has_its_length_in_front() {
        let framing = Framing::new(Protocol::MySql);
        let packet = b"\x02\0\0\x01ab\x01";
        for sender in [Sender::Client, Sender::Server] {
            assert_eq!(framing.length(sender, packet), Some(6));
            assert_eq!(framing.length(sender, &packet[..5]), None);
        }
    }
}
