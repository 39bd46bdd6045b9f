//! Follows a model by effects.

use std::fmt::Display;

use aftercommit::effect::durable;
use aftercommit::model::Model;
use aftercommit::signal::{during, with_state};
use aftercommit::{
    Deleted, DeletedMany, Delivery, Dialect, Outcome, Result, Saved, SavedMany, Signals, Tx,
};

use crate::document::DocumentChanged;
use crate::indexed::Indexed;

impl<M: Model<Id: Display>> Indexed<M> {
    /// Follows the model by effects: what is committed is in the index sooner or later, also after a crash, and what is rolled
    /// back never is.
    ///
    /// In the transaction the document is written down as it is then: the fields of the index, and nothing else of the row. A
    /// [`Worker`](aftercommit::Worker) of the process that has the index open puts it there. Changes of one document are made
    /// in the order of their commits, also where saving and deleting meet; a change that is made twice is made once. Up to
    /// 100 changes of different documents are one commit of the index.
    ///
    /// # When not
    ///
    /// Where the next search must find it: [`after_commit`](Self::after_commit) waits for the index, and this does not.
    ///
    /// # After a change of the fields
    ///
    /// Changes that were written down with other fields are dead letters, and later ones of the same document stand behind
    /// them: put the rows again, and discard them.
    ///
    /// # Panics
    ///
    /// If the index is connected already.
    #[track_caller]
    pub fn durable<DB: Dialect>(&self, signals: Signals<DB>) -> Signals<DB> {
        let (name, index) = (|| self.receiver(), self.definition().name);
        let follow = durable(name(), with_state(self.clone(), follow))
            .key(DocumentChanged::<M>::key)
            .filter(move |changed| changed.is_for(index));
        signals
            .with(during(name(), with_state(self.clone(), saved)))
            .with(during(name(), with_state(self.clone(), deleted)))
            .with(during(name(), with_state(self.clone(), saved_many)))
            .with(during(name(), with_state(self.clone(), deleted_many)))
            .with(follow)
    }
}

async fn saved<DB: Dialect, M: Model<Id: Display>>(
    index: &Indexed<M>,
    tx: &mut Tx<DB>,
    saved: &Saved<M>,
) -> Result<()> {
    write_down(
        index,
        tx,
        index.changes(std::slice::from_ref(&saved.instance)),
    )
    .await
}

async fn deleted<DB: Dialect, M: Model<Id: Display>>(
    index: &Indexed<M>,
    tx: &mut Tx<DB>,
    deleted: &Deleted<M>,
) -> Result<()> {
    let id = std::slice::from_ref(deleted.instance.id());
    write_down(index, tx, Indexed::<M>::removals(id)).await
}

async fn saved_many<DB: Dialect, M: Model<Id: Display>>(
    index: &Indexed<M>,
    tx: &mut Tx<DB>,
    saved: &SavedMany<M>,
) -> Result<()> {
    write_down(index, tx, index.changes(&saved.instances)).await
}

async fn deleted_many<DB: Dialect, M: Model<Id: Display>>(
    index: &Indexed<M>,
    tx: &mut Tx<DB>,
    deleted: &DeletedMany<M>,
) -> Result<()> {
    write_down(index, tx, Indexed::<M>::removals(&deleted.ids)).await
}

/// One effect for each document, so that each has its own turn.
async fn write_down<DB: Dialect, M: Model<Id: Display>>(
    index: &Indexed<M>,
    tx: &mut Tx<DB>,
    changes: Vec<crate::Change>,
) -> Result<()> {
    for change in changes {
        if let Some(changed) = DocumentChanged::<M>::new(index.definition(), change) {
            tx.send(changed).await?;
        }
    }
    Ok(())
}

async fn follow<M: Model<Id: Display>>(
    index: &Indexed<M>,
    changed: Vec<Delivery<DocumentChanged<M>>>,
) -> Result<Vec<Outcome>> {
    let (mut changes, mut outcomes) = (Vec::new(), Vec::with_capacity(changed.len()));
    for changed in &changed {
        match changed.change(index.definition()) {
            Ok(change) => {
                changes.push(change);
                outcomes.push(Outcome::Done);
            }
            Err(why) => outcomes.push(Outcome::discard(why)),
        }
    }
    index.apply(changes, std::panic::Location::caller()).await?;
    Ok(outcomes)
}
