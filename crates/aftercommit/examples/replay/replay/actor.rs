//! The side of the library: bodies of blocks, receivers and hooks that do what the interpreter asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

use aftercommit::testing::{Captured, capture_on_commit, rolled_back};
use aftercommit::{Db, Error, Handle, Options, Tx};
use futures_core::future::BoxFuture;
use serde_json::{Value, json};
use sqlx::Sqlite;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::trace::Fault;

pub type Outcome = Result<Value, Fault>;

/// How a block is entered.
#[derive(Clone, Copy, Debug)]
pub enum How {
    Atomic,
    Join,
    Durable,
    /// A block of the test kit.
    Test,
    /// A bridge around one statement.
    Capture,
}

/// A signal: its number is its type.
pub struct Signal<const N: usize> {
    pub sender: Option<String>,
    /// Whom the receivers answer to.
    pub end: Arc<End>,
}

/// What the interpreter asks of the innermost body on a database.
pub enum Request {
    Enter(How),
    /// Return from the body.
    Return(Result<(), Fault>),
    Statement {
        sql: &'static str,
        id: i64,
        val: Option<i64>,
        bridge: Bridge,
    },
    Ids {
        table: String,
    },
    SetRollback(bool),
    GetRollback,
    OnCommit(HookOp),
    Send {
        signal: usize,
        sender: Option<String>,
        robust: bool,
    },
    PutBack(Captured),
    Work(Work),
}

type Body = dyn for<'t> FnOnce(&'t mut Tx<Sqlite>) -> BoxFuture<'t, Outcome> + Send;

/// Something to do with the innermost block.
pub struct Work(Box<Body>);

impl Work {
    pub fn new(
        body: impl for<'t> FnOnce(&'t mut Tx<Sqlite>) -> BoxFuture<'t, Outcome> + Send + 'static,
    ) -> Self {
        Self(Box::new(body))
    }

    pub fn run(self, tx: &mut Tx<Sqlite>) -> BoxFuture<'_, Outcome> {
        (self.0)(tx)
    }
}

/// A receiver that was called.
pub struct Announced {
    pub receiver: String,
    /// Of a model signal: its name, its sender, and what the receiver is told beside.
    pub about: Option<Value>,
}

/// How a failing statement is kept from breaking the block around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bridge {
    None,
    Nested,
}

/// A hook of the program.
#[derive(Clone)]
pub struct HookOp {
    pub op: Arc<Value>,
    pub end: Arc<End>,
}

/// What the interpreter hears.
pub enum Reply {
    Entered,
    Done(Outcome),
    /// The body of a capture was left with these hooks, and this result.
    Captured(Captured, Result<(), Fault>),
    /// A receiver runs, and waits for `Return`.
    Called(Announced),
    /// A hook runs, and waits.
    Hook(Arc<Value>, oneshot::Sender<Result<(), Fault>>),
}

/// The actor's end of a line.
pub struct End {
    requests: Mutex<mpsc::Receiver<Request>>,
    replies: mpsc::Sender<Reply>,
}

/// The interpreter's end of a line.
pub struct Line {
    pub end: Arc<End>,
    requests: mpsc::Sender<Request>,
    replies: Mutex<mpsc::Receiver<Reply>>,
    depth: AtomicIsize,
}

impl Line {
    pub fn new() -> Self {
        let (requests, asked) = mpsc::channel(1);
        let (answers, replies) = mpsc::channel(1);
        let end = Arc::new(End {
            requests: Mutex::new(asked),
            replies: answers,
        });
        Self {
            end,
            requests,
            replies: Mutex::new(replies),
            depth: AtomicIsize::new(0),
        }
    }

    pub async fn ask(&self, request: Request) {
        assert!(
            self.requests.send(request).await.is_ok(),
            "the actor is there"
        );
    }

    /// How many blocks are open on this line, after the change.
    pub fn depth(&self, change: isize) -> isize {
        self.depth.fetch_add(change, Ordering::Relaxed) + change
    }

    pub async fn hear(&self) -> Reply {
        self.replies
            .lock()
            .await
            .recv()
            .await
            .expect("the actor is there")
    }
}

impl End {
    pub async fn reply(&self, reply: Reply) {
        assert!(
            self.replies.send(reply).await.is_ok(),
            "the interpreter is there"
        );
    }

    async fn next(&self) -> Request {
        self.requests
            .lock()
            .await
            .recv()
            .await
            .expect("the interpreter is there")
    }
}

/// An outermost block, from its beginning to the last of its hooks.
pub async fn outermost(mut db: Db<Sqlite>, how: How, end: Arc<End>) {
    let body = async |tx: &mut Tx<Sqlite>| {
        end.reply(Reply::Entered).await;
        serve(tx, &end).await
    };
    let ended: Result<(), Fault> = match how {
        How::Atomic | How::Capture => db.atomic(body).await,
        How::Join => Handle::join(&mut db, body).await,
        How::Durable => db.with(Options::new().durable()).atomic(body).await,
        How::Test => rolled_back(&mut db, body).await,
    };
    end.reply(Reply::Done(ended.map(|()| Value::Null))).await;
}

/// A send without a transaction.
pub async fn send_alone(
    db: Db<Sqlite>,
    signal: usize,
    sender: Option<String>,
    robust: bool,
    end: Arc<End>,
) {
    let mut db = db;
    let outcome = send(&mut db, signal, sender, robust, &end).await;
    end.reply(Reply::Done(outcome)).await;
}

/// Does what it is asked until it is asked to return.
fn serve<'a>(tx: &'a mut Tx<Sqlite>, end: &'a Arc<End>) -> BoxFuture<'a, Result<(), Fault>> {
    Box::pin(async move {
        loop {
            let outcome = match end.next().await {
                Request::Return(result) => return result,
                Request::Enter(How::Capture) => {
                    let body = async |tx: &mut Tx<Sqlite>| {
                        end.reply(Reply::Entered).await;
                        serve(tx, end).await
                    };
                    let (result, captured) = capture_on_commit(tx, body).await;
                    end.reply(Reply::Captured(captured, result)).await;
                    continue;
                }
                Request::Enter(how) => nested(tx, how, end).await.map(|()| Value::Null),
                Request::Statement {
                    sql,
                    id,
                    val,
                    bridge,
                } => statement(tx, sql, id, val, bridge).await,
                Request::Ids { table } => ids(tx, &table).await,
                Request::SetRollback(value) => tx
                    .set_rollback(value)
                    .map(|()| Value::Null)
                    .map_err(Fault::from),
                Request::GetRollback => Ok(json!(tx.get_rollback())),
                Request::OnCommit(hook) => {
                    let label = hook.label();
                    tx.on_commit_named(label, move || hook.run());
                    Ok(Value::Null)
                }
                Request::Send {
                    signal,
                    sender,
                    robust,
                } => send(tx, signal, sender, robust, end).await,
                Request::Work(work) => work.run(tx).await,
                Request::PutBack(captured) => {
                    captured.put_back(tx);
                    Ok(Value::Null)
                }
            };
            end.reply(Reply::Done(outcome)).await;
        }
    })
}

async fn nested(tx: &mut Tx<Sqlite>, how: How, end: &Arc<End>) -> Result<(), Fault> {
    let body = async |tx: &mut Tx<Sqlite>| {
        end.reply(Reply::Entered).await;
        serve(tx, end).await
    };
    match how {
        How::Atomic | How::Capture => tx.atomic(body).await,
        How::Join => tx.join(body).await,
        How::Durable => tx.atomic_with(Options::new().durable(), body).await,
        How::Test => rolled_back(tx, body).await,
    }
}

async fn statement(
    tx: &mut Tx<Sqlite>,
    sql: &'static str,
    id: i64,
    val: Option<i64>,
    bridge: Bridge,
) -> Outcome {
    let run = async |tx: &mut Tx<Sqlite>| {
        sqlx::query(sql)
            .bind(id)
            .bind(val)
            .execute(&mut *tx)
            .await
            .map(|_| Value::Null)
            .map_err(Fault::from)
    };
    if bridge == Bridge::None {
        return run(tx).await;
    }
    // A marked block refuses the statement before it is sent, and the mark stays what it is.
    if tx.get_rollback() {
        return run(tx).await;
    }
    tx.atomic(run).await
}

async fn ids(tx: &mut Tx<Sqlite>, table: &str) -> Outcome {
    let sql = sqlx::AssertSqlSafe(format!("SELECT id FROM {table} ORDER BY id"));
    let ids: Vec<i64> = sqlx::query_scalar(sql).fetch_all(&mut *tx).await?;
    Ok(json!(ids))
}

async fn send(
    handle: &mut impl Handle<Sqlite>,
    signal: usize,
    sender: Option<String>,
    robust: bool,
    end: &Arc<End>,
) -> Outcome {
    let end = Arc::clone(end);
    match signal {
        0 => send_as(handle, Signal::<0> { sender, end }, robust).await,
        1 => send_as(handle, Signal::<1> { sender, end }, robust).await,
        _ => send_as(handle, Signal::<2> { sender, end }, robust).await,
    }
}

async fn send_as<const N: usize>(
    handle: &mut impl Handle<Sqlite>,
    signal: Signal<N>,
    robust: bool,
) -> Outcome {
    if robust {
        handle.send_robust(signal).await?;
    } else {
        handle.send(signal).await?;
    }
    Ok(Value::Null)
}

/// A receiver: it tells that it was called, and serves until its body has been played.
pub async fn receive<const N: usize>(
    name: &Arc<str>,
    tx: Option<&mut Tx<Sqlite>>,
    signal: &Signal<N>,
) -> aftercommit::Result<()> {
    let end = &signal.end;
    let receiver = name.to_string();
    end.reply(Reply::Called(Announced {
        receiver,
        about: None,
    }))
    .await;
    serve_receiver(tx, end).await.map_err(Error::other)
}

/// Serves until the body of a receiver has been played.
pub async fn serve_receiver(tx: Option<&mut Tx<Sqlite>>, end: &Arc<End>) -> Result<(), Fault> {
    match tx {
        Some(tx) => serve(tx, end).await,
        None => loop {
            if let Request::Return(result) = end.next().await {
                break result;
            }
        },
    }
}

impl HookOp {
    pub fn label(&self) -> String {
        self.op["label"].as_str().unwrap_or_default().to_owned()
    }

    /// The hook: it tells that it runs, and waits until its body has been played.
    pub async fn run(self) -> Result<(), Fault> {
        let (done, played) = oneshot::channel();
        self.end.reply(Reply::Hook(self.op, done)).await;
        played.await.expect("the interpreter answers")
    }
}
