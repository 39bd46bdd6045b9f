//! Connects an index to the signals of its model.

use std::fmt::Display;

use aftercommit::model::Model;
use aftercommit::signal::{after_commit, during, with_state};
use aftercommit::{Deleted, DeletedMany, Dialect, Result, Saved, SavedMany, Signals, guard};

use crate::indexed::Indexed;

const WHY: &str = "the naive processor is meant to show what goes wrong";

impl<M: Model<Id: Display>> Indexed<M> {
    /// Follows the model after each commit: what is rolled back is never in the index. The receivers are named
    /// `search index …`, with the index's name.
    ///
    /// A change that fails is reported as a hook that fails; the row is committed all the same.
    ///
    /// # Panics
    ///
    /// If the index is connected already.
    #[track_caller]
    pub fn after_commit<DB: Dialect>(&self, signals: Signals<DB>) -> Signals<DB> {
        let name = || self.receiver();
        signals
            .with(after_commit(name(), with_state(self.clone(), saved)))
            .with(after_commit(name(), with_state(self.clone(), deleted)))
            .with(after_commit(name(), with_state(self.clone(), saved_many)))
            .with(after_commit(name(), with_state(self.clone(), deleted_many)))
    }

    /// Follows the model inside the transaction: the mistake that this library is about. What is rolled back stays in the
    /// index. For tests, and for showing it.
    ///
    /// # Panics
    ///
    /// If the index is connected already.
    #[track_caller]
    pub fn during<DB: Dialect>(&self, signals: Signals<DB>) -> Signals<DB> {
        let name = || self.receiver();
        signals
            .with(during(name(), with_state(self.clone(), naively_saved)))
            .with(during(name(), with_state(self.clone(), naively_deleted)))
            .with(during(name(), with_state(self.clone(), naively_saved_many)))
            .with(during(
                name(),
                with_state(self.clone(), naively_deleted_many),
            ))
    }
}

async fn saved<M: Model<Id: Display>>(index: &Indexed<M>, saved: &Saved<M>) -> Result<()> {
    Ok(index.put(std::slice::from_ref(&saved.instance)).await?)
}

async fn deleted<M: Model<Id: Display>>(index: &Indexed<M>, deleted: &Deleted<M>) -> Result<()> {
    Ok(index
        .remove(std::slice::from_ref(deleted.instance.id()))
        .await?)
}

async fn saved_many<M: Model<Id: Display>>(index: &Indexed<M>, saved: &SavedMany<M>) -> Result<()> {
    Ok(index.put(&saved.instances).await?)
}

async fn deleted_many<M: Model<Id: Display>>(
    index: &Indexed<M>,
    deleted: &DeletedMany<M>,
) -> Result<()> {
    Ok(index.remove(&deleted.ids).await?)
}

async fn naively_saved<M: Model<Id: Display>>(index: &Indexed<M>, signal: &Saved<M>) -> Result<()> {
    guard::allow(WHY, saved(index, signal)).await
}

async fn naively_deleted<M: Model<Id: Display>>(
    index: &Indexed<M>,
    signal: &Deleted<M>,
) -> Result<()> {
    guard::allow(WHY, deleted(index, signal)).await
}

async fn naively_saved_many<M: Model<Id: Display>>(
    index: &Indexed<M>,
    signal: &SavedMany<M>,
) -> Result<()> {
    guard::allow(WHY, saved_many(index, signal)).await
}

async fn naively_deleted_many<M: Model<Id: Display>>(
    index: &Indexed<M>,
    signal: &DeletedMany<M>,
) -> Result<()> {
    guard::allow(WHY, deleted_many(index, signal)).await
}
