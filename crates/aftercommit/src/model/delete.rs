//! One row goes.

use super::get::by_id;
use super::write::id_unset;
use super::{Deleted, Deleting, Stored};
use crate::error::Result;
use crate::store::Dialect;
use crate::transaction::Tx;

impl<DB: Dialect> Tx<DB> {
    /// Deletes a row, and says whether it was there.
    ///
    /// Sends [`Deleting`] before and [`Deleted`] after, also if the row was gone already.
    ///
    /// # Errors
    ///
    /// Those of the receivers and of the statement, which mark the block as for [`save`](Self::save). `ID_UNSET` if the
    /// row was never saved.
    ///
    /// # Cancel safety
    ///
    /// As for [`save`](Self::save).
    pub async fn delete<M: Stored<DB>>(&mut self, instance: &M) -> Result<bool> {
        if instance.is_unset() {
            return Err(id_unset::<M>());
        }
        let mut block = self.enter_joined().await?;
        let result = block.delete_row(instance).await;
        block.leave(result).await
    }

    async fn delete_row<M: Stored<DB>>(&mut self, instance: &M) -> Result<bool> {
        if self.hears::<Deleting<M>>() {
            self.send(Deleting::new(instance.clone())).await?;
        }
        let query = by_id::<DB, M>(DB::rows().delete, instance.id())?;
        let result = self.write(query).await?.0;
        let found = result.as_ref().map_or(0, DB::affected) > 0;
        if self.hears::<Deleted<M>>() {
            let instance = instance.clone();
            self.send(Deleted { instance, found }).await?;
        }
        Ok(found)
    }
}
