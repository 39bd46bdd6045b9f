//! One row is written.

use std::borrow::Cow;
use std::slice::{from_mut, from_ref};

use either::Either;

use super::row::{Columns, Values};
use super::table::Statements;
use super::unsaved::Unsaved;
use super::{Model, Saved, Saving, Stored};
use crate::error::{Error, Kind, Result};
use crate::store::{Dialect, Query};
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
    /// UPDATE, and INSERT if there was nothing to update.
    Either,
}

impl<DB: Dialect> Tx<DB> {
    /// Writes a row: a new one if it has no id yet, or if its table has no row with that id; otherwise over it.
    ///
    /// Sends [`Saving`] before and [`Saved`] after. The id and what else the database gave are then in `instance`. A save
    /// that fails takes the id back. One that was done keeps it when the block rolls back later, and saving `instance` again
    /// would look for that row: save a clone in a block that may be tried again.
    ///
    /// # Errors
    ///
    /// Those of the receivers and of the statement. The block is then marked, as by a failed statement: it commits only
    /// if a nested [`atomic`](Self::atomic) was around the save.
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
        let result = block.carry_out(instance, &plan).await;
        let result = block.leave(result).await;
        unsaved.unless_written(from_mut(instance), result)
    }

    async fn carry_out<M: Stored<DB>>(&mut self, instance: &mut M, plan: &Plan<'_>) -> Result<()> {
        let only = || {
            let only = plan.only?.iter();
            Some(
                only.map(|name| Cow::from((*name).to_owned()))
                    .collect::<Vec<_>>(),
            )
        };
        if self.hears::<Saving<M>>() {
            let saving = Saving {
                instance: instance.clone(),
                only: only(),
            };
            self.send(saving).await?;
        }
        let old = match plan.how {
            How::Insert => None,
            _ if M::TABLE.keep_old => self.find_for_update::<M>(instance.id()).await?,
            _ => None,
        };
        let created = match plan.how {
            How::Insert => self.insert_row(instance).await.map(|()| true)?,
            how => match (self.update_row(instance, &plan.updated).await?, how) {
                (true, _) => false,
                (false, How::Either) => self.insert_row(instance).await.map(|()| true)?,
                (false, _) => return Err(row_missing::<M>(instance.id())),
            },
        };
        if self.hears::<Saved<M>>() {
            let written = match created {
                true => M::TABLE.all(),
                false => plan.updated.clone(),
            };
            let differs = |column: &usize| {
                old.as_ref()
                    .is_none_or(|old| instance.differs(old, *column))
            };
            let changed: Vec<usize> = written.into_iter().filter(differs).collect();
            let saved = Saved {
                instance: instance.clone(),
                created,
                only: only(),
                changed: M::TABLE
                    .names(&changed)
                    .into_iter()
                    .map(Cow::from)
                    .collect(),
                old,
            };
            self.send(saved).await?;
        }
        Ok(())
    }

    async fn insert_row<M: Stored<DB>>(&mut self, instance: &mut M) -> Result<()> {
        let table = M::TABLE;
        let columns = table.inserted(!(table.id_generated && instance.is_unset()));
        let mut read = table.read_back(true);
        read.insert(0, table.id);
        let mut values = Values::<DB>::new();
        for &column in columns.iter().filter(|column| table.is_bound(**column)) {
            instance.bind(column, &mut values)?;
        }
        let sql = Self::statements::<M>().insert(&columns, &read, 1);
        let (result, row) = self.write(Query::new(sql, values.0)).await?;
        if let Some(row) = row {
            return read_into(instance, &read, &Columns(&row));
        }
        if instance.is_unset() {
            let number = result.as_ref().and_then(DB::first_id).unwrap_or_default();
            let id = M::id_from_number(number).ok_or_else(|| id_does_not_fit::<M>(number))?;
            instance.set_id(id);
        }
        self.read_back(instance, &table.read_back(true)).await
    }

    /// `false`: there was no row to update.
    pub(super) async fn update_row<M: Stored<DB>>(
        &mut self,
        instance: &mut M,
        columns: &[usize],
    ) -> Result<bool> {
        let table = M::TABLE;
        let mut read = table.read_back(false);
        if columns.is_empty() {
            return Ok(self.find_for_update::<M>(instance.id()).await?.is_some());
        }
        read.insert(0, table.id);
        let mut values = Values::<DB>::new();
        for &column in columns.iter().filter(|column| table.is_bound(**column)) {
            instance.bind(column, &mut values)?;
        }
        M::bind_id(instance.id(), &mut values)?;
        let sql = Self::statements::<M>().update(columns, &read);
        let (result, row) = self.write(Query::new(sql, values.0)).await?;
        if let Some(row) = row {
            read_into(instance, &read, &Columns(&row))?;
            return Ok(true);
        }
        if DB::rows().answers || result.as_ref().map_or(0, DB::affected) == 0 {
            return Ok(false);
        }
        self.read_back(instance, &read[1..]).await?;
        Ok(true)
    }

    /// Where a write does not answer with columns: asks for them.
    async fn read_back<M: Stored<DB>>(
        &mut self,
        instance: &mut M,
        columns: &[usize],
    ) -> Result<()> {
        if columns.is_empty() {
            return Ok(());
        }
        let sql = Self::statements::<M>().one(DB::rows().get, columns);
        let mut values = Values::<DB>::new();
        M::bind_id(instance.id(), &mut values)?;
        match self.write(Query::new(sql, values.0)).await?.1 {
            Some(row) => read_into(instance, columns, &Columns(&row)),
            None => Err(row_missing::<M>(instance.id())),
        }
    }

    pub(super) fn statements<M: Model>() -> Statements<'static> {
        Statements {
            table: M::TABLE,
            sql: DB::rows(),
        }
    }

    /// Runs a statement to its end: what it did, and the first row of its answer.
    pub(super) async fn write(
        &mut self,
        query: Query<DB>,
    ) -> Result<(Option<DB::QueryResult>, Option<DB::Row>)> {
        let (mut result, mut row) = (None, None);
        self.run_statement(query, |item| match item {
            Either::Left(ended) => result = Some(ended),
            Either::Right(next) => row = row.take().or(Some(next)),
        })
        .await?;
        Ok((result, row))
    }
}

fn read_into<DB: Dialect, M: Stored<DB>>(
    instance: &mut M,
    columns: &[usize],
    row: &Columns<'_, DB>,
) -> Result<()> {
    for (at, &column) in columns.iter().enumerate() {
        instance.read(column, row, at)?;
    }
    Ok(())
}

pub(super) fn row_missing<M: Model>(id: &M::Id) -> Error {
    Error::new(Kind::RowMissing {
        table: M::TABLE.name,
        // A key that the program gives may be a secret, such as the token of a session.
        id: M::TABLE.id_generated.then(|| format!("{id:?}")),
    })
}

pub(super) fn id_unset<M: Model>() -> Error {
    Error::new(Kind::IdUnset {
        table: M::TABLE.name,
    })
}

pub(super) fn id_does_not_fit<M: Model>(number: u64) -> Error {
    Error::new(Kind::IdDoesNotFit {
        table: M::TABLE.name,
        id: std::any::type_name::<M::Id>(),
        number,
    })
}
