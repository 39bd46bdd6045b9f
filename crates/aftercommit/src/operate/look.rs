//! The operator looks.

use std::time::Duration;

use super::audit::confirmed;
use super::{Audit, Cursor, Detail, Filter, Operator, Overview, Page, told};
use crate::effect::EffectId;
use crate::error::Result;
use crate::store::Dialect;

impl<DB: Dialect> Operator<DB> {
    /// What is there, in numbers, and who delivers it.
    ///
    /// It counts rows in two statements: for every few seconds, not for every request. (A quarter of a second for 1.5 million
    /// effects, with Postgres 15 on two cores.)
    ///
    /// # Errors
    ///
    /// `SCHEMA_MISSING`, and those of the database.
    ///
    /// # Cancel safety
    ///
    /// Safe: it changes nothing.
    pub async fn overview(&self) -> Result<Overview> {
        let counted = told(self.outbox.counted().await)?;
        let workers = told(self.outbox.workers().await)?;
        let posts = self.outbox.db.signals().posts();
        let here = posts.iter().filter(|post| post.handler.is_some());
        Ok(Overview::new(
            counted,
            workers,
            here.map(|post| &*post.name),
        ))
    }

    /// A page of effects: the first one, or the one at a cursor that the page before gave. Without their payloads.
    ///
    /// Effects that change their state while somebody turns the pages may be missed; none comes again on a later page.
    ///
    /// # Errors
    ///
    /// `BAD_PAGE` for a page of none or more than [`MOST_IN_A_PAGE`](super::MOST_IN_A_PAGE), `BAD_CURSOR` for a cursor of a list
    /// with another filter, `BAD_NAME` and `BAD_KEY` for a receiver and a key that no effect can have; `SCHEMA_MISSING`, and those
    /// of the database.
    ///
    /// # Cancel safety
    ///
    /// Safe: it changes nothing.
    pub async fn list(&self, filter: &Filter, from: Option<&Cursor>) -> Result<Page> {
        let page = filter.checked()?;
        let after = from.map(|cursor| cursor.after(filter)).transpose()?;
        let found = self.outbox.listed(filter, after, page + 1).await;
        Ok(Page::cut(filter, told(found)?, page))
    }

    /// One effect with all that is known about it, its payload included; [`None`] if there is none of that id: it was delivered,
    /// or discarded, or never recorded.
    ///
    /// # Errors
    ///
    /// `SCHEMA_MISSING`, and those of the database.
    ///
    /// # Cancel safety
    ///
    /// Safe: it changes nothing.
    pub async fn get(&self, id: EffectId) -> Result<Option<Detail>> {
        told(self.outbox.found(id).await)
    }

    /// Looks whether what is recorded is sound: each effect is pending, claimed, waiting, parked or dead, and nothing is wrong
    /// with it.
    ///
    /// What looks wrong may only be on its way from one state to the next. So if anything does, this waits for the `tolerance` and
    /// looks again, and what was not touched meanwhile is a [`Violation`](super::Violation). A minute is more than working
    /// workers need; it is also how late a waiting effect, and how silent a worker, may be. It reads every row:
    /// for once an hour, or when in doubt. (Eleven seconds for 1.5 million effects, with Postgres 15 on two cores.)
    ///
    /// # Errors
    ///
    /// `SCHEMA_MISSING`, and those of the database. What is wrong is no error: see [`Audit::is_clean`].
    ///
    /// # Cancel safety
    ///
    /// Safe: it changes nothing.
    pub async fn audit(&self, tolerance: Duration) -> Result<Audit> {
        let mut violations = Vec::new();
        let first = told(self.outbox.suspicions(tolerance).await)?;
        if !first.is_empty() {
            tokio::time::sleep(tolerance).await;
            violations = confirmed(&first, self.outbox.suspicions(tolerance).await?);
        }
        Ok(Audit::new(&self.overview().await?, violations))
    }
}
