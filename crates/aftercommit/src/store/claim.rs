//! Taking effects that nobody has: those without a key by their age, and of each key the one whose turn it is.

use std::borrow::Cow;
use std::sync::Arc;

use super::outbox::ids;
use super::session::Answer;
use super::uniques::names_of;
use super::{Dialect, Outbox, Session, Value, one};
use crate::delivery::{Found, Lease, Leased, Search, Walk};
use crate::error::{Error, Result};

/// The keys that one walk looks at, at least: many may be in other hands.
const STEPS: usize = 100;

/// The column of a claim's unique key, where taking does not answer with the rows.
const UNIQUE_KEY: usize = 13;

/// What a walk over keys has found.
#[derive(Default)]
struct Heads {
    /// First effects whose turn it is.
    free: Vec<Value>,
    blocked: Vec<String>,
    walk: Walk,
}

/// How the first effect of a key stands: the numbers of `effect_heads.sql`.
const FREE: i64 = 0;
const BLOCKED: i64 = 3;

impl<DB: Dialect> Outbox<DB> {
    /// Takes effects of a receiver that nobody has. With them comes the trouble that there was after some had been taken.
    pub(crate) async fn claim(
        &self,
        worker: i64,
        receiver: &Arc<str>,
        search: &Search,
    ) -> Result<(Found, Option<Error>)> {
        if let Some(lock) = DB::effects().lock {
            let found = self.lock_and_take(lock, worker, receiver, search).await?;
            return Ok((found, None));
        }
        let mut found = Found::default();
        for keyed in [search.keyed_first, !search.keyed_first] {
            let room = search.limit - found.taken.len();
            if room == 0 {
                break;
            }
            let taken = match keyed {
                true => self.take_heads(worker, receiver, search, &mut found).await,
                false => self.take_free(worker, receiver, search, &mut found).await,
            };
            match taken {
                Err(error) if !found.taken.is_empty() => return Ok((found, Some(error))),
                taken => taken?,
            }
        }
        Ok((found, None))
    }

    async fn take_free(
        &self,
        worker: i64,
        receiver: &Arc<str>,
        search: &Search,
        found: &mut Found,
    ) -> Result<()> {
        let room = search.limit - found.taken.len();
        let values = looking(worker, receiver, search, room);
        let answer = self.run(DB::effects().claim, &values).await?;
        found
            .taken
            .extend(leased::<DB>(&answer, worker, receiver, 0)?);
        Ok(())
    }

    async fn take_heads(
        &self,
        worker: i64,
        receiver: &Arc<str>,
        search: &Search,
        found: &mut Found,
    ) -> Result<()> {
        let room = search.limit - found.taken.len();
        let walk = self
            .run(DB::effects().heads, &walking(receiver, search))
            .await?;
        let heads = heads::<DB>(&walk, search, room)?;
        if !heads.free.is_empty() {
            let values = taking(worker, heads.free);
            let answer = self.run(DB::effects().take, &values).await?;
            found
                .taken
                .extend(leased::<DB>(&answer, worker, receiver, 0)?);
        }
        (found.blocked, found.walk) = (heads.blocked, heads.walk);
        Ok(())
    }

    /// Where taking does not answer with the rows. First effects of keys are looked for without locks: a locking read would
    /// see keys whose first effect is just being taken elsewhere.
    async fn lock_and_take(
        &self,
        lock: &'static str,
        worker: i64,
        receiver: &Arc<str>,
        search: &Search,
    ) -> Result<Found> {
        let sql = DB::effects();
        let mut session = Session::begin(self).await?;
        let mut named = Vec::new();
        let found = async {
            let mut found = Found::default();
            let mut candidates = Vec::new();
            for keyed in [search.keyed_first, !search.keyed_first] {
                let room = search.limit - candidates.len();
                if room == 0 {
                    break;
                }
                if keyed {
                    let walk = self.query(sql.heads, &walking(receiver, search))?;
                    let heads = heads::<DB>(&session.run(walk).await?, search, room)?;
                    candidates.extend(heads.free);
                    (found.blocked, found.walk) = (heads.blocked, heads.walk);
                } else {
                    let look = self.query(sql.claim, &looking(worker, receiver, search, room))?;
                    candidates.extend(ids::<DB>(&session.run(look).await?)?);
                }
            }
            if candidates.is_empty() {
                return Ok(found);
            }
            let lock = self.query(lock, &[("ids", Cow::Owned(candidates))])?;
            let locked = session.run(lock).await?;
            found.taken = leased::<DB>(&locked, worker, receiver, 1)?;
            if !found.taken.is_empty() {
                for piece in ids::<DB>(&locked)?.chunks(sql.at_once) {
                    let take = self.query(sql.take, &taking(worker, piece.to_vec()))?;
                    session.run(take).await?;
                }
                named = names_of::<DB>(&locked, [1, UNIQUE_KEY])?;
            }
            Ok(found)
        };
        let found = found.await;
        let found = session.end(found).await?;
        // Claimed they are in any case. A name that is not freed leads to an effect that a sender sees is claimed.
        let _: Result<()> = self.free_names(named, false).await;
        Ok(found)
    }
}

type Named = (&'static str, Cow<'static, [Value]>);

fn looking(worker: i64, receiver: &str, search: &Search, room: usize) -> [Named; 4] {
    [
        ("worker", one(Value::Int(worker))),
        ("receiver", one(Value::Text(receiver.to_owned()))),
        ("low", one(Value::Id(search.low.as_uuid()))),
        ("limit", one(int(room))),
    ]
}

fn walking(receiver: &str, search: &Search) -> [Named; 3] {
    [
        ("receiver", one(Value::Text(receiver.to_owned()))),
        ("key", one(Value::Text(search.key.clone()))),
        ("steps", one(int(steps(search)))),
    ]
}

fn taking(worker: i64, ids: Vec<Value>) -> [Named; 2] {
    [
        ("worker", one(Value::Int(worker))),
        ("ids", Cow::Owned(ids)),
    ]
}

fn steps(search: &Search) -> usize {
    search.limit.saturating_mul(2).max(STEPS)
}

fn int(number: usize) -> Value {
    Value::Int(number.try_into().unwrap_or(i64::MAX))
}

/// Reads a walk: as many free ones as there is room for.
fn heads<DB: Dialect>(answer: &Answer<DB>, search: &Search, room: usize) -> Result<Heads> {
    let mut heads = Heads::default();
    for row in &answer.rows {
        let key = DB::text(row, 1)?.unwrap_or_default();
        match DB::int(row, 2)? {
            Some(FREE) if heads.free.len() == room => {
                heads.walk = Walk::UpTo(key);
                return Ok(heads);
            }
            Some(FREE) => heads.free.push(Value::Id(DB::uuid(row, 0)?)),
            Some(BLOCKED) => heads.blocked.push(key.clone()),
            _ => {}
        }
        heads.walk = Walk::UpTo(key);
    }
    if answer.rows.len() < steps(search) {
        heads.walk = Walk::Ended;
    }
    Ok(heads)
}

/// The effects of an answer; its fencing numbers are `behind` those that were given.
fn leased<DB: Dialect>(
    answer: &Answer<DB>,
    worker: i64,
    receiver: &Arc<str>,
    behind: i64,
) -> Result<Vec<Leased>> {
    let one = |row: &DB::Row| -> Result<Leased, sqlx::Error> {
        let count = |at| Ok::<_, sqlx::Error>(DB::int(row, at)?.unwrap_or_default());
        let small = |at| Ok::<_, sqlx::Error>(u32::try_from(count(at)?).unwrap_or(u32::MAX));
        Ok(Leased {
            lease: Lease {
                id: DB::uuid(row, 0)?.into(),
                owner: worker,
                fence: count(8)? + behind,
            },
            receiver: Arc::clone(receiver),
            key: DB::text(row, 2)?,
            version: small(4)?,
            payload: DB::text(row, 5)?.unwrap_or_default(),
            headers: DB::text(row, 6)?,
            created_at: count(7)?,
            failures: small(9)?,
            starts: small(10)?,
            rescues: small(11)?,
            history: DB::text(row, 12)?,
        })
    };
    let mut leased = answer.rows.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    // RETURNING answers in any order.
    leased.sort_by_key(|leased| leased.lease.id);
    Ok(leased)
}
