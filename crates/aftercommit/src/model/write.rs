//! The statements that write one row.

use either::Either;

use super::row::{Columns, Values};
use super::table::Statements;
use super::void::GivenId;
use super::{Model, Stored};
use crate::error::{Error, Kind, Result};
use crate::store::{Conflict, Dialect, Query};
use crate::transaction::Tx;

/// What stays free of a packet for the rest of a statement.
const RESERVE: usize = 1_024;

/// What a parameter takes beside its value: its type, its place in the bitmap of nulls, and its place in the text.
const PER_PARAMETER: usize = 8;

impl<DB: Dialect> Tx<DB> {
    /// Inserts a row, with the id that it has or with one that the database gives.
    pub(super) async fn insert_row<M: Stored<DB>>(
        &mut self,
        instance: &mut M,
        with_id: bool,
    ) -> Result<()> {
        let table = M::TABLE.name;
        if with_id || !(DB::rows().reuses_ids && self.db().void_ids(|void| void.any(table))) {
            return self.insert_one(instance, with_id, None).await.map(drop);
        }
        // The database may give an id that a row carries which was rolled back.
        let mut block = self.begin().await?;
        let result = block.insert_one(instance, false, None).await;
        let id = instance.id_number().unwrap_or_default();
        let free = block.db().void_ids(|void| void.next_free(table, id));
        if result.is_err() || free == id {
            return block.leave(result).await.map(drop);
        }
        block.rollback();
        instance.set_id(M::id_from_number(free).ok_or_else(|| id_does_not_fit::<M>(free))?);
        self.insert_one(instance, true, None).await?;
        self.remember_id(instance);
        Ok(())
    }

    /// Where an UPDATE that finds no row locks the gap that the row belongs into: inserts the row unless it is there, which
    /// locks it alone. The answer is whether it was inserted.
    pub(super) async fn insert_if_gaps_are_locked<M: Stored<DB>>(
        &mut self,
        instance: &mut M,
    ) -> Result<bool> {
        match &DB::rows().conflict {
            // A row that has an id of the database's is nearly always there.
            Some(conflict) if !M::TABLE.id_generated => {
                self.insert_one(instance, true, Some(conflict)).await
            }
            _ => Ok(false),
        }
    }

    /// `false`: the row is there already, which is asked for with `conflict`.
    async fn insert_one<M: Stored<DB>>(
        &mut self,
        instance: &mut M,
        with_id: bool,
        conflict: Option<&Conflict>,
    ) -> Result<bool> {
        let table = M::TABLE;
        let columns = table.inserted(with_id, |column| instance.leaves(column));
        let computed = table.read_back(true);
        let mut read = Vec::new();
        if self.inserts_answer() {
            read.push(table.id);
            read.extend(&computed);
        }
        self.check_length(instance, &columns)?;
        let mut values = Values::<DB>::new();
        bind(instance, &columns, &mut values)?;
        let sql = Self::statements::<M>().insert(&columns, 1, conflict, &read);
        let query = Query::new(sql, values.into_arguments());
        let Some((result, rows)) = self.run_insert(query, conflict).await? else {
            return Ok(false);
        };
        let written = written::<DB>(&result, &rows, !read.is_empty());
        if written == 0 {
            return Err(row_not_written::<M>(1, 0));
        }
        if let Some(row) = rows.first() {
            read_into(instance, &read, |_| true, &Columns(row))?;
        } else {
            if !with_id {
                let number = result.as_ref().and_then(DB::first_id).unwrap_or_default();
                instance.set_id(numbered::<M>(number)?);
            }
            self.read_back(instance, &computed, None).await?;
        }
        if !with_id {
            if instance.is_unset() {
                return Err(id_unknown::<M>());
            }
            self.remember_id(instance);
        }
        Ok(true)
    }

    /// Runs an INSERT to its end. `None`: a row is there already, which is asked for with `conflict`.
    pub(super) async fn run_insert(
        &mut self,
        query: Query<DB>,
        conflict: Option<&Conflict>,
    ) -> Result<Option<(Option<DB::QueryResult>, Vec<DB::Row>)>> {
        let (mut result, mut rows) = (None, Vec::new());
        let each = |item| match item {
            Either::Left(ended) => result = Some(ended),
            Either::Right(row) => rows.push(row),
        };
        let there = |error: &sqlx::Error| {
            let code = error.as_database_error().and_then(|error| error.code());
            conflict.is_some_and(|conflict| code.as_deref() == Some(conflict.code))
        };
        let ran = self.run_statement_unless(query, there, each).await?;
        Ok(ran.then_some((result, rows)))
    }

    /// Updates a row. `row` becomes what the table has then, which may be more than was written, or less exact.
    ///
    /// `false`: there was no row to update.
    pub(super) async fn update_row<M: Stored<DB>>(
        &mut self,
        instance: &mut M,
        columns: &[usize],
        row: Option<&mut M>,
    ) -> Result<bool> {
        let table = M::TABLE;
        let computed = table.read_back(false);
        if columns.is_empty() {
            let there = self.find_for_update::<M>(instance.id()).await?.is_some();
            if there {
                self.read_back(instance, &computed, row).await?;
            }
            return Ok(there);
        }
        self.check_length(instance, columns)?;
        let mut values = Values::<DB>::new();
        bind(instance, columns, &mut values)?;
        M::bind_id(instance.id(), &mut values)?;
        let read = match row {
            Some(_) => table.all(),
            None => std::iter::once(table.id)
                .chain(computed.iter().copied())
                .collect(),
        };
        let sql = Self::statements::<M>().update(columns, &read);
        let query = Query::new(sql, values.into_arguments());
        let (result, answer) = self.write(query).await?;
        if !DB::rows().answers {
            let found = result.as_ref().map_or(0, DB::affected) > 0;
            if found {
                self.read_back(instance, &computed, row).await?;
            }
            return Ok(found);
        }
        let Some(answer) = answer else {
            return Ok(false);
        };
        let answer = Columns(&answer);
        let own = |column| column == table.id || computed.contains(&column);
        read_into(instance, &read, own, &answer)?;
        if let Some(row) = row {
            read_into(row, &read, |_| true, &answer)?;
        }
        Ok(true)
    }

    /// Asks for columns of a row, where a write does not answer with them.
    async fn read_back<M: Stored<DB>>(
        &mut self,
        instance: &mut M,
        computed: &[usize],
        row: Option<&mut M>,
    ) -> Result<()> {
        let all = M::TABLE.all();
        let columns = if row.is_some() { &all } else { computed };
        if columns.is_empty() {
            return Ok(());
        }
        let sql = Self::statements::<M>().one(DB::rows().get, columns);
        let mut values = Values::<DB>::new();
        M::bind_id(instance.id(), &mut values)?;
        let query = Query::new(sql, values.into_arguments());
        let Some(answer) = self.write(query).await?.1 else {
            return Err(row_missing::<M>(instance.id()));
        };
        let answer = Columns(&answer);
        read_into(
            instance,
            columns,
            |column| computed.contains(&column),
            &answer,
        )?;
        if let Some(row) = row {
            read_into(row, columns, |_| true, &answer)?;
        }
        Ok(())
    }

    pub(super) fn statements<M: Model>() -> Statements<'static> {
        Statements {
            table: M::TABLE,
            sql: DB::rows(),
        }
    }

    pub(super) fn inserts_answer(&self) -> bool {
        DB::rows().answers || self.server().returning
    }

    /// An id that this transaction gave is void if it rolls back.
    pub(super) fn remember_id<M: Model>(&mut self, instance: &M) {
        if let Some(id) = instance.id_number() {
            let table = M::TABLE.name;
            self.given_ids.push(GivenId { table, id });
        }
    }

    /// The bytes that the values of a statement may have, where the server closes the connection at more.
    pub(super) fn budget(&self) -> Option<usize> {
        self.server()
            .packet
            .map(|packet| packet.saturating_sub(RESERVE))
    }

    /// How many bytes of a statement a row takes, where that is limited.
    pub(super) fn length<M: Stored<DB>>(&self, instance: &M, columns: &[usize]) -> Result<usize> {
        let Some(limit) = self.budget() else {
            return Ok(0);
        };
        let mut values = Values::<DB>::measure();
        bind(instance, columns, &mut values)?;
        let bytes = values.bytes() + columns.len() * PER_PARAMETER;
        if bytes > limit {
            let table = M::TABLE.name;
            return Err(Error::new(Kind::RowTooLong {
                table,
                bytes,
                limit,
            }));
        }
        Ok(bytes)
    }

    fn check_length<M: Stored<DB>>(&self, instance: &M, columns: &[usize]) -> Result<()> {
        self.length(instance, columns).map(drop)
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

/// How many rows an INSERT wrote.
pub(super) fn written<DB: Dialect>(
    result: &Option<DB::QueryResult>,
    rows: &[DB::Row],
    answers: bool,
) -> usize {
    match answers {
        true => rows.len(),
        false => result
            .as_ref()
            .map_or(0, |result| DB::affected(result) as usize),
    }
}

/// Adds the values of those columns that travel as parameters.
pub(super) fn bind<DB: Dialect, M: Stored<DB>>(
    instance: &M,
    columns: &[usize],
    values: &mut Values<DB>,
) -> Result<()> {
    let mut bound = columns.iter().filter(|column| M::TABLE.is_bound(**column));
    bound.try_for_each(|&column| instance.bind(column, values))
}

/// Reads those columns of an answer that are wanted into their fields.
pub(super) fn read_into<DB: Dialect, M: Stored<DB>>(
    instance: &mut M,
    columns: &[usize],
    wanted: impl Fn(usize) -> bool,
    row: &Columns<'_, DB>,
) -> Result<()> {
    let mut answered = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| wanted(**column));
    answered.try_for_each(|(at, &column)| instance.read(column, row, at))
}

/// The id for a number that the database told beside the rows; it tells 0 for none.
fn numbered<M: Model>(number: u64) -> Result<M::Id> {
    match number {
        0 => Err(id_unknown::<M>()),
        _ => M::id_from_number(number).ok_or_else(|| id_does_not_fit::<M>(number)),
    }
}

pub(super) fn row_missing<M: Model>(id: &M::Id) -> Error {
    Error::new(Kind::RowMissing {
        table: M::TABLE.name,
        // A key that the program gives may be a secret, such as the token of a session.
        id: M::TABLE.id_generated.then(|| format!("{id:?}")),
    })
}

pub(super) fn row_not_written<M: Model>(rows: usize, written: usize) -> Error {
    Error::new(Kind::RowNotWritten {
        table: M::TABLE.name,
        rows,
        written,
    })
}

pub(super) fn id_unset<M: Model>() -> Error {
    Error::new(Kind::IdUnset {
        table: M::TABLE.name,
    })
}

fn id_unknown<M: Model>() -> Error {
    Error::new(Kind::IdUnknown {
        table: M::TABLE.name,
    })
}

fn id_does_not_fit<M: Model>(number: u64) -> Error {
    Error::new(Kind::IdDoesNotFit {
        table: M::TABLE.name,
        id: std::any::type_name::<M::Id>(),
        number,
    })
}
