//! Walks a program and drives the library with it.

use std::sync::Arc;

use aftercommit::Db;
use futures_core::future::BoxFuture;
use serde_json::{Value, json};
use sqlx::Sqlite;

use super::Bridges;
use super::actor::{self, Announced, Bridge, HookOp, How, Line, Outcome, Reply, Request};
use super::lifetimes::Lifetimes;
use super::models::Operation;
use super::stage::DATABASES;
use super::trace::{Fault, Trace};

const INSERT: &str = "INSERT INTO item (id, val) VALUES (?, ?)";
const INSERT_CHILD: &str = "INSERT INTO child (id, parent_id) VALUES (?, ?)";

/// One program on its way.
pub struct Interpreter {
    pub(super) program: Arc<Value>,
    pub(super) databases: [Database; 2],
    pub(super) trace: Trace,
    pub(super) bridges: Bridges,
    pub(super) lifetimes: Lifetimes,
    /// What the receivers of the sends that are under way have answered; the innermost send is last.
    pub(super) sends: Vec<Sending>,
    /// Operations on rows that are under way; the innermost is last.
    pub(super) operations: Vec<Operation>,
}

pub(super) struct Database {
    pub(super) db: Db<Sqlite>,
    /// Open outermost blocks: a hook can open another one.
    pub(super) lines: Vec<Arc<Line>>,
    /// Open blocks of a test, around all others.
    pub(super) tests: isize,
}

pub(super) struct Sending {
    pub(super) robust: bool,
    pub(super) signal: String,
    pub(super) sender: Value,
    pub(super) answers: Vec<Value>,
}

/// The failure of a hook that is not robust, on its way out of the block.
type Stopped = Option<Fault>;

impl Interpreter {
    pub fn new(
        program: Arc<Value>,
        databases: [Db<Sqlite>; 2],
        trace: Trace,
        bridges: Bridges,
    ) -> Self {
        let names = program["receivers"].as_object().into_iter().flatten();
        let lifetimes = Lifetimes::new(names.map(|(name, _)| name));
        let databases = databases.map(|db| Database {
            db,
            lines: Vec::new(),
            tests: 0,
        });
        Self {
            program,
            databases,
            trace,
            bridges,
            lifetimes,
            sends: Vec::new(),
            operations: Vec::new(),
        }
    }

    pub async fn play(&mut self) -> Result<(), Fault> {
        let program = Arc::clone(&self.program);
        self.run(&program["main"]).await
    }

    pub(super) fn run<'a>(&'a mut self, ops: &'a Value) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            for op in ops.as_array().into_iter().flatten() {
                self.op(op).await?;
            }
            Ok(())
        })
    }

    async fn op(&mut self, op: &Value) -> Result<(), Fault> {
        let db = usize::from(op["db"] == "other");
        let name = DATABASES[db];
        match text(&op["op"]) {
            "atomic" => self.atomic(op, db).await?,
            "try" => {
                if let Err(fault) = self.run(&op["body"]).await {
                    self.emit(json!(["caught", fault.0]));
                }
            }
            "raise" => return Err(Fault::new(format!("app:{}", text(&op["label"])))),
            "on_commit" => self.on_commit(op, db).await?,
            "set_rollback" => {
                self.in_atomic(db)?;
                self.ask(db, Request::SetRollback(op["value"] == true))
                    .await?;
            }
            "get_rollback" => {
                self.in_atomic(db)?;
                let value = self.ask(db, Request::GetRollback).await?;
                self.emit(json!(["value", "get_rollback", value]));
            }
            "insert" => {
                self.write(db, INSERT, op, &op["val"], self.bridge_raw())
                    .await?;
                self.emit(json!(["wrote", name, "item", op["id"]]));
            }
            "insert_child" => {
                self.write(db, INSERT_CHILD, op, &op["parent"], self.bridge_raw())
                    .await?;
                self.emit(json!(["wrote", name, "child", op["id"]]));
            }
            "save" => {
                self.save(op).await?;
                self.emit(json!(["wrote", name, op["model"], op["id"]]));
            }
            "delete" => {
                let count = self.delete(op).await?;
                self.emit(json!(["deleted", name, op["model"], count]));
            }
            "bulk_create" => {
                let ids = self.many(op).await?;
                self.emit(json!(["wrote", name, "item", ids]));
            }
            "update_where" => {
                let count = self.many(op).await?;
                self.emit(json!(["updated", name, "item", count]));
            }
            "delete_where" => {
                let count = self.many(op).await?;
                self.emit(json!(["deleted", name, "item", count]));
            }
            "rows" => {
                let table = op["table"].as_str().unwrap_or("item").to_owned();
                let ids = match self.databases[db].lines.last() {
                    Some(_) => {
                        self.ask(
                            db,
                            Request::Ids {
                                table: table.clone(),
                            },
                        )
                        .await?
                    }
                    None => self.committed(db, &table).await?,
                };
                self.emit(json!(["rows", name, table, ids]));
            }
            "committed" => {
                let table = op["table"].as_str().unwrap_or("item");
                let ids = self.committed(db, table).await?;
                self.emit(json!(["committed", name, table, ids]));
            }
            "connect" => self.connect(op),
            "disconnect" => self.disconnect(op),
            "drop" => {
                if self.known(op) {
                    self.lifetimes.unnamed(text(&op["receiver"]));
                }
            }
            "send" => self.send(op, false).await?,
            "send_robust" => self.send(op, true).await?,
            "has_listeners" => {
                let value = self.has_listeners(op);
                self.emit(json!(["value", "has_listeners", value]));
            }
            "testcase" => self.testcase(op).await?,
            "capture" => self.capture(op, db).await?,
            other => return Err(Fault::new(format!("other:unknown operation {other}"))),
        }
        Ok(())
    }

    // -- blocks ----------------------------------------------------------------------------------------------

    async fn atomic(&mut self, op: &Value, db: usize) -> Result<(), Fault> {
        let how = match (op["durable"] == true, op["savepoint"] == false) {
            // Directly in a test a durable block is like any other.
            (true, true) if self.is_directly_in_a_test(db) => How::Join,
            (true, _) => How::Durable,
            (false, true) => How::Join,
            (false, false) => How::Atomic,
        };
        self.enter(db, how).await?;
        self.emit(json!(["enter", DATABASES[db]]));
        let played = self.run(&op["body"]).await;
        self.leave(db, played).await?;
        self.emit(json!(["exit", DATABASES[db]]));
        Ok(())
    }

    /// Enters a block: on the line that is open, or on a new one.
    pub(super) async fn enter(&mut self, db: usize, how: How) -> Result<(), Fault> {
        let database = &mut self.databases[db];
        let line = match database.lines.last() {
            Some(line) => {
                let line = Arc::clone(line);
                line.ask(Request::Enter(how)).await;
                line
            }
            None => {
                let line = Arc::new(Line::new());
                tokio::spawn(actor::outermost(
                    database.db.clone(),
                    how,
                    Arc::clone(&line.end),
                ));
                line
            }
        };
        let opens = database.lines.is_empty();
        match line.hear().await {
            Reply::Entered => {
                if opens {
                    self.databases[db].lines.push(line);
                }
                self.depth(db, 1);
                Ok(())
            }
            Reply::Done(outcome) => Err(outcome.expect_err("it was not entered")),
            _ => unreachable!("a block is entered or refused"),
        }
    }

    /// Leaves the innermost block with what its body came to. Hooks run behind the outermost.
    pub(super) async fn leave(
        &mut self,
        db: usize,
        played: Result<(), Fault>,
    ) -> Result<(), Fault> {
        let line = Arc::clone(self.databases[db].lines.last().expect("a block is open"));
        if self.depth(db, -1) == 0 {
            self.databases[db].lines.pop();
        }
        let failed = played.is_err();
        line.ask(Request::Return(played)).await;
        match self.attend(&line).await {
            Err(fault) if fault.is_silent() && !failed && self.bridges.silent_rollbacks => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    fn is_directly_in_a_test(&self, db: usize) -> bool {
        let Database { lines, tests, .. } = &self.databases[db];
        *tests > 0 && lines.len() == 1 && lines[0].depth(0) == *tests
    }

    /// Counts open blocks on a database; the count is kept with its innermost line.
    fn depth(&mut self, db: usize, change: isize) -> isize {
        let line = self.databases[db].lines.last().expect("a block is open");
        line.depth(change)
    }

    /// Asks the innermost block of a database, and waits for its answer.
    pub(super) async fn ask(&mut self, db: usize, request: Request) -> Outcome {
        let line = Arc::clone(self.databases[db].lines.last().expect("a block is open"));
        line.ask(request).await;
        self.attend(&line).await
    }

    /// Plays the receivers and hooks that run until the library has answered.
    pub(super) async fn attend(&mut self, line: &Line) -> Outcome {
        let mut stopped: Stopped = None;
        loop {
            match line.hear().await {
                Reply::Done(Ok(value)) => return stopped.map_or(Ok(value), Err),
                Reply::Done(outcome) => return outcome,
                Reply::Called(Announced { receiver, about }) => {
                    let answer = match about {
                        Some(about) => Box::pin(self.receive_model(&receiver, &about)).await,
                        None => self.receive(&receiver).await,
                    };
                    line.ask(Request::Return(answer)).await;
                }
                Reply::Hook(op, done) => {
                    let played = if stopped.is_some() {
                        Ok(())
                    } else {
                        self.hook(&op).await
                    };
                    if let Err(fault) = &played {
                        let robust = op["robust"] == true;
                        if robust {
                            self.emit(json!(["log", "on_commit", op["label"], fault.0]));
                        } else if self.bridges.plain_hooks {
                            stopped = Some(fault.clone());
                        }
                    }
                    let _: Result<(), _> = done.send(played);
                }
                Reply::Entered | Reply::Captured(..) => unreachable!("nothing was entered"),
            }
        }
    }

    // -- hooks -----------------------------------------------------------------------------------------------

    async fn on_commit(&mut self, op: &Value, db: usize) -> Result<(), Fault> {
        let op = Arc::new(op.clone());
        if let Some(line) = self.databases[db].lines.last() {
            let end = Arc::clone(&line.end);
            self.ask(db, Request::OnCommit(HookOp { op, end })).await?;
            return Ok(());
        }
        let line = Line::new();
        let hook = HookOp {
            op: Arc::clone(&op),
            end: Arc::clone(&line.end),
        };
        let (handle, end) = (self.databases[db].db.clone(), Arc::clone(&line.end));
        tokio::spawn(async move {
            let ran = handle.on_commit(move || hook.run()).await;
            end.reply(Reply::Done(ran.map(|()| Value::Null).map_err(Fault::from)))
                .await;
        });
        match self.attend(&line).await {
            // It was logged when it happened.
            Err(_) if op["robust"] == true => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    pub(super) async fn hook(&mut self, op: &Value) -> Result<(), Fault> {
        let in_atomic = !self.databases[usize::from(op["db"] == "other")]
            .lines
            .is_empty();
        self.emit(json!(["hook", op["label"], {"autocommit": !in_atomic, "in_atomic": in_atomic}]));
        self.run(&op["body"]).await
    }

    // -- rows ------------------------------------------------------------------------------------------------

    async fn write(
        &mut self,
        db: usize,
        sql: &'static str,
        op: &Value,
        val: &Value,
        bridge: Bridge,
    ) -> Result<(), Fault> {
        let (id, val) = (op["id"].as_i64().expect("an id"), val.as_i64());
        if self.databases[db].lines.is_empty() {
            sqlx::query(sql)
                .bind(id)
                .bind(val)
                .execute(self.databases[db].db.pool())
                .await?;
            return Ok(());
        }
        self.trace.hide(true);
        let outcome = self
            .ask(
                db,
                Request::Statement {
                    sql,
                    id,
                    val,
                    bridge,
                },
            )
            .await;
        self.trace.hide(false);
        outcome.map(drop)
    }

    /// What another connection sees.
    async fn committed(&self, db: usize, table: &str) -> Outcome {
        let sql = sqlx::AssertSqlSafe(format!("SELECT id FROM {table} ORDER BY id"));
        let ids: Vec<i64> = sqlx::query_scalar(sql)
            .fetch_all(self.databases[db].db.pool())
            .await?;
        Ok(json!(ids))
    }

    fn bridge_raw(&self) -> Bridge {
        if self.bridges.raw_errors {
            Bridge::Nested
        } else {
            Bridge::None
        }
    }

    fn in_atomic(&self, db: usize) -> Result<(), Fault> {
        // The rollback flag hangs on a `Tx`: without a block there is nothing to ask.
        if self.databases[db].lines.is_empty() {
            Err(Fault::new("not_in_atomic"))
        } else {
            Ok(())
        }
    }

    pub(super) fn emit(&self, event: Value) {
        self.trace.emit(event);
    }
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
