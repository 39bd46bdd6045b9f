//! The operations on rows that Django's ORM has: save, delete, and many at once.

use std::sync::Arc;

use aftercommit::testing::capture_on_commit;
use aftercommit::{Db, Saved, Saving, Signals, Tx};
use serde_json::{Value, json};
use sqlx::Sqlite;

use super::actor::{How as Enter, Line, Outcome, Reply, Request, Work};
use super::interpreter::{Interpreter, text};
use super::rows::{self, Call, Child, Item, Parent, Row};
use super::stage::DATABASES;
use super::trace::Fault;
use super::writes::{
    How, create_many, delete_many, delete_one, delete_with_children, send, statements, update_many,
    write,
};

/// An operation on rows that is under way, with what its receivers said.
#[derive(Default)]
pub(super) struct Operation {
    /// The send that is under way: its signal and row, who is held for it, and how many are still to be called.
    sending: Option<(Value, Vec<String>, usize)>,
    /// Bridge: the error of a receiver behind the write, which Django lets pass without a mark.
    vetoed: Option<Fault>,
    /// Bridge: the mark that the library sets for a veto is to be taken back.
    lift: bool,
}

impl Interpreter {
    pub(super) async fn save(&mut self, op: &Value) -> Result<(), Fault> {
        let (insert, update) = (op["force_insert"] == true, op["force_update"] == true);
        let fields = op["update_fields"].as_array();
        if insert && (update || fields.is_some()) {
            return Err(Fault::new("force_insert_and_update"));
        }
        let how = match fields {
            Some(fields) if fields.is_empty() => return Ok(()),
            Some(_) => How::UpdateVal,
            None if insert => How::Insert,
            None if update => How::Update,
            None => How::Save,
        };
        match text(&op["model"]) {
            "parent" => self.save_row::<Parent>(op, how).await,
            "child" => self.save_row::<Child>(op, how).await,
            _ => self.save_row::<Item>(op, how).await,
        }
    }

    async fn save_row<M: Row>(&mut self, op: &Value, how: How) -> Result<(), Fault> {
        let db = database(op);
        let Some(line) = self.databases[db].lines.last().map(Arc::clone) else {
            return self.save_alone::<M>(op, how).await;
        };
        let mut row = self.row::<M>(op, &line);
        // Only an insert of a row that is there can fail at the statement.
        let nested = self.bridges.save_marks && how == How::Insert;
        let trace = self.trace.clone();
        let (outcome, done) = self
            .operate(
                db,
                Work::new(move |tx| {
                    Box::pin(async move {
                        let fails =
                            nested && !tx.get_rollback() && tx.find::<M>(row.id()).await?.is_some();
                        if !fails {
                            return write(tx, &mut row, how).await;
                        }
                        trace.hide(true);
                        // The mark of a failed statement, and a receiver's mark and hooks, are Django's block's own.
                        let (mut marked, mut hooks) = (false, None);
                        let written = tx.atomic(async |tx| {
                            trace.hide(false);
                            let write = async |tx: &mut Tx<Sqlite>| write(tx, &mut row, how).await;
                            let (written, captured) = capture_on_commit(tx, write).await;
                            (marked, hooks) = (tx.get_rollback(), Some(captured));
                            written
                        });
                        let written: Outcome = written.await;
                        if let Some(hooks) = hooks {
                            hooks.put_back(tx);
                        }
                        if marked {
                            tx.set_rollback(true)?;
                        }
                        written
                    })
                }),
            )
            .await;
        if done.lift {
            self.ask(db, Request::SetRollback(false)).await?;
        }
        // A receiver that marked the block: the library says so, and Django goes on.
        let silent = self.bridges.silent_rollbacks && outcome.as_ref().is_err_and(Fault::is_silent);
        match (done.vetoed, outcome) {
            (Some(fault), outcome) if silent || outcome.is_ok() => Err(fault),
            (None, _) if silent => Ok(()),
            (_, outcome) => outcome.map(drop),
        }
    }

    /// Without a block. Django's save is none; the bridge sends, writes and sends without one.
    async fn save_alone<M: Row>(&mut self, op: &Value, how: How) -> Result<(), Fault> {
        let db = database(op);
        let line = Line::new();
        let row = self.row::<M>(op, &line);
        if !self.bridges.save_alone {
            self.enter(db, Enter::Atomic).await?;
            let line = Arc::clone(self.databases[db].lines.last().expect("entered"));
            let mut row = self.row::<M>(op, &line);
            let work = Work::new(move |tx| Box::pin(async move { write(tx, &mut row, how).await }));
            let outcome = self.operate(db, work).await.0;
            return self.leave_with(db, outcome).await.map(drop);
        }
        let mut saving = Saving::new(row.clone());
        saving.only = (how == How::UpdateVal).then(|| vec!["val".into()]);
        self.alone(db, &line, async move |db: Db<Sqlite>| {
            send(&db, saving).await
        })
        .await?;
        let pool = self.databases[db].db.pool().clone();
        let mut conn = pool.acquire().await?;
        let (update, insert) = statements::<M>();
        let (id, val) = (*row.id(), op["val"].as_i64());
        let mut created = how == How::Insert;
        if !created {
            let updated = sqlx::query(update)
                .bind(val)
                .bind(id)
                .execute(&mut *conn)
                .await?;
            created = updated.rows_affected() == 0;
        }
        if created && matches!(how, How::Update | How::UpdateVal) {
            return Err(Fault::new("not_updated"));
        }
        if created {
            sqlx::query(insert)
                .bind(val)
                .bind(id)
                .execute(&mut *conn)
                .await?;
        }
        drop(conn);
        let mut saved = Saved::created(row);
        saved.created = created;
        saved.only = (how == How::UpdateVal).then(|| vec!["val".into()]);
        self.alone(db, &line, async move |db: Db<Sqlite>| {
            send(&db, saved).await
        })
        .await
        .map(drop)
    }

    pub(super) async fn delete(&mut self, op: &Value) -> Outcome {
        match text(&op["model"]) {
            "parent" => {
                let delete = |row, signals| {
                    Work::new(move |tx| Box::pin(delete_with_children(tx, row, signals)))
                };
                self.delete_row::<Parent>(op, true, delete).await
            }
            "child" => self.delete_row::<Child>(op, false, delete_one).await,
            _ => self.delete_row::<Item>(op, false, delete_one).await,
        }
    }

    async fn delete_row<M: Row>(
        &mut self,
        op: &Value,
        cascades: bool,
        delete: impl FnOnce(M, Signals<Sqlite>) -> Work,
    ) -> Outcome {
        let db = database(op);
        let signals = self.databases[db].db.signals().clone();
        if let Some(line) = self.databases[db].lines.last().map(Arc::clone) {
            let row = self.row::<M>(op, &line);
            return self.operate(db, delete(row, signals)).await.0;
        }
        let row = self.row::<M>(op, &Line::new());
        // Nobody hears it and nothing hangs on it: Django sends one statement, without a block.
        if self.bridges.save_alone && !cascades && !rows::delete_is_heard(&signals, &row) {
            let sql = sqlx::AssertSqlSafe(format!("DELETE FROM {} WHERE id = ?", M::NAME));
            let deleted = sqlx::query(sql)
                .bind(*row.id())
                .execute(self.databases[db].db.pool())
                .await?;
            return Ok(json!(deleted.rows_affected()));
        }
        self.enter(db, Enter::Atomic).await?;
        let line = Arc::clone(self.databases[db].lines.last().expect("entered"));
        let row = self.row::<M>(op, &line);
        let outcome = self.operate(db, delete(row, signals)).await.0;
        self.leave_with(db, outcome).await
    }

    /// Leaves the block that was made for an operation.
    async fn leave_with(&mut self, db: usize, outcome: Outcome) -> Outcome {
        let (value, played) = match outcome {
            Ok(value) => (value, Ok(())),
            Err(fault) => (Value::Null, Err(fault)),
        };
        self.leave(db, played).await.map(|()| value)
    }

    /// `bulk_create` of new rows, `update_where` and `delete_where` on items.
    pub(super) async fn many(&mut self, op: &Value) -> Outcome {
        let db = database(op);
        // One statement of Django's, without a block: the one that is made here is not shown.
        let hidden = self.bridges.save_alone && op["op"] != "delete_where";
        let alone = self.databases[db].lines.is_empty();
        if alone {
            self.trace.mute(hidden);
            self.enter(db, Enter::Atomic).await?;
            self.trace.mute(false);
        }
        let line = Arc::clone(self.databases[db].lines.last().expect("a block is open"));
        let (call, signals) = (
            self.call(op, &line),
            self.databases[db].db.signals().clone(),
        );
        let (op, trace) = (op.clone(), self.trace.clone());
        let nested = self.bridges.raw_errors;
        let work = Work::new(move |tx| {
            Box::pin(async move {
                match text(&op["op"]) {
                    "bulk_create" if nested && !tx.get_rollback() => {
                        trace.hide(true);
                        let created = tx.atomic(async |tx| {
                            trace.hide(false);
                            create_many(tx, &op).await
                        });
                        created.await
                    }
                    "bulk_create" => create_many(tx, &op).await,
                    "update_where" => update_many(tx, &op).await,
                    _ => delete_many(tx, &op, &call, &signals).await,
                }
            })
        });
        let outcome = self.operate(db, work).await.0;
        if !alone {
            return outcome;
        }
        self.trace.mute(hidden);
        let outcome = self.leave_with(db, outcome).await;
        self.trace.mute(false);
        outcome
    }

    /// Runs work in the innermost block, and plays the receivers that it calls.
    async fn operate(&mut self, db: usize, work: Work) -> (Outcome, Operation) {
        self.operations.push(Operation::default());
        let outcome = self.ask(db, Request::Work(work)).await;
        let mut done = self.operations.pop().expect("it was pushed");
        self.release(&mut done);
        (outcome, done)
    }

    /// Runs work without a block, and plays the receivers that it calls.
    async fn alone<F, Fut>(&mut self, db: usize, line: &Line, work: F) -> Outcome
    where
        F: FnOnce(Db<Sqlite>) -> Fut + Send + 'static,
        Fut: Future<Output = Outcome> + Send + 'static,
    {
        self.operations.push(Operation::default());
        let (handle, end) = (self.databases[db].db.clone(), Arc::clone(&line.end));
        tokio::spawn(async move {
            let outcome = work(handle).await;
            end.reply(Reply::Done(outcome)).await;
        });
        let outcome = self.attend(line).await;
        let mut done = self.operations.pop().expect("it was pushed");
        self.release(&mut done);
        outcome
    }

    fn release(&mut self, operation: &mut Operation) {
        if let Some((_, held, _)) = operation.sending.take() {
            self.lifetimes.sent(held);
        }
    }

    /// Plays a receiver of a model signal; the answer is what it returns to the library.
    pub(super) async fn receive_model(
        &mut self,
        receiver: &str,
        about: &Value,
    ) -> Result<(), Fault> {
        let (signal, sender) = (text(&about[0]).to_owned(), text(&about[1]).to_owned());
        let row = json!([signal, sender, about[2]["id"]]);
        let mut operation = std::mem::take(
            self.operations
                .last_mut()
                .expect("an operation is under way"),
        );
        if operation.vetoed.is_some() {
            *self.operations.last_mut().expect("as before") = operation;
            return Ok(());
        }
        if operation.sending.as_ref().is_none_or(|(of, ..)| *of != row) {
            self.release(&mut operation);
            let held = self.lifetimes.sending(number(&signal), Some(&sender));
            let left = held.len();
            operation.sending = Some((row, held, left));
        }
        *self.operations.last_mut().expect("as before") = operation;

        self.emit(json!(["recv", signal, receiver, sender, about[2]]));
        let program = Arc::clone(&self.program);
        let played = self.run(&program["receivers"][receiver]["body"]).await;

        let db = usize::from(about[2]["db"] == "other");
        let in_block = !self.databases[db].lines.is_empty();
        let mut operation = std::mem::take(self.operations.last_mut().expect("as before"));
        if let Some((_, _, left)) = &mut operation.sending {
            *left = left.saturating_sub(1);
            if *left == 0 || played.is_err() {
                self.release(&mut operation);
            }
        }
        let answer = match (played, &*signal) {
            (Err(fault), "post_save") if in_block && self.bridges.vetoes => {
                operation.vetoed = Some(fault);
                Ok(())
            }
            (Err(fault), "pre_save") if in_block && self.bridges.vetoes => {
                operation.lift = self.ask(db, Request::GetRollback).await? == false;
                Err(fault)
            }
            (played, _) => played,
        };
        *self.operations.last_mut().expect("as before") = operation;
        answer
    }

    fn call(&self, op: &Value, line: &Line) -> Call {
        Call {
            end: Arc::clone(&line.end),
            db: DATABASES[database(op)],
            raw: op["raw"] == true,
        }
    }

    fn row<M: Row>(&self, op: &Value, line: &Line) -> M {
        M::new(
            op["id"].as_i64().expect("an id"),
            op["val"].as_i64(),
            self.call(op, line),
        )
    }
}

fn database(op: &Value) -> usize {
    usize::from(op["db"] == "other")
}

/// The number of a model signal behind those of the programs' own.
pub(super) fn number(signal: &str) -> usize {
    let at = rows::SIGNALS.iter().position(|known| *known == signal);
    at.expect("a model signal") + 3
}
