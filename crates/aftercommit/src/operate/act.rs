//! The operator acts.

use std::time::Duration;

use super::{Operator, check_receiver, missing, told};
use crate::delivery::clean;
use crate::effect::{EffectId, check_text};
use crate::error::{Error, Kind, Result};
use crate::observe::Event;
use crate::store::{Dialect, Touched};

/// The most effects that are moved or removed in one transaction.
const BATCH: i64 = 500;

impl<DB: Dialect> Operator<DB> {
    /// Makes a dead letter, or an effect that waits for its time, pending now: as new, but with its history.
    ///
    /// It keeps its key and place, so those of its key that come after it go on waiting until it is settled. (One whose turn was
    /// [skipped](Self::skip) is delivered late, after some that came after it, and perhaps while one of them is.) Not for what is parked: retry what it is parked
    /// behind.
    ///
    /// # Errors
    ///
    /// `EFFECT_MISSING` if there is none of that id, `NOT_DEAD` if it is in another state; the text says in which, who has it, and
    /// what can be done. `SCHEMA_MISSING`, and those of the database; where it [is retryable](Error::is_retryable), nothing
    /// happened.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, it did happen or it did not, and nothing in between.
    pub async fn retry(&self, id: EffectId) -> Result<()> {
        let retried = told(self.outbox.retry(id).await)?;
        self.one("retried", id, None, retried).await.map(drop)
    }

    /// Makes all dead letters of a receiver pending, as [`retry`](Self::retry) does, and says how many. Those that die meanwhile are
    /// not among them.
    ///
    /// # Errors
    ///
    /// `BAD_NAME` for what can be no receiver; `SCHEMA_MISSING`, and those of the database. Then some may have been retried already.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, some are retried and the others are not.
    pub async fn retry_all(&self, receiver: &str) -> Result<u64> {
        check_receiver(receiver)?;
        let (mut all, mut after) = (0, EffectId::LOWEST);
        while let Some((some, last)) = told(self.outbox.retry_some(receiver, after, BATCH).await)? {
            self.many("retried", Some(receiver), some);
            all += some;
            after = last;
        }
        Ok(all)
    }

    /// Removes a dead letter, or an effect that waits for its time, for good. Its key goes on.
    ///
    /// The reason is in the [event](Event::Operated), and so in the log: it is all that remains.
    ///
    /// # Errors
    ///
    /// As for [`retry`](Self::retry).
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, it is gone or it is there. If it is gone, a running worker lets its key go on.
    pub async fn discard(&self, id: EffectId, reason: &str) -> Result<()> {
        let discarded = told(self.outbox.discard(id).await)?;
        let reason = clean(reason);
        let discarded = self.one("discarded", id, Some(&reason), discarded).await?;
        self.go_on(&discarded).await
    }

    /// Lets the key of a dead letter go on without it. The letter stays, and can be retried later or discarded. Skipping twice
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// `EFFECT_MISSING`, and `NOT_DEAD` if it is no dead letter; `SCHEMA_MISSING`, and those of the database.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, it is skipped or it is not. If it is, a running worker lets its key go on.
    pub async fn skip(&self, id: EffectId) -> Result<()> {
        let skipped = told(self.outbox.skip(id).await)?;
        let skipped = self.one("skipped", id, None, skipped).await?;
        self.go_on(&skipped).await
    }

    /// Gives a dead letter another payload, before it is retried: the JSON that its receiver reads.
    ///
    /// # Errors
    ///
    /// What a signal is refused for (`PAYLOAD_TOO_LARGE`, `PAYLOAD_TOO_DEEP`, `PAYLOAD_NUL`, `NUMBER_PRECISION`), and
    /// `PAYLOAD_NOT_JSON`. `EFFECT_MISSING`, and `NOT_DEAD` if it is no dead letter; `SCHEMA_MISSING`, and those of the database.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, it has the old payload or the new one.
    pub async fn edit(&self, id: EffectId, payload: &str) -> Result<()> {
        self.rewrite(id, payload, None).await
    }

    /// Gives a dead letter a payload of another [version](crate::effect::DurableReceiver::version): for those that a receiver with
    /// a newer form could not read.
    ///
    /// # Errors
    ///
    /// As for [`edit`](Self::edit).
    ///
    /// # Cancel safety
    ///
    /// As for [`edit`](Self::edit).
    pub async fn edit_as(&self, id: EffectId, payload: &str, version: u32) -> Result<()> {
        self.rewrite(id, payload, Some(version)).await
    }

    async fn rewrite(&self, id: EffectId, payload: &str, version: Option<u32>) -> Result<()> {
        if let Err(unfit) = check_text(payload) {
            let found = self.get(id).await?.ok_or_else(|| missing(id))?;
            return Err(Error::new(Kind::Payload {
                receiver: found.summary.receiver,
                unfit,
            }));
        }
        let edited = told(self.outbox.edit(id, payload.to_owned(), version).await)?;
        self.one("edited", id, None, edited).await.map(drop)
    }

    /// Stops the delivery of a receiver's effects, in all processes, until it is resumed. They are recorded as ever.
    ///
    /// Workers learn of it when they look for effects, once a second unless set. What is running then is finished. The receiver need
    /// not be known to this process.
    ///
    /// # Errors
    ///
    /// `BAD_NAME` for what can be no receiver; `SCHEMA_MISSING`, and those of the database.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, it is paused or it is not.
    pub async fn pause(&self, receiver: &str) -> Result<()> {
        check_receiver(receiver)?;
        told(self.outbox.pause(receiver).await)?;
        self.many("paused", Some(receiver), 0);
        Ok(())
    }

    /// Lets a receiver that was [paused](Self::pause) go on. One that was not is left as it is.
    ///
    /// # Errors
    ///
    /// As for [`pause`](Self::pause).
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, it is resumed or it is not.
    pub async fn resume(&self, receiver: &str) -> Result<()> {
        check_receiver(receiver)?;
        told(self.outbox.resume(receiver).await)?;
        self.many("resumed", Some(receiver), 0);
        Ok(())
    }

    /// Removes the dead letters that died longer ago than this, and says how many. Those that their key waits for stay.
    ///
    /// # Errors
    ///
    /// `SCHEMA_MISSING`, and those of the database. Then some may have been removed already.
    ///
    /// # Cancel safety
    ///
    /// Dropped half-way, some are removed and the others are not.
    pub async fn prune(&self, older_than: Duration) -> Result<u64> {
        self.prune_some(older_than, false).await
    }

    /// Like [`prune`](Self::prune), and also removes those that their key waits for. Those keys go on.
    ///
    /// # Errors
    ///
    /// As for [`prune`](Self::prune).
    ///
    /// # Cancel safety
    ///
    /// As for [`prune`](Self::prune); a running worker lets the keys go on.
    pub async fn prune_blocking(&self, older_than: Duration) -> Result<u64> {
        let pruned = self.prune_some(older_than, true).await?;
        while self.outbox.unpark_unblocked(BATCH).await? > 0 {}
        Ok(pruned)
    }

    async fn prune_some(&self, older_than: Duration, blocking: bool) -> Result<u64> {
        let mut all = 0;
        loop {
            let some = told(self.outbox.prune(older_than, blocking, BATCH).await)?;
            if some == 0 {
                return Ok(all);
            }
            self.many("pruned", None, some);
            all += some;
        }
    }

    /// Lets those go on that stood behind this one of their key.
    async fn go_on(&self, gone: &Touched) -> Result<()> {
        match &gone.key {
            Some(key) => self.unpark(&gone.receiver, key).await,
            None => Ok(()),
        }
    }

    async fn unpark(&self, receiver: &str, key: &str) -> Result<()> {
        while self.outbox.unpark(receiver, key, BATCH).await? as i64 >= BATCH {}
        Ok(())
    }

    /// Tells of an effect that was acted on, or says why it was not.
    async fn one(
        &self,
        verb: &'static str,
        effect: EffectId,
        reason: Option<&str>,
        touched: Option<Touched>,
    ) -> Result<Touched> {
        let Some(touched) = touched else {
            let found = self.get(effect).await?.ok_or_else(|| missing(effect))?;
            return Err(Error::new(Kind::NotDead {
                effect,
                verb,
                found: found.summary.status.way_out(),
            }));
        };
        self.tell(&Event::Operated {
            verb,
            receiver: Some(&touched.receiver),
            effect: Some(effect),
            effects: 1,
            reason,
        });
        Ok(touched)
    }

    fn many(&self, verb: &'static str, receiver: Option<&str>, effects: u64) {
        self.tell(&Event::Operated {
            verb,
            receiver,
            effect: None,
            effects,
            reason: None,
        });
    }
}
