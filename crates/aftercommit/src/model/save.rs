//! One row is written.

use std::borrow::Cow;
use std::slice::{from_mut, from_ref};

use super::row::Columns;
use super::unsaved::Unsaved;
use super::write::{id_unset, read_into, row_missing, row_not_written};
use super::{Saved, Saving, Stored};
use crate::error::{Error, Kind, Result};
use crate::store::Dialect;
use crate::transaction::Tx;

/// What one save is about to do.
struct Plan<'p> {
    how: How,
    /// The columns of the UPDATE.
    updated: Vec<usize>,
    only: Option<&'p [&'p str]>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Insert,
    Update,
    /// UPDATE if the row is there, INSERT if not.
    Either,
}

impl<DB: Dialect> Tx<DB> {
    /// Writes a row: a new one if it has no id yet, or if its table has no row with that id; otherwise over it.
    ///
    /// Sends [`Saving`] before and [`Saved`] after. The id and what else the database gave are then in `instance`. A save
    /// that fails takes the id back. One that was done leaves it there when the block rolls back later; the id is then
    /// void, and saving `instance` again inserts it with a new one. The locks that a save takes are listed in the
    /// [module](crate::model#locks).
    ///
    /// # Errors
    ///
    /// Those of the receivers and of the statement. `ROW_NOT_WRITTEN` if a trigger dropped the row, `ID_UNKNOWN` if the
    /// database does not tell the id, `ROW_TOO_LONG` if the server would not read the statement, `ID_STALE` if the id is
    /// void and the table has a row with it that came from elsewhere. The block is then marked, as by a failed statement:
    /// it commits only if a nested [`atomic`](Self::atomic) was around the save.
    ///
    /// # Cancel safety
    ///
    /// As for [`join`](Self::join): the block is marked.
    pub async fn save<M: Stored<DB>>(&mut self, instance: &mut M) -> Result<()> {
        let how = if instance.is_unset() {
            How::Insert
        } else {
            How::Either
        };
        self.save_as(instance, how, None).await
    }

    /// Writes a new row.
    ///
    /// # Errors
    ///
    /// As for [`save`](Self::save); a row with that id is a unique violation.
    ///
    /// # Cancel safety
    ///
    /// As for [`save`](Self::save).
    pub async fn insert<M: Stored<DB>>(&mut self, instance: &mut M) -> Result<()> {
        self.save_as(instance, How::Insert, None).await
    }

    /// Writes over a row that is there.
    ///
    /// # Errors
    ///
    /// As for [`save`](Self::save); `ROW_MISSING` if there is none, `ID_UNSET` if the row was never saved.
    ///
    /// # Cancel safety
    ///
    /// As for [`save`](Self::save).
    pub async fn update<M: Stored<DB>>(&mut self, instance: &mut M) -> Result<()> {
        self.save_as(instance, How::Update, None).await
    }

    /// Writes some columns of a row that is there, by their names in the table. With none, nothing happens.
    ///
    /// What else `instance` says stays unsaved, and no receiver sees it: they get the row as the table has it.
    ///
    /// # Errors
    ///
    /// As for [`update`](Self::update); `UNKNOWN_COLUMN` for a name that is none or is not the program's to write.
    ///
    /// # Cancel safety
    ///
    /// As for [`save`](Self::save).
    pub async fn update_only<M: Stored<DB>>(
        &mut self,
        instance: &mut M,
        columns: &[&str],
    ) -> Result<()> {
        if columns.is_empty() {
            return Ok(());
        }
        self.save_as(instance, How::Update, Some(columns)).await
    }

    async fn save_as<M: Stored<DB>>(
        &mut self,
        instance: &mut M,
        how: How,
        only: Option<&[&str]>,
    ) -> Result<()> {
        if how == How::Update && instance.is_unset() {
            return Err(id_unset::<M>());
        }
        let plan = Plan {
            how,
            updated: M::TABLE.updated(only)?,
            only,
        };
        let unsaved = Unsaved::of(from_ref(instance));
        let mut block = self.enter_joined().await?;
        let result = block.carry_out(instance, plan).await;
        let result = block.leave(result).await;
        unsaved.unless_written(from_mut(instance), result)
    }

    async fn carry_out<M: Stored<DB>>(
        &mut self,
        instance: &mut M,
        mut plan: Plan<'_>,
    ) -> Result<()> {
        self.know_server().await?;
        let may_be_new = plan.how != How::Update;
        let without_id = instance.is_unset() || (may_be_new && self.is_void(instance).await?);
        let with_id = !without_id;
        if !with_id {
            plan.how = How::Insert;
        }
        let mut old = None;
        if self.hears::<Saving<M>>() {
            let mut saving = Saving {
                instance: instance.clone(),
                only: plan.only(),
            };
            // A block that is to be rolled back can read nothing, and its receivers hear of the attempt all the same.
            if plan.only.is_some() && !self.get_rollback() {
                old = self
                    .lay_over_the_row(&mut saving.instance, &plan.updated)
                    .await?;
            }
            self.send(saving).await?;
        }
        let created = match plan.how {
            How::Insert => self.insert_row(instance, with_id).await.map(|()| true)?,
            How::Update => false,
            How::Either => self.insert_if_gaps_are_locked(instance).await?,
        };
        if created {
            return self
                .tell(instance.clone(), None, M::TABLE.all(), plan, true)
                .await;
        }
        if M::TABLE.keep_old && old.is_none() {
            old = self.find_for_update::<M>(instance.id()).await?;
        }
        // The row as the table has it, where that is not what `instance` says.
        let mut row = (self.hears::<Saved<M>>() && (M::TABLE.keep_old || plan.only.is_some()))
            .then(|| instance.clone());
        if self
            .update_row(instance, &plan.updated, row.as_mut())
            .await?
        {
            let row = row.unwrap_or_else(|| instance.clone());
            let old = old.filter(|_| M::TABLE.keep_old);
            let updated = std::mem::take(&mut plan.updated);
            return self.tell(row, old, updated, plan, false).await;
        }
        if plan.how == How::Update {
            // A trigger may have dropped the change of a row that is there.
            return Err(match self.find_for_update::<M>(instance.id()).await? {
                Some(_) => row_not_written::<M>(1, 0),
                None => row_missing::<M>(instance.id()),
            });
        }
        self.insert_row(instance, true).await?;
        self.tell(instance.clone(), None, M::TABLE.all(), plan, true)
            .await
    }

    /// Sends what was written.
    async fn tell<M: Stored<DB>>(
        &mut self,
        instance: M,
        old: Option<M>,
        written: Vec<usize>,
        plan: Plan<'_>,
        created: bool,
    ) -> Result<()> {
        if !self.hears::<Saved<M>>() {
            return Ok(());
        }
        let differs = |column: &usize| {
            old.as_ref()
                .is_none_or(|old| instance.differs(old, *column))
        };
        let changed: Vec<usize> = written.into_iter().filter(differs).collect();
        let names = M::TABLE.names(&changed);
        let saved = Saved {
            instance,
            created,
            only: plan.only(),
            changed: names.into_iter().map(Cow::from).collect(),
            old,
        };
        self.send(saved).await
    }

    /// Makes of `instance` what the row will be when some of its columns are written; the answer is the row as it is.
    async fn lay_over_the_row<M: Stored<DB>>(
        &mut self,
        instance: &mut M,
        written: &[usize],
    ) -> Result<Option<M>> {
        // Without a row the receivers hear of the attempt all the same, and the UPDATE says that it is missing.
        let Some(row) = self.lock_row::<M>(instance.id()).await? else {
            return Ok(None);
        };
        let (all, row) = (M::TABLE.all(), Columns(&row));
        read_into(instance, &all, |column| !written.contains(&column), &row)?;
        M::load(&row).map(Some)
    }

    /// Whether the id was given in a block that was rolled back, so that it is not this row's.
    pub(super) async fn is_void<M: Stored<DB>>(&mut self, instance: &M) -> Result<bool> {
        let table = M::TABLE.name;
        let Some(id) = instance.id_number() else {
            return Ok(false);
        };
        if !M::TABLE.id_generated || !self.db().void_ids(|void| void.contains(table, id)) {
            return Ok(false);
        }
        match self.find::<M>(instance.id()).await? {
            None => Ok(true),
            // It was written past this library, and the two cannot be told apart.
            Some(_) => Err(Error::new(Kind::IdStale { table, id })),
        }
    }
}

impl Plan<'_> {
    fn only(&self) -> Option<Vec<Cow<'static, str>>> {
        let only = self.only?.iter();
        Some(only.map(|name| Cow::from((*name).to_owned())).collect())
    }
}
