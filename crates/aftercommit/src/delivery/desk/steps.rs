//! What is done next, step by step: the parts of [`Desk::orders`]. Pure.

use super::*;

impl Desk {
    pub(super) fn keep_standing(&mut self, now: Moment, orders: &mut Vec<Order>) {
        if self.standing.lapses(now) {
            // Somebody else may have what was not started by now.
            for seat in self.seats.values_mut() {
                seat.empty();
            }
        }
        if self.wants_standing() {
            orders.extend(self.standing.order(now, &self.times));
        }
    }

    pub(super) fn keep_house(&mut self, now: Moment, orders: &mut Vec<Order>) {
        let Some(worker) = self.begins(now) else {
            return;
        };
        if now >= self.poll_at && !self.maintaining {
            self.maintaining = true;
            self.poll_at = now + self.times.poll;
            self.woken();
            orders.push(Order::Maintain);
        }
        if now >= self.rescue_at && !self.rescuing {
            self.rescuing = true;
            self.rescue_at = now + self.times.rescue;
            let uncounted = self.standing.uncounted(now, &self.times);
            orders.push(Order::Rescue { worker, uncounted });
        }
        if now >= self.compare_at {
            // Twice unknown is given back, so that nothing hangs for longer than two leases.
            self.compare_at = now + self.times.lease;
            orders.push(Order::Compare { worker });
        }
    }

    /// Gives back what will not be started soon.
    pub(super) fn let_go(&mut self, now: Moment, orders: &mut Vec<Order>) {
        let Some(worker) = self.standing.worker() else {
            return;
        };
        let mut leases = Vec::new();
        for (name, seat) in &mut self.seats {
            let breaker = self.breakers.get(target(name, seat));
            let open = breaker.is_some_and(|breaker| breaker.allows(1, now) == 0);
            if (open || !seat.is_open() || self.drain_until.is_some()) && !seat.is_empty() {
                leases.extend(seat.empty());
            }
        }
        leases.retain(|lease| lease.owner == worker);
        if !leases.is_empty() {
            orders.push(Order::Release { leases });
        }
    }

    pub(super) fn start(&mut self, now: Moment, orders: &mut Vec<Order>) {
        if self.begins(now).is_none() {
            return;
        }
        let suspect_waits = self.seats.values().any(Seat::has_a_suspect);
        let (mut sharing, mut others) = (Vec::new(), Vec::new());
        for (name, seat) in self.seats.iter().filter(|(_, seat)| !seat.is_empty()) {
            let names = match seat.manner.in_transaction {
                true => &mut sharing,
                false => &mut others,
            };
            names.push(Arc::clone(name));
        }
        for name in others {
            while self.start_one(&name, suspect_waits, now, orders) {}
        }
        // They share the connections of the application: the receiver with the fewest calls is the next, and among equals the one
        // that has waited longest.
        while !sharing.is_empty() && self.in_transactions() < self.max_transactions {
            let rank = |name: &Arc<str>| {
                let seat = self.seats.get(name);
                seat.map(|seat| (seat.running, seat.turn))
            };
            sharing.sort_by_key(rank);
            if !sharing
                .iter()
                .any(|name| self.start_one(name, suspect_waits, now, orders))
            {
                break;
            }
        }
    }

    /// The handlers that run in a transaction.
    fn in_transactions(&self) -> usize {
        let sharing = self
            .seats
            .values()
            .filter(|seat| seat.manner.in_transaction);
        sharing.map(|seat| seat.running).sum()
    }

    /// Whether something was begun, or set aside, for this receiver.
    fn start_one(
        &mut self,
        name: &Arc<str>,
        suspect_waits: bool,
        now: Moment,
        orders: &mut Vec<Order>,
    ) -> bool {
        let running: usize = self.seats.values().map(|seat| seat.running).sum();
        let Some(seat) = self.seats.get_mut(name) else {
            return false;
        };
        // A process in which a suspect runs beside another effect may die of either, and nobody knows of which.
        let waits = if seat.has_a_suspect() {
            running > 0
        } else {
            suspect_waits
        };
        if waits || self.alone.is_some() {
            return false;
        }
        let breaker = self.breakers.entry(target(name, seat).clone()).or_default();
        let mut call = seat.next(breaker, now);
        let Some(first) = call.first() else {
            return false;
        };
        let (lease, starts, rescues) = (first.lease, first.starts, first.rescues);
        if let Some(why) = lifecycle::set_aside(starts, rescues) {
            let leased = without_payload(&call.remove(0));
            self.held.insert(leased.lease, leased.clone());
            self.unwritten.push((leased, Next::Dead { why }));
            return true;
        }
        let noted = lifecycle::must_be_noted(rescues);
        if lifecycle::must_be_alone(starts, rescues) {
            self.alone = Some(lease);
        }
        breaker.began();
        seat.running += 1;
        self.turns += 1;
        seat.turn = self.turns;
        for leased in &call {
            self.held.insert(leased.lease, without_payload(leased));
        }
        orders.push(Order::Run {
            receiver: Arc::clone(name),
            call,
            noted,
        });
        true
    }

    pub(super) fn claim(&mut self, now: Moment, orders: &mut Vec<Order>) {
        let Some(worker) = self.begins(now) else {
            return;
        };
        for (name, seat) in &mut self.seats {
            let breaker = self.breakers.entry(target(name, seat).clone()).or_default();
            if let Some(search) = seat.claim(breaker, now) {
                let receiver = Arc::clone(name);
                orders.push(Order::Claim {
                    worker,
                    receiver,
                    search,
                });
            }
        }
    }

    pub(super) fn write_down(&mut self, now: Moment, orders: &mut Vec<Order>) {
        orders.append(&mut self.followed);
        if !self.settling && !self.done.is_empty() && now >= self.settle_at {
            self.settling = true;
            let some = self.done.len().min(MOST_SETTLED);
            let leases = self.done.drain(..some).collect();
            orders.push(Order::Settle { leases });
        }
        if now >= self.write_at {
            let room = MOST_WRITTEN.saturating_sub(self.writing);
            let some = self.unwritten.len().min(room);
            for (leased, next) in self.unwritten.drain(..some) {
                self.writing += 1;
                orders.push(Order::Write { leased, next });
            }
        }
    }

    pub(super) fn finish(&mut self, now: Moment, orders: &mut Vec<Order>) {
        let Some(until) = self.drain_until else {
            return;
        };
        let idle = self.held.is_empty() && self.done.is_empty() && !self.settling;
        let settled = idle && self.unwritten.is_empty() && self.writing == 0;
        let claiming = self.seats.values().any(|seat| seat.claiming.is_some());
        if now >= until || (settled && !claiming && !self.standing.is_arriving()) {
            self.finished = true;
            orders.push(Order::Finish);
        }
    }
}
