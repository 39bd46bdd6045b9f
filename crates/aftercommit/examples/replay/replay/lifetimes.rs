//! How long Django's receivers live.
//!
//! Python holds receivers weakly: one that nobody refers to any more is gone, and its connections with it. The
//! library holds them until they are disconnected, or as long as a guard lives. Here the references that Python
//! would count are counted, and guards are dropped when the last is gone.

use std::collections::HashMap;

use aftercommit::signal::Scoped;
use sqlx::Sqlite;

/// One connection: the number of the signal, and its name.
pub type Key = (usize, String);

#[derive(Default)]
struct Receiver {
    /// The program's own reference.
    named: bool,
    /// Strong connections, and sends that are under way.
    references: usize,
}

struct Connected {
    receiver: String,
    sender: Option<String>,
    /// Absent for a strong connection.
    guard: Option<Vec<Scoped<Sqlite>>>,
}

#[derive(Default)]
pub struct Lifetimes {
    receivers: HashMap<String, Receiver>,
    connections: HashMap<Key, Connected>,
}

impl Lifetimes {
    pub fn new<'n>(names: impl Iterator<Item = &'n String>) -> Self {
        let receivers = names
            .map(|name| {
                (
                    name.clone(),
                    Receiver {
                        named: true,
                        references: 0,
                    },
                )
            })
            .collect();
        Self {
            receivers,
            connections: HashMap::new(),
        }
    }

    pub fn is_known(&self, receiver: &str) -> bool {
        self.receivers
            .get(receiver)
            .is_some_and(|receiver| receiver.named)
    }

    pub fn connected(
        &mut self,
        key: Key,
        receiver: &str,
        sender: Option<String>,
        guard: Option<Vec<Scoped<Sqlite>>>,
    ) {
        if guard.is_none() {
            self.refer(receiver);
        }
        self.connections.insert(
            key,
            Connected {
                receiver: receiver.to_owned(),
                sender,
                guard,
            },
        );
    }

    pub fn disconnected(&mut self, key: &Key) {
        if let Some(Connected {
            receiver,
            guard: None,
            ..
        }) = self.connections.remove(key)
        {
            self.forget(&receiver);
        }
    }

    /// The program's own reference goes away.
    pub fn unnamed(&mut self, receiver: &str) {
        if let Some(receiver) = self.receivers.get_mut(receiver) {
            receiver.named = false;
        }
        self.bury(receiver);
    }

    /// A send refers to those whom it will call until it has ended.
    pub fn sending(&mut self, signal: usize, sender: Option<&str>) -> Vec<String> {
        let hears = |connected: &Connected| {
            connected.sender.is_none() || connected.sender.as_deref() == sender
        };
        let called = self
            .connections
            .iter()
            .filter(|((number, _), connected)| *number == signal && hears(connected));
        let called: Vec<String> = called
            .map(|(_, connected)| connected.receiver.clone())
            .collect();
        for receiver in &called {
            self.refer(receiver);
        }
        called
    }

    pub fn sent(&mut self, called: Vec<String>) {
        for receiver in called {
            self.forget(&receiver);
        }
    }

    fn refer(&mut self, receiver: &str) {
        self.receivers
            .entry(receiver.to_owned())
            .or_default()
            .references += 1;
    }

    fn forget(&mut self, receiver: &str) {
        if let Some(receiver) = self.receivers.get_mut(receiver) {
            receiver.references -= 1;
        }
        self.bury(receiver);
    }

    fn bury(&mut self, receiver: &str) {
        let dead = self
            .receivers
            .get(receiver)
            .is_some_and(|receiver| !receiver.named && receiver.references == 0);
        if dead {
            self.connections
                .retain(|_, connected| connected.receiver != receiver);
        }
    }
}
