//! Unique keys, where they have a table of their own: a name leads to the effect that is pending under it.
//!
//! A transaction that sends takes the name first and its effect second. The worker has the effect first, so it frees the name only
//! after its own transaction: while it waits for a name nobody waits for it. Until then the name leads to an effect that a
//! sender sees is claimed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use uuid::Uuid;

use super::session::Answer;
use super::{Dialect, Outbox, Session, Value, one};
use crate::error::Result;

/// The statements on names.
#[derive(Debug)]
pub struct UniqueSql {
    /// Takes names, each for the effect that is pending under it or for a new one.
    pub(crate) take: &'static str,
    pub(crate) row: &'static str,
    /// The id that a name leads to.
    pub(crate) id: &'static str,
    pub(crate) due: &'static str,
    pub(crate) gone: &'static str,
    pub(crate) free: &'static str,
    pub(crate) prune_pick: &'static str,
    pub(crate) prune: &'static str,
}

impl UniqueSql {
    /// The name of a statement, for who looks from outside.
    pub(super) fn name(&self, statement: &str) -> &'static str {
        let named = [
            (self.due, "unique_due"),
            (self.gone, "unique_gone"),
            (self.free, "unique_free"),
            (self.prune_pick, "unique_prune_pick"),
            (self.prune, "unique_prune"),
        ];
        let found = named
            .iter()
            .find(|(text, _)| std::ptr::eq(*text, statement));
        found.map_or("", |(_, name)| name)
    }
}

/// The receiver, the unique key and the id of an effect.
pub(super) type Name = (String, String, Uuid);

/// The names of the effects of an answer, whose first column is the id. Empty where they have no table.
pub(super) fn names_of<DB: Dialect>(
    answer: &Answer<DB>,
    [receiver, unique_key]: [usize; 2],
) -> Result<Vec<Name>> {
    let mut names = Vec::new();
    if DB::effects().unique.is_none() {
        return Ok(names);
    }
    for row in &answer.rows {
        if let Some(unique_key) = DB::text(row, unique_key)? {
            let receiver = DB::text(row, receiver)?.unwrap_or_default();
            names.push((receiver, unique_key, DB::uuid(row, 0)?));
        }
    }
    Ok(names)
}

impl<DB: Dialect> Outbox<DB> {
    /// Frees the names of effects that were claimed, or of those that were due `late` and have been moved.
    pub(super) async fn free_names(&self, names: Vec<Name>, late: bool) -> Result<()> {
        let Some(sql) = &DB::effects().unique else {
            return Ok(());
        };
        for (receiver, unique_key, id) in names {
            let values = [
                ("receiver", one(Value::Text(receiver))),
                ("key", one(Value::Text(unique_key))),
                ("late", one(Value::Int(late.into()))),
                ("id", one(Value::Id(id))),
            ];
            self.run(sql.free, &values).await?;
        }
        Ok(())
    }

    /// Frees the names of effects that are due, before they are moved.
    pub(super) async fn free_due_names(&self, limit: i64) -> Result<()> {
        let Some(sql) = &DB::effects().unique else {
            return Ok(());
        };
        let due = self
            .run(sql.due, &[("limit", one(Value::Int(limit)))])
            .await?;
        for name in names_of::<DB>(&due, [1, 2])? {
            let id = one(Value::Id(name.2));
            self.free_names(vec![name], true).await?;
            self.run(sql.gone, &[("id", id)]).await?;
        }
        Ok(())
    }

    /// Removes names that nobody has used for long.
    pub(super) async fn prune_names(&self, limit: i64) -> Result<()> {
        let Some(sql) = &DB::effects().unique else {
            return Ok(());
        };
        let mut session = Session::begin(self).await?;
        let pruned = async {
            let pick = self.query(sql.prune_pick, &[("limit", one(Value::Int(limit)))])?;
            let picked = session.run(pick).await?;
            let mut names = BTreeMap::<String, Vec<Value>>::new();
            for row in &picked.rows {
                let (receiver, key) = (DB::text(row, 0)?, DB::text(row, 1)?);
                let keys = names.entry(receiver.unwrap_or_default()).or_default();
                keys.extend(key.map(Value::Text));
            }
            for (receiver, keys) in names {
                let values = [
                    ("receiver", one(Value::Text(receiver))),
                    ("keys", Cow::Owned(keys)),
                ];
                session.run(self.query(sql.prune, &values)?).await?;
            }
            Ok(())
        };
        let pruned = pruned.await;
        session.end(pruned).await
    }
}
