//! The same without a transaction of the caller's.

use std::slice::{from_mut, from_ref};

use super::Stored;
use super::unsaved::Unsaved;
use crate::error::Result;
use crate::store::Dialect;
use crate::transaction::Db;

/// Each of these is a transaction of its own; what it does and how it fails is said at the method of the same name on
/// [`Tx`](crate::Tx).
impl<DB: Dialect> Db<DB> {
    /// [`Tx::save`](crate::Tx::save) in a transaction of its own.
    ///
    /// # Errors
    ///
    /// As there, and those of the transaction.
    ///
    /// # Cancel safety
    ///
    /// As for [`atomic`](Self::atomic).
    pub async fn save<M: Stored<DB>>(&self, instance: &mut M) -> Result<()> {
        let unsaved = Unsaved::of(from_ref(instance));
        let result = self.atomic(async |tx| tx.save(instance).await).await;
        unsaved.unless_written(from_mut(instance), result)
    }

    /// [`Tx::insert`](crate::Tx::insert) in a transaction of its own.
    ///
    /// # Errors
    ///
    /// As there, and those of the transaction.
    ///
    /// # Cancel safety
    ///
    /// As for [`atomic`](Self::atomic).
    pub async fn insert<M: Stored<DB>>(&self, instance: &mut M) -> Result<()> {
        let unsaved = Unsaved::of(from_ref(instance));
        let result = self.atomic(async |tx| tx.insert(instance).await).await;
        unsaved.unless_written(from_mut(instance), result)
    }

    /// [`Tx::update`](crate::Tx::update) in a transaction of its own.
    ///
    /// # Errors
    ///
    /// As there, and those of the transaction.
    ///
    /// # Cancel safety
    ///
    /// As for [`atomic`](Self::atomic).
    pub async fn update<M: Stored<DB>>(&self, instance: &mut M) -> Result<()> {
        self.atomic(async |tx| tx.update(instance).await).await
    }

    /// [`Tx::delete`](crate::Tx::delete) in a transaction of its own.
    ///
    /// # Errors
    ///
    /// As there, and those of the transaction.
    ///
    /// # Cancel safety
    ///
    /// As for [`atomic`](Self::atomic).
    pub async fn delete<M: Stored<DB>>(&self, instance: &M) -> Result<bool> {
        self.atomic(async |tx| tx.delete(instance).await).await
    }

    /// [`Tx::get`](crate::Tx::get) in a read-only transaction of its own.
    ///
    /// # Errors
    ///
    /// As there, and those of the transaction.
    ///
    /// # Cancel safety
    ///
    /// As for [`atomic`](Self::atomic).
    pub async fn get<M: Stored<DB>>(&self, id: &M::Id) -> Result<M> {
        let read = crate::Options::new().read_only();
        self.with(read).atomic(async |tx| tx.get(id).await).await
    }

    /// [`Tx::save_many`](crate::Tx::save_many) in a transaction of its own.
    ///
    /// # Errors
    ///
    /// As there, and those of the transaction.
    ///
    /// # Cancel safety
    ///
    /// As for [`atomic`](Self::atomic).
    pub async fn save_many<M: Stored<DB>>(&self, instances: &mut [M]) -> Result<()> {
        let unsaved = Unsaved::of(instances);
        let result = self.atomic(async |tx| tx.save_many(instances).await).await;
        unsaved.unless_written(instances, result)
    }

    /// [`Tx::delete_many`](crate::Tx::delete_many) in a transaction of its own.
    ///
    /// # Errors
    ///
    /// As there, and those of the transaction.
    ///
    /// # Cancel safety
    ///
    /// As for [`atomic`](Self::atomic).
    pub async fn delete_many<M: Stored<DB>>(&self, ids: &[M::Id]) -> Result<u64> {
        self.atomic(async |tx| tx.delete_many::<M>(ids).await).await
    }
}
