//! Many rows at once.

use std::collections::HashSet;

use super::row::{Columns, Values};
use super::unsaved::Unsaved;
use super::{DeletedMany, SavedMany, Stored};
use crate::error::Result;
use crate::store::{Dialect, Query};
use crate::transaction::Tx;

impl<DB: Dialect> Tx<DB> {
    /// Writes many rows: those without a row in the table by multi-row inserts, the others one by one over theirs.
    ///
    /// Sends one [`SavedMany`] for all, and nothing for none. The ids that the database gave are then in `instances`
    /// (and stay there as for [`save`](Self::save)); other columns that it computes are not read back: [`refresh`](Self::refresh) what is needed.
    /// MySQL, and MariaDB before 10.5, tell the id of one row only, so rows without an id are inserted one by one there.
    ///
    /// # Errors
    ///
    /// Those of the receivers and of the statements, which mark the block as for [`save`](Self::save). `ROW_NOT_WRITTEN` if
    /// the database wrote fewer rows than it was given.
    ///
    /// # Cancel safety
    ///
    /// As for [`save`](Self::save).
    pub async fn save_many<M: Stored<DB>>(&mut self, instances: &mut [M]) -> Result<()> {
        if instances.is_empty() {
            return Ok(());
        }
        let unsaved = Unsaved::of(instances);
        let mut block = self.enter_joined().await?;
        let result = block.carry_out_many(instances).await;
        let result = block.leave(result).await;
        unsaved.unless_written(instances, result)
    }

    /// Deletes the rows of these ids, and says how many there were.
    ///
    /// Sends one [`DeletedMany`] for all, and nothing for none.
    ///
    /// # Errors
    ///
    /// Those of the receivers and of the statements, which mark the block as for [`save`](Self::save).
    ///
    /// # Cancel safety
    ///
    /// As for [`save`](Self::save).
    pub async fn delete_many<M: Stored<DB>>(&mut self, ids: &[M::Id]) -> Result<u64> {
        if ids.is_empty() {
            return Ok(0);
        }
        let mut block = self.enter_joined().await?;
        let result = block.delete_rows::<M>(ids).await;
        block.leave(result).await
    }

    async fn delete_rows<M: Stored<DB>>(&mut self, ids: &[M::Id]) -> Result<u64> {
        let mut found = 0;
        for some in ids.chunks(DB::rows().most_parameters) {
            let query = of_ids::<DB, M>(DB::rows().delete_many, some)?;
            found += self.write(query).await?.0.as_ref().map_or(0, DB::affected);
        }
        if self.hears::<DeletedMany<M>>() {
            let ids = ids.to_vec();
            self.send(DeletedMany::<M> { ids, found }).await?;
        }
        Ok(found)
    }

    async fn carry_out_many<M: Stored<DB>>(&mut self, instances: &mut [M]) -> Result<()> {
        self.know_server().await?;
        let mut created = vec![true; instances.len()];
        let (mut without_id, mut with_id) = (Vec::new(), Vec::new());
        for (at, instance) in instances.iter().enumerate() {
            match instance.is_unset() || self.is_void(instance).await? {
                true => without_id.push(at),
                false => with_id.push(at),
            }
        }
        let new = self
            .update_present(instances, with_id, &mut created)
            .await?;
        self.insert_without_id(&mut chosen(instances, &without_id))
            .await?;
        if !self
            .insert_unless_there(&mut chosen(instances, &new))
            .await?
        {
            for at in new {
                created[at] = self.insert_or_update(&mut instances[at]).await?;
            }
        }
        if self.hears::<SavedMany<M>>() {
            let instances = instances.to_vec();
            self.send(SavedMany { instances, created }).await?;
        }
        Ok(())
    }

    /// Updates those of the instances that seem to be there. The answer is the others.
    ///
    /// Whether a row is there is for the database to say, which may compare ids in its own way; what is decided here is only
    /// what is tried first.
    async fn update_present<M: Stored<DB>>(
        &mut self,
        instances: &mut [M],
        with_id: Vec<usize>,
        created: &mut [bool],
    ) -> Result<Vec<usize>> {
        let updated = M::TABLE.updated(None)?;
        let mut new = Vec::new();
        // Reading rows that are not there locks gaps on some databases.
        let present = match DB::rows().conflict {
            Some(_) => None,
            None => Some(self.present(&chosen(instances, &with_id)).await?),
        };
        for at in with_id {
            let there = match &present {
                Some(present) => present.contains(instances[at].id()),
                None => M::TABLE.id_generated,
            };
            created[at] = !(there && self.update_row(&mut instances[at], &updated, None).await?);
            if created[at] {
                new.push(at);
            }
        }
        Ok(new)
    }

    /// Writes one row without its signals. The answer is whether it is new.
    async fn insert_or_update<M: Stored<DB>>(&mut self, instance: &mut M) -> Result<bool> {
        if self.insert_if_gaps_are_locked(instance).await? {
            return Ok(true);
        }
        let updated = M::TABLE.updated(None)?;
        if self.update_row(instance, &updated, None).await? {
            return Ok(false);
        }
        self.insert_row(instance, true).await?;
        Ok(true)
    }

    /// Which of the instances have a row; locked until the transaction ends, where the database can.
    async fn present<M: Stored<DB>>(&mut self, instances: &[&mut M]) -> Result<HashSet<M::Id>> {
        let ids: Vec<M::Id> = instances
            .iter()
            .map(|instance| instance.id().clone())
            .collect();
        let mut present = HashSet::with_capacity(ids.len());
        for some in ids.chunks(DB::rows().most_parameters) {
            let query = of_ids::<DB, M>(DB::rows().present, some)?;
            let mut rows = Vec::new();
            self.run_statement(query, |item| rows.extend(item.right()))
                .await?;
            for row in &rows {
                present.insert(M::load_id(&Columns(row))?);
            }
        }
        Ok(present)
    }
}

/// The instances at these places, which ascend.
fn chosen<'i, M>(instances: &'i mut [M], places: &[usize]) -> Vec<&'i mut M> {
    let mut places = places.iter().copied().peekable();
    let at_place = |(at, _): &(usize, &mut M)| places.next_if_eq(at).is_some();
    let chosen = instances.iter_mut().enumerate().filter(at_place);
    chosen.map(|(_, instance)| instance).collect()
}

/// A statement on the rows of many ids.
fn of_ids<DB: Dialect, M: Stored<DB>>(template: &str, ids: &[M::Id]) -> Result<Query<DB>> {
    let sql = Tx::<DB>::statements::<M>().many(template, ids.len());
    let mut values = Values::<DB>::new();
    for id in ids {
        M::bind_id(id, &mut values)?;
    }
    Ok(Query::new(sql, values.into_arguments()).once())
}
