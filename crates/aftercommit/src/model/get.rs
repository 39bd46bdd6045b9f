//! One row is read by its id.

use super::row::{Columns, Values};
use super::write::{id_unset, row_missing};
use super::{Model, Stored};
use crate::error::{Error, Kind, Result};
use crate::store::{Dialect, Query};
use crate::transaction::Tx;

impl<DB: Dialect> Tx<DB> {
    /// The row of an id.
    ///
    /// # Errors
    ///
    /// `ROW_MISSING` if there is none; a column that does not fit its field.
    ///
    /// # Cancel safety
    ///
    /// Safe.
    pub async fn get<M: Stored<DB>>(&mut self, id: &M::Id) -> Result<M> {
        self.find(id).await?.ok_or_else(|| row_missing::<M>(id))
    }

    /// The row of an id, if there is one.
    ///
    /// # Errors
    ///
    /// A column that does not fit its field. `ID_ZERO` for a row whose id stands for "not saved yet".
    ///
    /// # Cancel safety
    ///
    /// Safe.
    pub async fn find<M: Stored<DB>>(&mut self, id: &M::Id) -> Result<Option<M>> {
        let query = by_id::<DB, M>(DB::rows().get, id)?;
        self.load_first(query).await
    }

    /// Reads the row again, and locks it against others until the transaction ends, where the database can.
    pub(super) async fn find_for_update<M: Stored<DB>>(&mut self, id: &M::Id) -> Result<Option<M>> {
        let query = by_id::<DB, M>(DB::rows().lock, id)?;
        self.load_first(query).await
    }

    /// The same, as it came.
    pub(super) async fn lock_row<M: Stored<DB>>(&mut self, id: &M::Id) -> Result<Option<DB::Row>> {
        let query = by_id::<DB, M>(DB::rows().lock, id)?;
        Ok(self.write(query).await?.1)
    }

    /// Reads the row again, over what `instance` says. Skipped fields become their default.
    ///
    /// # Errors
    ///
    /// `ROW_MISSING` if it is gone, `ID_UNSET` if it was never saved.
    ///
    /// # Cancel safety
    ///
    /// Safe: `instance` is as it was.
    pub async fn refresh<M: Stored<DB>>(&mut self, instance: &mut M) -> Result<()> {
        if instance.is_unset() {
            return Err(id_unset::<M>());
        }
        *instance = self.get(instance.id()).await?;
        Ok(())
    }

    async fn load_first<M: Stored<DB>>(&mut self, query: Query<DB>) -> Result<Option<M>> {
        let Some(row) = self.write(query).await?.1 else {
            return Ok(None);
        };
        let instance = M::load(&Columns(&row))?;
        if instance.is_unset() {
            let table = M::TABLE.name;
            return Err(Error::new(Kind::IdZero { table }));
        }
        Ok(Some(instance))
    }
}

/// A statement on all columns of the row of an id.
pub(super) fn by_id<DB: Dialect, M: Stored<DB>>(template: &str, id: &M::Id) -> Result<Query<DB>> {
    let mut values = Values::<DB>::new();
    M::bind_id(id, &mut values)?;
    let all = <M as Model>::TABLE.all();
    Ok(Query::new(
        Tx::<DB>::statements::<M>().one(template, &all),
        values.into_arguments(),
    ))
}
