//! Many clients that commit at once, each cut at another place.

use std::time::Duration;

use aftercommit_harness::Passed;
use tokio::task::JoinHandle;

use super::blocks::Wired;
use super::client::{Client, Cuts};
use super::judge::{Doubt, Report, Tally};
use super::positions::{Position, enumerate};
use crate::support::long;

/// Cuts per topology in the long run.
const LONG: usize = 2_000;

/// Clients, the places where they are cut, and the books.
pub struct Arena<DB: Wired> {
    name: &'static str,
    pub clients: Vec<Client<DB>>,
    positions: Vec<Position>,
    /// Lookups that were not cut, though they should have been: they ended in so few messages.
    shorter: Vec<(Position, usize)>,
    next: usize,
    next_id: i64,
    doubt: Doubt,
    /// A failover may lose what was confirmed.
    lossy: bool,
    reports: Vec<Report>,
    tally: Tally,
}

type Running = JoinHandle<(Report, Vec<Passed>)>;

/// Commits that are under way.
pub struct Round {
    running: Vec<(Position, Running)>,
    told_before: Vec<bool>,
}

impl<DB: Wired> Arena<DB> {
    /// A server with the tables, and clients that are connected to it.
    pub async fn open(name: &'static str, port: u16, doubt: Doubt, patience: Duration) -> Self {
        DB::furnish(port).await;
        let mut next_id = 0;
        let positions = enumerate::<DB>(port, &mut next_id).await;
        let mut arena = Self {
            name,
            clients: Vec::new(),
            positions,
            shorter: Vec::new(),
            next: 0,
            next_id,
            doubt,
            lossy: false,
            reports: Vec::new(),
            tally: Tally::default(),
        };
        for _ in 0..if long() { 25 } else { 8 } {
            arena.clients.push(Client::connect(port, patience).await);
        }
        arena.warm_up().await;
        arena
    }

    pub fn lossy(mut self) -> Self {
        self.lossy = true;
        self
    }

    /// Gives every pool a connection.
    pub async fn warm_up(&mut self) {
        for client in &self.clients {
            self.next_id += 1;
            client.warm_up(self.next_id).await;
        }
    }

    /// Rounds in this run, if the short one takes so many.
    pub fn rounds(&self, short: usize) -> usize {
        if long() {
            LONG.div_ceil(self.clients.len())
        } else {
            short
        }
    }

    /// As many as it takes to be cut at each place.
    pub fn all_positions(&self) -> usize {
        self.rounds(0)
            .max(self.positions.len().div_ceil(self.clients.len()))
    }

    /// Begins a commit at each client. `hold`: lookups wait for [`finish`](Self::finish).
    pub fn start(&mut self, hold: bool) -> Round {
        let mut running = Vec::new();
        // A prime, so that a few rounds already see every kind of place.
        let step = if self.positions.len().is_multiple_of(37) {
            41
        } else {
            37
        };
        for client in &self.clients {
            let position = self.positions[self.next * step % self.positions.len()];
            self.next += 1;
            self.next_id += 1;
            let cuts = Cuts {
                first: Some(position.first),
                second: position.second,
                hold,
            };
            running.push((position, client.commit(position.block, self.next_id, cuts)));
        }
        Round {
            running,
            told_before: Vec::new(),
        }
    }

    /// Returns when each commit was cut, or told.
    pub async fn settled(&self, round: &mut Round) {
        for client in &self.clients {
            client.wire.settled().await;
        }
        self.note_told(round);
    }

    /// Clients that have sent COMMIT and were neither cut nor told; `None` while some have not.
    pub fn waiting(&self) -> Option<usize> {
        let wires = || self.clients.iter().map(|client| &client.wire);
        wires()
            .all(|wire| wire.has_begun())
            .then(|| wires().filter(|wire| !wire.is_settled()).count())
    }

    /// Who is told after this is told by what comes then.
    pub fn note_told(&self, round: &mut Round) {
        let running = round.running.iter();
        round.told_before = running.map(|(_, commit)| commit.is_finished()).collect();
    }

    pub fn move_to(&self, port: u16) {
        for client in &self.clients {
            client.wire.move_to(port);
        }
    }

    /// Returns when each lookup that is under way has connected twice more, or was told.
    pub async fn asked_twice(&self) {
        for client in &self.clients {
            client.wire.opened(2).await;
        }
    }

    /// Lets lookups go on.
    pub fn let_go(&self) {
        for client in &self.clients {
            client.wire.hold(false);
        }
    }

    /// Waits for what is told to the clients that were cut.
    pub async fn finish_cut(&mut self, round: &mut Round) {
        let mut waiting = Vec::new();
        for (client, (position, running)) in self.clients.iter().zip(round.running.drain(..)) {
            if client.wire.is_settled() {
                self.reports.push(running.await.unwrap().0);
            } else {
                waiting.push((position, running));
            }
        }
        round.running = waiting;
    }

    /// Waits for what is told.
    pub async fn finish(&mut self, round: Round) {
        for (at, (position, running)) in round.running.into_iter().enumerate() {
            let (mut report, passed) = running.await.unwrap();
            // Without a lookup it was the answer of the server before, even if it was read only now.
            let looked_up = passed.iter().any(|passed| passed.later);
            report.before_failover =
                !looked_up || round.told_before.get(at).copied().unwrap_or(true);
            if report.first.is_some() && report.second.is_none() {
                let lookup = passed.iter().filter(|passed| passed.later).count();
                self.shorter.push((position, lookup));
            }
            self.reports.push(report);
        }
    }

    /// Compares what was told with what is on the server that counts.
    pub async fn judge(&mut self, port: u16) {
        let present = DB::present(port).await;
        self.tally = Tally::default();
        for report in &self.reports {
            let there = present.contains(&report.id);
            self.tally.add(report, there, self.doubt, self.lossy);
        }
        let wrong = &self.tally.wrong;
        let shown = &wrong[..wrong.len().min(5)];
        assert!(
            wrong.is_empty(),
            "{}, {}: {} are wrong, such as {shown:#?}",
            DB::NAME,
            self.name,
            wrong.len()
        );
    }

    /// Judges once more, when everything is quiet, and prints the books.
    pub async fn close(mut self, port: u16) {
        self.judge(port).await;
        println!("{}, {}: {}", DB::NAME, self.name, self.tally);
        let cuts = self.tally.cuts();
        assert!(
            cuts > 0 && (!long() || cuts >= LONG * 9 / 10),
            "{cuts} cuts"
        );
    }

    /// Checks that there was a cut at each place, whatever the kind of block. A place behind the end of a lookup is none: on a busy
    /// machine the server may have been asked more often when the messages were counted.
    pub fn assert_no_position_is_empty(&self) {
        for position in &self.positions {
            let Position { first, second, .. } = position;
            let ended_before = |(other, messages): &(Position, usize)| {
                let same = other.block == position.block && other.first == *first;
                same && second.is_some_and(|second| second.message >= (*messages).max(5))
            };
            if self.shorter.iter().any(ended_before) {
                continue;
            }
            let cut = match second {
                Some(second) => self.tally.second(*second),
                None => self.tally.first(*first),
            };
            assert!(cut > 0, "never cut: {position:?}");
        }
    }
}
