//! The verbs on effects. Each is one statement, or a transaction of a few.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use sqlx::Pool;

use super::session::Answer;
use super::uniques::names_of;
use super::{Dialect, Query, Session, Value, bound, one};
use crate::delivery::Lease;
use crate::error::{Error, Kind, Result};
use crate::transaction::Db;

/// The effects of a database.
pub(crate) struct Outbox<DB: Dialect> {
    pub(crate) db: Db<DB>,
    /// Where its statements run.
    pub(super) pool: Pool<DB>,
    pub(super) autocommit: OnceLock<bool>,
}

/// How many names are pruned at once.
const NAMES: i64 = 1_000;

pub(super) type Values<'v> = [(&'static str, Cow<'v, [Value]>)];

/// An effect is moved from one table to another with these: copied, and removed.
pub(super) struct Move {
    pub(super) copy: &'static str,
    pub(super) remove: &'static str,
}

impl<DB: Dialect> Outbox<DB> {
    /// Uses the connections of the application.
    pub(crate) fn new(db: Db<DB>) -> Self {
        let pool = db.pool().clone();
        Self::on(db, pool)
    }

    /// Uses these connections.
    pub(crate) fn on(db: Db<DB>, pool: Pool<DB>) -> Self {
        Self {
            db,
            pool,
            autocommit: OnceLock::new(),
        }
    }

    pub(super) fn query(&self, template: &str, values: &Values<'_>) -> Result<Query<DB>> {
        let mut query = bound(template, self.db.tables(), values)?;
        query.name = DB::effects().name(template);
        Ok(query)
    }

    pub(super) async fn run(&self, template: &str, values: &Values<'_>) -> Result<Answer<DB>> {
        let query = self.query(template, values)?;
        let mut session = Session::open(self).await?;
        let answer = session.run(query).await;
        session.end(answer).await
    }

    /// Which version the tables have; an error if they are not there.
    pub(crate) async fn schema_version(&self) -> Result<i64> {
        let answer = self.run(DB::effects().schema_version, &[]).await?;
        let row = answer.rows.first();
        Ok(row
            .map(|row| DB::int(row, 0))
            .transpose()?
            .flatten()
            .unwrap_or(0))
    }

    /// Microseconds since 1970, by the database's clock.
    pub(crate) async fn clock(&self) -> Result<i64> {
        let answer = self.run(DB::effects().clock, &[]).await?;
        let row = answer.rows.first();
        Ok(row
            .map(|row| DB::int(row, 0))
            .transpose()?
            .flatten()
            .unwrap_or(0))
    }

    /// Whether other connections than these would not reach the database.
    pub(crate) async fn has_one_session(&self) -> Result<bool> {
        let Some(sql) = DB::one_session() else {
            return Ok(false);
        };
        let answer = self.run(sql, &[]).await?;
        let row = answer.rows.first();
        Ok(row.map(|row| DB::int(row, 0)).transpose()?.flatten() == Some(1))
    }

    pub(crate) async fn register(&self, worker: i64, name: &str, lease: Duration) -> Result<()> {
        let values = [
            ("worker", one(Value::Int(worker))),
            ("name", one(Value::Text(name.to_owned()))),
            ("lease", one(Value::Int(micros(lease)))),
        ];
        self.run(DB::effects().register, &values).await.map(drop)
    }

    /// Says that the worker lives. `false`: it was taken for dead.
    pub(crate) async fn extend(&self, worker: i64) -> Result<bool> {
        let values = [("worker", one(Value::Int(worker)))];
        let answer = self.run(DB::effects().extend, &values).await?;
        Ok(answer.affected > 0)
    }

    pub(crate) async fn resign(&self, worker: i64) -> Result<()> {
        let values = [("worker", one(Value::Int(worker)))];
        self.run(DB::effects().resign, &values).await.map(drop)
    }

    /// Takes the leases of workers that have died, and says how many that were. `uncounted` is time without a heartbeat that
    /// says nothing of a worker.
    pub(crate) async fn rescue(&self, worker: i64, uncounted: Duration) -> Result<u64> {
        let sql = DB::effects();
        let began = Instant::now();
        let at = self.clock().await?;
        // Waiting for a connection says nothing of others, either.
        let uncounted = uncounted.saturating_add(began.elapsed());
        let values = [
            ("worker", one(Value::Int(worker))),
            ("at", one(Value::Int(at))),
            ("uncounted", one(Value::Int(micros(uncounted)))),
        ];
        self.run(sql.rescue_dead, &values).await?;
        self.prune_names(NAMES).await?;
        let owners = self.run(sql.rescue_pick, &[]).await?;
        let owners = owners.rows.iter().map(|row| DB::int(row, 0));
        let owners = owners.collect::<Result<Vec<_>, _>>()?;
        let owners: Vec<Value> = owners.into_iter().flatten().map(Value::Int).collect();
        if owners.is_empty() {
            return Ok(0);
        }
        let values = [("owners", Cow::Owned(owners))];
        Ok(self.run(sql.rescue, &values).await?.affected)
    }

    /// Notes that an effect is about to be started. `false`: its lease is lost.
    pub(crate) async fn start(&self, lease: Lease) -> Result<bool> {
        let answer = self.run(DB::effects().start, &of(lease)).await?;
        Ok(answer.affected > 0)
    }

    /// Removes delivered effects. How many leases were still held.
    pub(crate) async fn settle(&self, leases: &[Lease]) -> Result<u64> {
        self.with_leases(DB::effects().settle, leases).await
    }

    /// Runs a statement on effects whose leases are held. How many those were.
    async fn with_leases(&self, statement: &str, leases: &[Lease]) -> Result<u64> {
        let mut rest = leases.to_vec();
        rest.sort_by_key(|lease| (lease.owner, lease.fence, lease.id));
        let same = rest.chunk_by(|a, b| (a.owner, a.fence) == (b.owner, b.fence));
        let pieces: Vec<&[Lease]> = same
            .flat_map(|same| same.chunks(DB::effects().at_once))
            .collect();
        if let [one] = pieces.as_slice() {
            return Ok(self.run(statement, &settling(one)).await?.affected);
        }
        if DB::effects().at_once == 1 && !pieces.is_empty() {
            return self.with_pieces(statement, &pieces).await;
        }
        let mut held = 0;
        for same in pieces {
            held += self.run(statement, &settling(same)).await?.affected;
        }
        Ok(held)
    }

    /// In one transaction, which is one write to the disk.
    async fn with_pieces(&self, statement: &str, pieces: &[&[Lease]]) -> Result<u64> {
        let mut session = Session::begin(self).await?;
        let held = async {
            let mut held = 0;
            for piece in pieces {
                let query = self.query(statement, &settling(piece))?;
                held += session.run(query).await?.affected;
            }
            Ok(held)
        };
        let held = held.await;
        session.end(held).await
    }

    /// The statement that removes one delivered effect, for the transaction of its handler.
    pub(crate) fn settle_query(&self, lease: Lease) -> Result<Query<DB>> {
        self.query(DB::effects().settle, &settling(&[lease]))
    }

    /// Puts an effect off. `false`: its lease is lost.
    pub(crate) async fn wait(
        &self,
        lease: Lease,
        delay: Duration,
        failures: u32,
        history: Option<String>,
    ) -> Result<bool> {
        let mut values = of(lease).to_vec();
        values.push(("delay", one(Value::Int(micros(delay)))));
        values.push(("failures", one(Value::Int(failures.into()))));
        values.push(("history", one(history.map_or(Value::NoText, Value::Text))));
        self.leave(DB::effects().wait, lease, &values).await
    }

    /// Puts an effect among the dead letters. `false`: its lease is lost.
    pub(crate) async fn bury(
        &self,
        lease: Lease,
        why: String,
        failures: u32,
        history: Option<String>,
    ) -> Result<bool> {
        let mut values = of(lease).to_vec();
        values.push(("why", one(Value::Text(why))));
        values.push(("failures", one(Value::Int(failures.into()))));
        values.push(("history", one(history.map_or(Value::NoText, Value::Text))));
        self.leave(DB::effects().bury, lease, &values).await
    }

    async fn leave(&self, copy: &str, lease: Lease, values: &Values<'_>) -> Result<bool> {
        let mut session = Session::begin(self).await?;
        let left = async {
            let copied = session.run(self.query(copy, values)?).await?.affected;
            let removed = session.run(self.settle_query(lease)?).await?.affected;
            // Nothing of it is kept then.
            (copied > 0 && removed > 0)
                .then_some(())
                .ok_or_else(|| Error::new(Kind::LeaseLost))
        };
        let left = left.await;
        match session.end(left).await {
            Err(error) if error.code() == Some("LEASE_LOST") => Ok(false),
            left => left.map(|()| true),
        }
    }

    /// Gives leases back, for anybody to take.
    pub(crate) async fn release(&self, leases: &[Lease]) -> Result<u64> {
        self.with_leases(DB::effects().release, leases).await
    }

    /// Gives all leases back. How many that were.
    pub(crate) async fn release_all(&self, worker: i64) -> Result<u64> {
        let values = [("worker", one(Value::Int(worker)))];
        Ok(self.run(DB::effects().release_all, &values).await?.affected)
    }

    /// What the database says that the worker owns.
    pub(crate) async fn owned(&self, worker: i64) -> Result<Vec<Lease>> {
        let values = [("worker", one(Value::Int(worker)))];
        let answer = self.run(DB::effects().owned, &values).await?;
        let lease = |row: &DB::Row| {
            let (id, fence) = (DB::uuid(row, 0)?, DB::int(row, 1)?.unwrap_or_default());
            Ok(Lease {
                id: id.into(),
                owner: worker,
                fence,
            })
        };
        answer.rows.iter().map(lease).collect()
    }

    /// Gives back a lease that the worker did not know of. `false`: it is gone already.
    pub(crate) async fn disown(&self, lease: Lease) -> Result<bool> {
        Ok(self.run(DB::effects().disown, &of(lease)).await?.affected > 0)
    }

    /// What is due is to be delivered now.
    pub(crate) async fn promote(&self, limit: i64) -> Result<usize> {
        let sql = DB::effects();
        self.free_due_names(limit).await?;
        self.relocate(
            sql.promote_pick,
            &[("limit", one(Value::Int(limit)))],
            promotion::<DB>(),
        )
        .await
    }

    /// What stands behind a failure of its key is put out of the way.
    pub(crate) async fn park(&self, receiver: &str, key: &str, limit: i64) -> Result<usize> {
        let sql = DB::effects();
        let parking = Move {
            copy: sql.park,
            remove: sql.parked,
        };
        self.relocate(sql.park_pick, &of_key(receiver, key, limit), parking)
            .await
    }

    /// What stood behind a failure of a key is to be delivered.
    pub(crate) async fn unpark(&self, receiver: &str, key: &str, limit: i64) -> Result<usize> {
        let pick = DB::effects().unpark_pick;
        self.relocate(pick, &of_key(receiver, key, limit), promotion::<DB>())
            .await
    }

    /// The keys, with their receivers, of which something is parked that nothing blocks.
    async fn unblocked(&self, limit: i64) -> Result<Vec<(String, String)>> {
        let values = [("limit", one(Value::Int(limit)))];
        let answer = self.run(DB::effects().unblocked, &values).await?;
        let key = |row: &DB::Row| {
            let (receiver, key) = (DB::text(row, 0)?, DB::text(row, 1)?);
            Ok((receiver.unwrap_or_default(), key.unwrap_or_default()))
        };
        answer.rows.iter().map(key).collect()
    }

    /// What stood behind failures that are gone is to be delivered. How many keys that are.
    pub(crate) async fn unpark_unblocked(&self, limit: i64) -> Result<usize> {
        let unblocked = self.unblocked(limit).await?;
        let mut trouble = None;
        for (receiver, key) in &unblocked {
            // One that cannot be moved does not keep the others.
            let unparked = self.unpark(receiver, key, limit).await;
            trouble = trouble.or(unparked.err());
        }
        trouble.map_or(Ok(unblocked.len()), Err)
    }

    async fn relocate(&self, pick: &str, values: &Values<'_>, way: Move) -> Result<usize> {
        let mut session = Session::begin(self).await?;
        let moved = async {
            let picked = session.run(self.query(pick, values)?).await?;
            let (picked, named) = (ids::<DB>(&picked)?, names_of::<DB>(&picked, [1, 2])?);
            if picked.is_empty() {
                return Ok((0, named));
            }
            let moved = self.carry(&mut session, &picked, &way).await?;
            Ok((moved, named))
        };
        let moved = moved.await;
        let (moved, named) = session.end(moved).await?;
        self.free_names(named, false).await?;
        Ok(moved)
    }

    /// Nothing is removed that was not copied.
    pub(super) async fn carry(
        &self,
        session: &mut Session<DB>,
        picked: &[Value],
        way: &Move,
    ) -> Result<usize> {
        let values = [("ids", Cow::Borrowed(picked))];
        let copied = session.run(self.query(way.copy, &values)?).await?.affected;
        let mut removed = 0;
        for piece in picked.chunks(DB::effects().at_once) {
            let values = [("ids", Cow::Borrowed(piece))];
            let remove = self.query(way.remove, &values)?;
            removed += session.run(remove).await?.affected;
        }
        if copied == removed && removed == picked.len() as u64 {
            return Ok(picked.len());
        }
        Err(Error::new(Kind::Torn { copied, removed }))
    }

    /// The receivers that an operator has paused.
    pub(crate) async fn paused(&self) -> Result<Vec<String>> {
        let answer = self.run(DB::effects().paused, &[]).await?;
        let names = answer.rows.iter().map(|row| DB::text(row, 0));
        Ok(names
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect())
    }
}

fn promotion<DB: Dialect>() -> Move {
    Move {
        copy: DB::effects().promote,
        remove: DB::effects().promoted,
    }
}

fn of_key(receiver: &str, key: &str, limit: i64) -> [(&'static str, Cow<'static, [Value]>); 3] {
    [
        ("receiver", one(Value::Text(receiver.to_owned()))),
        ("key", one(Value::Text(key.to_owned()))),
        ("limit", one(Value::Int(limit))),
    ]
}

fn of(lease: Lease) -> [(&'static str, Cow<'static, [Value]>); 3] {
    [
        ("id", one(Value::Id(lease.id.as_uuid()))),
        ("worker", one(Value::Int(lease.owner))),
        ("fence", one(Value::Int(lease.fence))),
    ]
}

/// Leases of one owner and one fencing number.
fn settling(same: &[Lease]) -> [(&'static str, Cow<'static, [Value]>); 3] {
    let first = same.first();
    let ids = same.iter().map(|lease| Value::Id(lease.id.as_uuid()));
    [
        (
            "worker",
            one(Value::Int(first.map_or(0, |lease| lease.owner))),
        ),
        (
            "fence",
            one(Value::Int(first.map_or(0, |lease| lease.fence))),
        ),
        ("ids", Cow::Owned(ids.collect())),
    ]
}

pub(super) fn micros(time: Duration) -> i64 {
    time.as_micros().try_into().unwrap_or(i64::MAX / 4)
}

pub(super) fn ids<DB: Dialect>(answer: &Answer<DB>) -> Result<Vec<Value>> {
    let ids = answer
        .rows
        .iter()
        .map(|row| DB::uuid(row, 0).map(Value::Id));
    Ok(ids.collect::<Result<_, _>>()?)
}
