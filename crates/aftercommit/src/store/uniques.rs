//! Unique keys, where they have a table of their own: a name leads to the effect that is pending under it.
//!
//! A transaction that sends takes the name first and its effect second. The worker has an effect before it frees the name, so it
//! frees only names that nobody has: nobody waits for a worker that waits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::outbox::ids;
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
    pub(crate) pick: &'static str,
    pub(crate) free: &'static str,
    pub(crate) prune_pick: &'static str,
    pub(crate) prune: &'static str,
}

impl UniqueSql {
    /// The name of a statement, for who looks from outside.
    pub(super) fn name(&self, statement: &str) -> &'static str {
        let named = [
            (self.pick, "unique_pick"),
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

/// Effects by receiver: their ids and their unique keys.
pub(super) type Names = BTreeMap<String, (Vec<Value>, Vec<Value>)>;

/// The names of the effects of an answer, whose first column is the id. Empty where they have no table.
pub(super) fn names_of<DB: Dialect>(
    answer: &Answer<DB>,
    [receiver, unique_key]: [usize; 2],
) -> Result<Names> {
    let mut names = Names::new();
    if DB::effects().unique.is_none() {
        return Ok(names);
    }
    for row in &answer.rows {
        if let Some(unique_key) = DB::text(row, unique_key)? {
            let receiver = DB::text(row, receiver)?.unwrap_or_default();
            let (ids, keys) = names.entry(receiver).or_default();
            ids.push(Value::Id(DB::uuid(row, 0)?));
            keys.push(Value::Text(unique_key));
        }
    }
    Ok(names)
}

impl<DB: Dialect> Outbox<DB> {
    /// Frees the names of effects that are claimed or moved.
    pub(super) async fn free_names(&self, session: &mut Session<DB>, names: Names) -> Result<()> {
        let Some(sql) = &DB::effects().unique else {
            return Ok(());
        };
        for (receiver, (effects, keys)) in names {
            let receiver = one(Value::Text(receiver));
            let values = [
                ("receiver", receiver.clone()),
                ("ids", Cow::Owned(effects)),
                ("keys", Cow::Owned(keys)),
            ];
            let picked = session.run(self.query(sql.pick, &values)?).await?;
            let keys = picked.rows.iter().map(|row| DB::text(row, 1));
            let keys = keys.collect::<Result<Vec<_>, _>>()?;
            let keys: Vec<Value> = keys.into_iter().flatten().map(Value::Text).collect();
            if keys.is_empty() {
                continue;
            }
            let values = [
                ("receiver", receiver),
                ("ids", Cow::Owned(ids::<DB>(&picked)?)),
                ("keys", Cow::Owned(keys)),
            ];
            session.run(self.query(sql.free, &values)?).await?;
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
