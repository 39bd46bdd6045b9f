//! The operations on signals: connecting, sending, and playing receivers.

use std::sync::Arc;

use aftercommit::signal::{during, with_state};
use serde_json::{Value, json};
use sqlx::Sqlite;

use super::actor::{self, Line, Request, Signal};
use super::interpreter::{Interpreter, Sending, text};
use super::models;
use super::rows::{self, Child, Item, Parent};
use super::trace::Fault;

impl Interpreter {
    pub(super) fn known(&self, op: &Value) -> bool {
        let Some(receiver) = op["receiver"].as_str() else {
            return true;
        };
        let known = self.lifetimes.is_known(receiver);
        if !known {
            self.emit(json!(["skip", op["op"], receiver]));
        }
        known
    }

    pub(super) fn connect(&mut self, op: &Value) {
        if self.known(op) {
            match signal_number(op) {
                3.. => self.connect_model(op),
                0 => self.connect_to::<0>(op),
                1 => self.connect_to::<1>(op),
                _ => self.connect_to::<2>(op),
            }
        }
    }

    fn connect_to<const N: usize>(&mut self, op: &Value) {
        let receiver = text(&op["receiver"]).to_owned();
        let name: Arc<str> = receiver.as_str().into();
        let call = with_state(name, actor::receive::<N>);
        let mut connecting = during::<Sqlite, Signal<N>, _, _>(connection_name(op), call);
        if let Some(sender) = op["sender"].as_str().map(str::to_owned) {
            connecting = connecting
                .filter(move |signal: &Signal<N>| signal.sender.as_deref() == Some(&sender));
        }
        match self.databases[0].db.signals().connect(connecting) {
            Ok(connection) => {
                let guard = (op["weak"] != false).then(|| vec![connection.scoped()]);
                let sender = op["sender"].as_str().map(str::to_owned);
                self.lifetimes
                    .connected((N, connection_name(op)), &receiver, sender, guard);
            }
            Err(error) => {
                assert_eq!(error.code(), Some("DUPLICATE_RECEIVER"));
                if !self.bridges.connect_twice {
                    self.emit(json!(["refused", "connect", receiver]));
                }
            }
        }
    }

    /// A receiver of a model signal: connected to the rows of one table, or of all.
    fn connect_model(&mut self, op: &Value) {
        let (signal, receiver) = (text(&op["signal"]), text(&op["receiver"]));
        let (name, sender) = (connection_name(op), op["sender"].as_str());
        let signals = self.databases[0].db.signals();
        let mut connections = Vec::new();
        for table in tables(sender) {
            let connected = match table {
                "parent" => rows::connect::<Parent>(signals, signal, name.clone(), receiver),
                "child" => rows::connect::<Child>(signals, signal, name.clone(), receiver),
                _ => rows::connect::<Item>(signals, signal, name.clone(), receiver),
            };
            connections.extend(connected);
        }
        if connections.is_empty() {
            if !self.bridges.connect_twice {
                self.emit(json!(["refused", "connect", receiver]));
            }
            return;
        }
        let guards = (op["weak"] != false).then(|| {
            connections
                .into_iter()
                .map(|connection| connection.scoped())
                .collect()
        });
        let key = (signal_number(op), name);
        self.lifetimes
            .connected(key, receiver, sender.map(str::to_owned), guards);
    }

    pub(super) fn disconnect(&mut self, op: &Value) {
        if self.known(op) {
            let signals = self.databases[0].db.signals();
            let name = connection_name(op);
            let found = match signal_number(op) {
                3.. => {
                    let signal = text(&op["signal"]);
                    let sender = op["sender"].as_str();
                    let mut found = false;
                    for table in tables(sender) {
                        found |= match table {
                            "parent" => rows::disconnect::<Parent>(signals, signal, &name),
                            "child" => rows::disconnect::<Child>(signals, signal, &name),
                            _ => rows::disconnect::<Item>(signals, signal, &name),
                        };
                    }
                    found
                }
                0 => signals.disconnect::<Signal<0>>(&name),
                1 => signals.disconnect::<Signal<1>>(&name),
                _ => signals.disconnect::<Signal<2>>(&name),
            };
            if found {
                self.lifetimes.disconnected(&(signal_number(op), name));
            }
            self.emit(json!(["value", "disconnect", found]));
        }
    }

    pub(super) fn has_listeners(&self, op: &Value) -> bool {
        let signals = self.databases[0].db.signals();
        let (sender, end) = (op["sender"].as_str().map(str::to_owned), Line::new().end);
        match signal_number(op) {
            0 => signals.has_receivers(&Signal::<0> { sender, end }),
            1 => signals.has_receivers(&Signal::<1> { sender, end }),
            _ => signals.has_receivers(&Signal::<2> { sender, end }),
        }
    }

    pub(super) async fn send(&mut self, op: &Value, robust: bool) -> Result<(), Fault> {
        let (signal, sender) = (signal_number(op), op["sender"].as_str().map(str::to_owned));
        self.sends.push(Sending {
            robust,
            signal: text(&op["signal"]).to_owned(),
            sender: op["sender"].clone(),
            answers: Vec::new(),
        });
        let called = self.lifetimes.sending(signal, sender.as_deref());
        let outcome = if self.databases[0].lines.is_empty() {
            let line = Line::new();
            let db = self.databases[0].db.clone();
            tokio::spawn(actor::send_alone(
                db,
                signal,
                sender,
                robust,
                Arc::clone(&line.end),
            ));
            self.attend(&line).await
        } else {
            let robust = robust && !self.bridges.robust_writes;
            self.ask(
                0,
                Request::Send {
                    signal,
                    sender,
                    robust,
                },
            )
            .await
        };
        self.lifetimes.sent(called);
        let sending = self.sends.pop().expect("it was pushed");
        outcome?;
        self.emit(json!(["sent", sending.signal, sending.answers]));
        Ok(())
    }

    /// Plays a receiver; the answer is what it returns to the library.
    pub(super) async fn receive(&mut self, receiver: &str) -> Result<(), Fault> {
        let sending = self.sends.last().expect("a send is under way");
        self.emit(json!(["recv", sending.signal, receiver, sending.sender, {}]));
        let program = Arc::clone(&self.program);
        let spec = &program["receivers"][receiver];
        let played = self.run(&spec["body"]).await;
        let sending = self.sends.last_mut().expect("a send is under way");
        match played {
            Ok(()) => {
                sending.answers.push(json!([receiver, "ok", spec["ret"]]));
                Ok(())
            }
            Err(fault) if sending.robust => {
                sending.answers.push(json!([receiver, "err", fault.0]));
                self.emit(json!(["log", "send_robust", receiver, fault.0]));
                // In a transaction the bridge catches the error before the library sees it.
                if self.bridges.robust_writes && !self.databases[0].lines.is_empty() {
                    Ok(())
                } else {
                    Err(fault)
                }
            }
            Err(fault) => Err(fault),
        }
    }
}

/// Django's key of a connection: the uid or else the receiver, and the sender.
fn connection_name(op: &Value) -> String {
    let who = match op["uid"].as_str() {
        Some(uid) => format!("uid {uid}"),
        None => text(&op["receiver"]).to_owned(),
    };
    format!("{who} for {}", op["sender"].as_str().unwrap_or("any"))
}

/// The tables whose signals a sender stands for.
fn tables(sender: Option<&str>) -> Vec<&str> {
    sender.map_or_else(|| vec!["item", "parent", "child"], |sender| vec![sender])
}

fn signal_number(op: &Value) -> usize {
    if rows::SIGNALS.contains(&text(&op["signal"])) {
        return models::number(text(&op["signal"]));
    }
    text(&op["signal"])
        .trim_start_matches('s')
        .parse()
        .unwrap_or(0)
}
