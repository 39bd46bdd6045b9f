//! Many rows at once.

use std::collections::HashSet;

use either::Either;

use super::row::{Columns, Values};
use super::save::id_does_not_fit;
use super::unsaved::Unsaved;
use super::{DeletedMany, Model, SavedMany, Stored};
use crate::error::Result;
use crate::store::{Dialect, Query};
use crate::transaction::Tx;

impl<DB: Dialect> Tx<DB> {
    /// Writes many rows: those without a row in the table by multi-row inserts, the others one by one over theirs.
    ///
    /// Sends one [`SavedMany`] for all, and nothing for none. The ids that the database gave are then in `instances`
    /// (and stay there as for [`save`](Self::save)); other columns that it computes are not read back: [`refresh`](Self::refresh) what is needed.
    ///
    /// # Errors
    ///
    /// Those of the receivers and of the statements, which mark the block as for [`save`](Self::save).
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
            let query = of_ids::<DB, M>(DB::rows().delete_many, some.iter())?;
            found += self.write(query).await?.0.as_ref().map_or(0, DB::affected);
        }
        if self.hears::<DeletedMany<M>>() {
            let ids = ids.to_vec();
            self.send(DeletedMany::<M> { ids, found }).await?;
        }
        Ok(found)
    }

    async fn carry_out_many<M: Stored<DB>>(&mut self, instances: &mut [M]) -> Result<()> {
        let present = self.present(instances).await?;
        let is_new = |instance: &M| instance.is_unset() || !present.contains(instance.id());
        let created: Vec<bool> = instances.iter().map(is_new).collect();
        let updated = M::TABLE.updated(None)?;
        for (instance, _) in instances.iter_mut().zip(&created).filter(|(_, new)| !**new) {
            self.update_row(instance, &updated).await?;
        }
        // Those with an id of their own name it; the others leave it to the database.
        let unset: Vec<bool> = instances.iter().map(Model::is_unset).collect();
        for with_id in [false, true] {
            let mut new: Vec<&mut M> = instances
                .iter_mut()
                .zip(created.iter().zip(&unset))
                .filter(|(_, (new, unset))| **new && **unset != with_id)
                .map(|(instance, _)| instance)
                .collect();
            self.insert_rows(&mut new, with_id).await?;
        }
        if self.hears::<SavedMany<M>>() {
            let instances = instances.to_vec();
            self.send(SavedMany { instances, created }).await?;
        }
        Ok(())
    }

    /// Which of the instances have a row; locked until the transaction ends, where the database can.
    async fn present<M: Stored<DB>>(&mut self, instances: &[M]) -> Result<HashSet<M::Id>> {
        let saved = instances.iter().filter(|instance| !instance.is_unset());
        let ids: Vec<&M::Id> = saved.map(Model::id).collect();
        let mut present = HashSet::with_capacity(ids.len());
        for some in ids.chunks(DB::rows().most_parameters) {
            let query = of_ids::<DB, M>(DB::rows().present, some.iter().copied())?;
            let mut rows = Vec::new();
            self.run_statement(query, |item| rows.extend(item.right()))
                .await?;
            for row in &rows {
                present.insert(M::load_id(&Columns(row))?);
            }
        }
        Ok(present)
    }

    async fn insert_rows<M: Stored<DB>>(
        &mut self,
        new: &mut [&mut M],
        with_id: bool,
    ) -> Result<()> {
        let table = M::TABLE;
        let columns = table.inserted(with_id);
        let bound: Vec<usize> = columns
            .iter()
            .copied()
            .filter(|column| table.is_bound(*column))
            .collect();
        // A row without columns has no multi-row form.
        let most = match columns.is_empty() {
            true => 1,
            false => (DB::rows().most_parameters / bound.len().max(1)).max(1),
        };
        for rows in new.chunks_mut(most) {
            let mut values = Values::<DB>::new();
            for row in rows.iter() {
                for &column in &bound {
                    row.bind(column, &mut values)?;
                }
            }
            let sql = Self::statements::<M>().insert(&columns, &[table.id], rows.len());
            let (mut ids, mut ended) = (Vec::with_capacity(rows.len()), None);
            self.run_statement(Query::new(sql, values.0), |item| match item {
                Either::Right(row) => ids.push(row),
                Either::Left(result) => ended = Some(result),
            })
            .await?;
            if with_id {
                continue;
            }
            let first = ended.as_ref().and_then(DB::first_id).unwrap_or_default();
            let step = self.server().id_step;
            // RETURNING answers in the order of VALUES on both databases that have it.
            for (index, row) in rows.iter_mut().enumerate() {
                let id = match ids.get(index) {
                    Some(answer) => M::load_id(&Columns(answer))?,
                    None => {
                        let number = first + index as u64 * step;
                        M::id_from_number(number).ok_or_else(|| id_does_not_fit::<M>(number))?
                    }
                };
                row.set_id(id);
            }
        }
        Ok(())
    }
}

/// A statement on the rows of many ids.
fn of_ids<'i, DB: Dialect, M: Stored<DB>>(
    template: &str,
    ids: impl ExactSizeIterator<Item = &'i M::Id>,
) -> Result<Query<DB>> {
    let sql = Tx::<DB>::statements::<M>().many(template, ids.len());
    let mut values = Values::<DB>::new();
    for id in ids {
        M::bind_id(id, &mut values)?;
    }
    Ok(Query::new(sql, values.0).once())
}
