//! Walks a program and drives the library with it.

use std::sync::Arc;

use aftercommit::Db;
use aftercommit::signal::{during, with_state};
use futures_core::future::BoxFuture;
use serde_json::{Value, json};
use sqlx::Sqlite;

use super::Bridges;
use super::actor::{self, Bridge, HookOp, How, Line, Outcome, Reply, Request, Signal};
use super::lifetimes::Lifetimes;
use super::stage::DATABASES;
use super::trace::{Fault, Trace};

const INSERT: &str = "INSERT INTO item (id, val) VALUES (?, ?)";
const INSERT_CHILD: &str = "INSERT INTO child (id, parent_id) VALUES (?, ?)";

/// One program on its way.
pub struct Interpreter {
    program: Arc<Value>,
    databases: [Database; 2],
    trace: Trace,
    bridges: Bridges,
    lifetimes: Lifetimes,
    /// What the receivers of the sends that are under way have answered; the innermost send is last.
    sends: Vec<Sending>,
}

struct Database {
    db: Db<Sqlite>,
    /// Open outermost blocks: a hook can open another one.
    lines: Vec<Arc<Line>>,
}

struct Sending {
    robust: bool,
    signal: String,
    sender: Value,
    answers: Vec<Value>,
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
        });
        Self {
            program,
            databases,
            trace,
            bridges,
            lifetimes,
            sends: Vec::new(),
        }
    }

    pub async fn play(&mut self) -> Result<(), Fault> {
        let program = Arc::clone(&self.program);
        self.run(&program["main"]).await
    }

    fn run<'a>(&'a mut self, ops: &'a Value) -> BoxFuture<'a, Result<(), Fault>> {
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
                let bridge = if self.bridges.save_marks {
                    Bridge::NestedThenMark
                } else {
                    Bridge::None
                };
                self.write(db, INSERT, op, &op["val"], bridge).await?;
                self.emit(json!(["wrote", name, op["model"], op["id"]]));
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
    async fn enter(&mut self, db: usize, how: How) -> Result<(), Fault> {
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
    async fn leave(&mut self, db: usize, played: Result<(), Fault>) -> Result<(), Fault> {
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

    /// Counts open blocks on a database; the count is kept with its innermost line.
    fn depth(&mut self, db: usize, change: isize) -> isize {
        let line = self.databases[db].lines.last().expect("a block is open");
        line.depth(change)
    }

    /// Asks the innermost block of a database, and waits for its answer.
    async fn ask(&mut self, db: usize, request: Request) -> Outcome {
        let line = Arc::clone(self.databases[db].lines.last().expect("a block is open"));
        line.ask(request).await;
        self.attend(&line).await
    }

    /// Plays the receivers and hooks that run until the library has answered.
    async fn attend(&mut self, line: &Line) -> Outcome {
        let mut stopped: Stopped = None;
        loop {
            match line.hear().await {
                Reply::Done(Ok(value)) => return stopped.map_or(Ok(value), Err),
                Reply::Done(outcome) => return outcome,
                Reply::Called(receiver) => {
                    let answer = self.receive(&receiver).await;
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

    async fn hook(&mut self, op: &Value) -> Result<(), Fault> {
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

    // -- signals ---------------------------------------------------------------------------------------------

    fn known(&self, op: &Value) -> bool {
        let Some(receiver) = op["receiver"].as_str() else {
            return true;
        };
        let known = self.lifetimes.is_known(receiver);
        if !known {
            self.emit(json!(["skip", op["op"], receiver]));
        }
        known
    }

    fn connect(&mut self, op: &Value) {
        if self.known(op) {
            match signal_number(op) {
                0 => self.connect_to::<0>(op),
                1 => self.connect_to::<1>(op),
                _ => self.connect_to::<2>(op),
            }
        }
    }

    fn connect_to<const N: usize>(&mut self, op: &Value) {
        let receiver = text(&op["receiver"]).to_owned();
        let name: Arc<str> = receiver.as_str().into();
        let call = with_state(name, actor::receive::<N>);
        let mut connecting = during::<Sqlite, Signal<N>, _, _>(connection_name(op), call);
        if let Some(sender) = op["sender"].as_str().map(str::to_owned) {
            connecting = connecting
                .filter(move |signal: &Signal<N>| signal.sender.as_deref() == Some(&sender));
        }
        match self.databases[0].db.signals().connect(connecting) {
            Ok(connection) => {
                let guard = (op["weak"] != false).then(|| connection.scoped());
                let sender = op["sender"].as_str().map(str::to_owned);
                self.lifetimes
                    .connected((N, connection_name(op)), &receiver, sender, guard);
            }
            Err(error) => {
                assert_eq!(error.code(), Some("DUPLICATE_RECEIVER"));
                if !self.bridges.connect_twice {
                    self.emit(json!(["refused", "connect", receiver]));
                }
            }
        }
    }

    fn disconnect(&mut self, op: &Value) {
        if self.known(op) {
            let signals = self.databases[0].db.signals();
            let name = connection_name(op);
            let found = match signal_number(op) {
                0 => signals.disconnect::<Signal<0>>(&name),
                1 => signals.disconnect::<Signal<1>>(&name),
                _ => signals.disconnect::<Signal<2>>(&name),
            };
            if found {
                self.lifetimes.disconnected(&(signal_number(op), name));
            }
            self.emit(json!(["value", "disconnect", found]));
        }
    }

    fn has_listeners(&self, op: &Value) -> bool {
        let signals = self.databases[0].db.signals();
        let (sender, end) = (op["sender"].as_str().map(str::to_owned), Line::new().end);
        match signal_number(op) {
            0 => signals.has_receivers(&Signal::<0> { sender, end }),
            1 => signals.has_receivers(&Signal::<1> { sender, end }),
            _ => signals.has_receivers(&Signal::<2> { sender, end }),
        }
    }

    async fn send(&mut self, op: &Value, robust: bool) -> Result<(), Fault> {
        let (signal, sender) = (signal_number(op), op["sender"].as_str().map(str::to_owned));
        self.sends.push(Sending {
            robust,
            signal: text(&op["signal"]).to_owned(),
            sender: op["sender"].clone(),
            answers: Vec::new(),
        });
        let called = self.lifetimes.sending(signal, sender.as_deref());
        let outcome = if self.databases[0].lines.is_empty() {
            let line = Line::new();
            let db = self.databases[0].db.clone();
            tokio::spawn(actor::send_alone(
                db,
                signal,
                sender,
                robust,
                Arc::clone(&line.end),
            ));
            self.attend(&line).await
        } else {
            let robust = robust && !self.bridges.robust_writes;
            self.ask(
                0,
                Request::Send {
                    signal,
                    sender,
                    robust,
                },
            )
            .await
        };
        self.lifetimes.sent(called);
        let sending = self.sends.pop().expect("it was pushed");
        outcome?;
        self.emit(json!(["sent", sending.signal, sending.answers]));
        Ok(())
    }

    /// Plays a receiver; the answer is what it returns to the library.
    async fn receive(&mut self, receiver: &str) -> Result<(), Fault> {
        let sending = self.sends.last().expect("a send is under way");
        self.emit(json!(["recv", sending.signal, receiver, sending.sender, {}]));
        let program = Arc::clone(&self.program);
        let spec = &program["receivers"][receiver];
        let played = self.run(&spec["body"]).await;
        let sending = self.sends.last_mut().expect("a send is under way");
        match played {
            Ok(()) => {
                sending.answers.push(json!([receiver, "ok", spec["ret"]]));
                Ok(())
            }
            Err(fault) if sending.robust => {
                sending.answers.push(json!([receiver, "err", fault.0]));
                self.emit(json!(["log", "send_robust", receiver, fault.0]));
                // In a transaction the bridge catches the error before the library sees it.
                if self.bridges.robust_writes && !self.databases[0].lines.is_empty() {
                    Ok(())
                } else {
                    Err(fault)
                }
            }
            Err(fault) => Err(fault),
        }
    }

    // -- the test kit ----------------------------------------------------------------------------------------

    async fn testcase(&mut self, op: &Value) -> Result<(), Fault> {
        let dbs: Vec<usize> = match op["dbs"].as_array() {
            Some(dbs) => dbs.iter().map(|db| usize::from(db == "other")).collect(),
            None => vec![0],
        };
        // One block around the tests of a class, one around each test.
        for _ in 0..2 {
            for db in &dbs {
                self.enter(*db, How::Test).await?;
            }
        }
        if let Err(fault) = self.run(&op["body"]).await {
            self.emit(json!(["test_error", fault.0]));
        }
        for _ in 0..2 {
            for db in dbs.iter().rev() {
                self.leave(*db, Ok(())).await?;
            }
        }
        Ok(())
    }

    async fn capture(&mut self, op: &Value, db: usize) -> Result<(), Fault> {
        let mut labels = Vec::new();
        let result = self.capture_into(op, db, &mut labels).await;
        self.emit(json!(["captured", labels]));
        result
    }

    async fn capture_into(
        &mut self,
        op: &Value,
        db: usize,
        labels: &mut Vec<String>,
    ) -> Result<(), Fault> {
        if self.databases[db].lines.is_empty() {
            // Without a transaction hooks run at once, and there is nothing to take.
            return self.run(&op["body"]).await;
        }
        self.enter_capture(db).await;
        let played = self.run(&op["body"]).await;
        let (mut hooks, result) = self.leave_capture(db, played).await;
        if result.is_err() && !self.bridges.capture_keeps {
            return result;
        }
        while !hooks.is_empty() {
            if op["execute"] != true {
                labels.extend(hooks.iter().map(|hook| text(&hook["label"]).to_owned()));
                break;
            }
            // Hooks that these register are the next round.
            self.enter_capture(db).await;
            let mut played = Ok(());
            for hook in &hooks {
                labels.push(text(&hook["label"]).to_owned());
                played = self.hook(hook).await;
                match &played {
                    Err(fault) if hook["robust"] == true => {
                        self.emit(json!(["log", "capture", hook["label"], fault.0]));
                        played = Ok(());
                    }
                    Err(_) => break,
                    Ok(()) => {}
                }
            }
            let (next, played) = self.leave_capture(db, played).await;
            played?;
            hooks = next;
        }
        result
    }

    async fn enter_capture(&mut self, db: usize) {
        let line = Arc::clone(self.databases[db].lines.last().expect("a block is open"));
        line.ask(Request::Enter(How::Capture)).await;
        assert!(
            matches!(line.hear().await, Reply::Entered),
            "a capture is always entered"
        );
    }

    /// Ends a capture: the hooks that it took, as operations, and what its body came to.
    async fn leave_capture(
        &mut self,
        db: usize,
        played: Result<(), Fault>,
    ) -> (Vec<Arc<Value>>, Result<(), Fault>) {
        let line = Arc::clone(self.databases[db].lines.last().expect("a block is open"));
        line.ask(Request::Return(played)).await;
        let Reply::Captured(captured, result) = line.hear().await else {
            unreachable!("a capture ends as one")
        };
        let names = captured.names();
        let ops = names
            .iter()
            .map(|name| self.hook_op(name.unwrap_or_default()))
            .collect();
        if self.bridges.capture_keeps {
            line.ask(Request::PutBack(captured)).await;
            assert!(
                matches!(line.hear().await, Reply::Done(Ok(_))),
                "putting back cannot fail"
            );
        }
        (ops, result)
    }

    /// The `on_commit` of that label, wherever it stands in the program.
    fn hook_op(&self, label: &str) -> Arc<Value> {
        Arc::new(
            find_hook(&self.program, label)
                .cloned()
                .unwrap_or(Value::Null),
        )
    }

    fn emit(&self, event: Value) {
        self.trace.emit(event);
    }
}

fn find_hook<'v>(value: &'v Value, label: &str) -> Option<&'v Value> {
    match value {
        Value::Object(_) if value["op"] == "on_commit" && value["label"] == label => Some(value),
        Value::Object(map) => map.values().find_map(|value| find_hook(value, label)),
        Value::Array(values) => values.iter().find_map(|value| find_hook(value, label)),
        _ => None,
    }
}

/// Django's key of a connection: the uid or else the receiver, and the sender.
fn connection_name(op: &Value) -> String {
    let who = match op["uid"].as_str() {
        Some(uid) => format!("uid {uid}"),
        None => text(&op["receiver"]).to_owned(),
    };
    format!("{who} for {}", op["sender"].as_str().unwrap_or("any"))
}

fn signal_number(op: &Value) -> usize {
    text(&op["signal"])
        .trim_start_matches('s')
        .parse()
        .unwrap_or(0)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
