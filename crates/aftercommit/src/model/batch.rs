//! Many rows are inserted at once.

use super::Stored;
use super::chunks::{most_rows, next_chunk};
use super::row::{Columns, Values};
use super::write::{bind, row_not_written, written};
use crate::error::{Error, Result};
use crate::store::{Conflict, Dialect, Query};
use crate::transaction::Tx;

impl<DB: Dialect> Tx<DB> {
    /// Inserts rows whose ids the database gives.
    pub(super) async fn insert_without_id<M: Stored<DB>>(
        &mut self,
        rows: &mut [&mut M],
    ) -> Result<()> {
        let table = M::TABLE.name;
        let void = DB::rows().reuses_ids && self.db().void_ids(|void| void.any(table));
        // Only an answer says which id is which row's: servers number the rows of one statement as they like.
        if void || !self.inserts_answer() {
            for row in rows {
                self.insert_row(&mut **row, false).await?;
            }
            return Ok(());
        }
        self.insert_rows(rows, false, None).await.map(drop)
    }

    /// Inserts rows that have ids, if none of them is there. `false`: nothing was done.
    pub(super) async fn insert_unless_there<M: Stored<DB>>(
        &mut self,
        rows: &mut [&mut M],
    ) -> Result<bool> {
        if rows.len() < 2 {
            return Ok(rows.is_empty());
        }
        // A statement that fails takes the chunks before it along, so that nothing is told twice.
        let mut block = self.begin().await?;
        let conflict = DB::rows().conflict.as_ref();
        match block.insert_rows(rows, true, conflict).await {
            Ok(true) => block.commit().await.map(|()| true),
            Ok(false) => {
                block.rollback();
                Ok(false)
            }
            Err(error) if is_unique_violation(&error) => {
                block.rollback();
                Ok(false)
            }
            Err(error) => block.leave(Err(error)).await,
        }
    }

    /// `false`: some of the rows are there already, which is asked for with `conflict`.
    async fn insert_rows<M: Stored<DB>>(
        &mut self,
        rows: &mut [&mut M],
        with_id: bool,
        conflict: Option<&Conflict>,
    ) -> Result<bool> {
        let mut rest = rows;
        while let Some(first) = rest.first() {
            let columns = M::TABLE.inserted(with_id, |column| first.leaves(column));
            let alike =
                |row: &&&mut M| M::TABLE.inserted(with_id, |column| row.leaves(column)) == columns;
            let alike = rest.iter().take_while(alike).count();
            let parameters = columns
                .iter()
                .filter(|column| M::TABLE.is_bound(**column))
                .count();
            // A row without columns has no multi-row form.
            let most = match columns.is_empty() {
                true => 1,
                false => most_rows(parameters, DB::rows().most_parameters),
            };
            let lengths: Vec<usize> = rest[..alike.min(most)]
                .iter()
                .map(|row| self.length(&**row, &columns))
                .collect::<Result<_>>()?;
            let count = next_chunk(&lengths, most, self.budget());
            let (chunk, after) = rest.split_at_mut(count);
            if !self
                .insert_chunk(chunk, &columns, with_id, conflict)
                .await?
            {
                return Ok(false);
            }
            rest = after;
        }
        Ok(true)
    }

    async fn insert_chunk<M: Stored<DB>>(
        &mut self,
        rows: &mut [&mut M],
        columns: &[usize],
        with_id: bool,
        conflict: Option<&Conflict>,
    ) -> Result<bool> {
        let read: &[usize] = match self.inserts_answer() {
            true => &[M::TABLE.id],
            false => &[],
        };
        let mut values = Values::<DB>::new();
        for row in rows.iter() {
            bind(&**row, columns, &mut values)?;
        }
        let sql = Self::statements::<M>().insert(columns, rows.len(), conflict, read);
        let query = Query::new(sql, values.into_arguments());
        let Some((result, answers)) = self.run_insert(query, conflict).await? else {
            return Ok(false);
        };
        let written = written::<DB>(&result, &answers, !read.is_empty());
        if written != rows.len() {
            // Nothing tells which are missing, so no id can be told either.
            return Err(row_not_written::<M>(rows.len(), written));
        }
        // The rows of VALUES are written, and answered, one after another.
        for (row, answer) in rows.iter_mut().zip(&answers) {
            row.set_id(M::load_id(&Columns(answer))?);
            if !with_id {
                self.remember_id(&**row);
            }
        }
        Ok(true)
    }
}

fn is_unique_violation(error: &Error) -> bool {
    let error = error.as_database().and_then(sqlx::Error::as_database_error);
    error.is_some_and(|error| error.is_unique_violation())
}
