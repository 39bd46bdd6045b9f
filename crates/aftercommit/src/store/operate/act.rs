//! What an operator does. Each verb is a transaction, in which the rows that it is about are locked first.

use std::borrow::Cow;
use std::time::Duration;

use crate::effect::EffectId;
use crate::error::Result;
use crate::store::outbox::{Move, Values, ids, micros};
use crate::store::{Dialect, Outbox, Session, Value, one};

/// The effect that something was done about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) receiver: String,
    pub(crate) key: Option<String>,
    version: i64,
}

impl<DB: Dialect> Outbox<DB> {
    /// Makes a dead letter or a waiting effect pending. `None`: it is neither.
    pub(crate) async fn retry(&self, id: EffectId) -> Result<Option<Touched>> {
        let mut session = Session::begin(self).await?;
        let answer = self.retry_in(&mut session, id).await;
        session.end(answer).await
    }

    async fn retry_in(&self, session: &mut Session<DB>, id: EffectId) -> Result<Option<Touched>> {
        let picked = [Value::Id(id.as_uuid())];
        if let Some(dead) = self.dead(session, id).await? {
            self.carry(session, &picked, &back_from_the_dead::<DB>())
                .await?;
            return Ok(Some(dead));
        }
        let waiting = self.waiting(session, id).await?;
        if waiting.is_some() {
            let sql = DB::operate();
            let way = Move {
                copy: sql.retry_waiting,
                remove: sql.remove_waiting,
            };
            self.carry(session, &picked, &way).await?;
        }
        Ok(waiting)
    }

    /// Makes the next dead letters of a receiver pending, and says how many, and which was the last.
    pub(crate) async fn retry_some(
        &self,
        receiver: &str,
        after: EffectId,
        limit: i64,
    ) -> Result<Option<(u64, EffectId)>> {
        let values = [
            ("receiver", one(Value::Text(receiver.to_owned()))),
            ("after", one(Value::Id(after.as_uuid()))),
            ("limit", one(Value::Int(limit))),
        ];
        let mut session = Session::begin(self).await?;
        let answer = async {
            let picked = session
                .run(self.query(DB::operate().pick_retry, &values)?)
                .await?;
            let picked = ids::<DB>(&picked)?;
            let Some(Value::Id(last)) = picked.last() else {
                return Ok(None);
            };
            let way = back_from_the_dead::<DB>();
            let moved = self.carry(&mut session, &picked, &way).await?;
            Ok(Some((moved as u64, EffectId::from(*last))))
        };
        let answer = answer.await;
        session.end(answer).await
    }

    /// Removes a dead letter or a waiting effect. `None`: it is neither.
    pub(crate) async fn discard(&self, id: EffectId) -> Result<Option<Touched>> {
        let mut session = Session::begin(self).await?;
        let answer = async {
            let values = [("ids", one(Value::Id(id.as_uuid())))];
            if let Some(dead) = self.dead(&mut session, id).await? {
                session
                    .run(self.query(DB::operate().remove_dead, &values)?)
                    .await?;
                return Ok(Some(dead));
            }
            let waiting = self.waiting(&mut session, id).await?;
            if waiting.is_some() {
                session
                    .run(self.query(DB::operate().remove_waiting, &values)?)
                    .await?;
            }
            Ok(waiting)
        };
        let answer = answer.await;
        session.end(answer).await
    }

    /// Takes its key's turn from a dead letter. `None`: it is none.
    pub(crate) async fn skip(&self, id: EffectId) -> Result<Option<Touched>> {
        let mut session = Session::begin(self).await?;
        let answer = async {
            let dead = self.dead(&mut session, id).await?;
            if dead.is_some() {
                let values = [("id", one(Value::Id(id.as_uuid())))];
                session
                    .run(self.query(DB::operate().skip, &values)?)
                    .await?;
            }
            Ok(dead)
        };
        let answer = answer.await;
        session.end(answer).await
    }

    /// Gives a dead letter another payload, and another version if one is given. `None`: it is none.
    pub(crate) async fn edit(
        &self,
        id: EffectId,
        payload: String,
        version: Option<u32>,
    ) -> Result<Option<Touched>> {
        let mut session = Session::begin(self).await?;
        let answer = async {
            let dead = self.dead(&mut session, id).await?;
            if let Some(dead) = &dead {
                let version = version.map_or(dead.version, i64::from);
                let values = [
                    ("id", one(Value::Id(id.as_uuid()))),
                    ("payload", one(Value::Text(payload))),
                    ("version", one(Value::Int(version))),
                ];
                session
                    .run(self.query(DB::operate().edit, &values)?)
                    .await?;
            }
            Ok(dead)
        };
        let answer = answer.await;
        session.end(answer).await
    }

    pub(crate) async fn pause(&self, receiver: &str) -> Result<()> {
        let values = [("receiver", one(Value::Text(receiver.to_owned())))];
        self.run(DB::operate().pause, &values).await.map(drop)
    }

    pub(crate) async fn resume(&self, receiver: &str) -> Result<()> {
        let values = [("receiver", one(Value::Text(receiver.to_owned())))];
        self.run(DB::operate().resume, &values).await.map(drop)
    }

    /// Removes some dead letters that are older than this, and says how many.
    pub(crate) async fn prune(&self, age: Duration, blocking: bool, limit: i64) -> Result<u64> {
        let values = [
            ("age", one(Value::Int(micros(age)))),
            ("blocks", one(Value::Int(blocking.into()))),
            ("limit", one(Value::Int(limit))),
        ];
        let mut session = Session::begin(self).await?;
        let answer = async {
            let picked = session
                .run(self.query(DB::operate().pick_prune, &values)?)
                .await?;
            let picked = ids::<DB>(&picked)?;
            if picked.is_empty() {
                return Ok(0);
            }
            let values = [("ids", Cow::Owned(picked))];
            let removed = session
                .run(self.query(DB::operate().remove_dead, &values)?)
                .await?;
            Ok(removed.affected)
        };
        let answer = answer.await;
        session.end(answer).await
    }

    async fn dead(&self, session: &mut Session<DB>, id: EffectId) -> Result<Option<Touched>> {
        self.locked(session, DB::operate().pick_dead, id).await
    }

    async fn waiting(&self, session: &mut Session<DB>, id: EffectId) -> Result<Option<Touched>> {
        self.locked(session, DB::operate().pick_waiting, id).await
    }

    /// Waits for whoever is moving the effect. `None`: it is not in this table, or not any more.
    async fn locked(
        &self,
        session: &mut Session<DB>,
        pick: &str,
        id: EffectId,
    ) -> Result<Option<Touched>> {
        let values: &Values<'_> = &[("id", one(Value::Id(id.as_uuid())))];
        let picked = session.run(self.query(pick, values)?).await?;
        let touched = |row: &DB::Row| -> Result<Touched, sqlx::Error> {
            Ok(Touched {
                receiver: DB::text(row, 1)?.unwrap_or_default(),
                key: DB::text(row, 2)?,
                version: DB::int(row, 3)?.unwrap_or_default(),
            })
        };
        Ok(picked.rows.first().map(touched).transpose()?)
    }
}

fn back_from_the_dead<DB: Dialect>() -> Move {
    let sql = DB::operate();
    Move {
        copy: sql.retry_dead,
        remove: sql.remove_dead,
    }
}
