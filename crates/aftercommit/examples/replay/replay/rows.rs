//! The rows of the programs as models, and the receivers of their signals.

use std::borrow::Cow;
use std::sync::Arc;

use aftercommit::model::Stored;
use aftercommit::signal::{Connection, during, with_state};
use aftercommit::{Deleted, Deleting, Error, Model, Result, Saved, Saving, Signals, Tx};
use serde_json::{Value, json};
use sqlx::Sqlite;

use super::actor::{Announced, End, Reply, serve_receiver};

/// What a row's receivers tell, and to whom.
#[derive(Clone)]
pub struct Call {
    pub end: Arc<End>,
    pub db: &'static str,
    pub raw: bool,
}

/// A row of one of the programs' tables.
pub trait Row: Stored<Sqlite, Id = i64> {
    const NAME: &'static str;

    fn new(id: i64, val: Option<i64>, call: Call) -> Self;

    /// There for rows that the interpreter made, which are all that are saved or deleted.
    fn call(&self) -> &Call;
}

macro_rules! rows {
    ($($row:ident $name:literal $column:literal)*) => {$(
        #[derive(Model, Clone)]
        #[model(table = $name)]
        pub struct $row {
            #[model(id, given)]
            id: i64,
            #[model(column = $column)]
            val: Option<i64>,
            #[model(skip)]
            call: Option<Call>,
        }

        impl Row for $row {
            const NAME: &'static str = $name;

            fn new(id: i64, val: Option<i64>, call: Call) -> Self {
                Self { id, val, call: Some(call) }
            }

            fn call(&self) -> &Call {
                self.call.as_ref().expect("made by the interpreter")
            }
        }
    )*};
}
rows! {
    Item "item" "val"
    Parent "parent" "val"
    Child "child" "parent_id"
}

/// The model signals, by the name that the programs give them.
pub const SIGNALS: [&str; 4] = ["pre_save", "post_save", "pre_delete", "post_delete"];

/// Connects a receiver to one model signal of one table.
pub fn connect<M: Row>(
    signals: &Signals<Sqlite>,
    signal: &str,
    name: String,
    receiver: &str,
) -> Result<Connection<Sqlite>> {
    let receiver: Arc<str> = receiver.into();
    match signal {
        "pre_save" => signals.connect(during(name, with_state(receiver, saving::<M>))),
        "post_save" => signals.connect(during(name, with_state(receiver, saved::<M>))),
        "pre_delete" => signals.connect(during(name, with_state(receiver, deleting::<M>))),
        _ => signals.connect(during(name, with_state(receiver, deleted::<M>))),
    }
}

pub fn disconnect<M: Row>(signals: &Signals<Sqlite>, signal: &str, name: &str) -> bool {
    match signal {
        "pre_save" => signals.disconnect::<Saving<M>>(name),
        "post_save" => signals.disconnect::<Saved<M>>(name),
        "pre_delete" => signals.disconnect::<Deleting<M>>(name),
        _ => signals.disconnect::<Deleted<M>>(name),
    }
}

/// Does anybody hear that such a row is deleted?
pub fn delete_is_heard<M: Row>(signals: &Signals<Sqlite>, row: &M) -> bool {
    signals.has_receivers(&Deleting::new(row.clone()))
        || signals.has_receivers(&Deleted::new(row.clone()))
}

async fn saving<M: Row>(
    name: &Arc<str>,
    tx: Option<&mut Tx<Sqlite>>,
    signal: &Saving<M>,
) -> Result<()> {
    let (row, call) = (&signal.instance, signal.instance.call());
    let extra = json!({"id": row.id(), "db": call.db, "update_fields": fields(&signal.only), "raw": call.raw});
    announce(name, tx, call, json!(["pre_save", M::NAME, extra])).await
}

async fn saved<M: Row>(
    name: &Arc<str>,
    tx: Option<&mut Tx<Sqlite>>,
    signal: &Saved<M>,
) -> Result<()> {
    let (row, call) = (&signal.instance, signal.instance.call());
    let extra = json!({
        "id": row.id(), "db": call.db, "created": signal.created, "update_fields": fields(&signal.only), "raw": call.raw
    });
    announce(name, tx, call, json!(["post_save", M::NAME, extra])).await
}

async fn deleting<M: Row>(
    name: &Arc<str>,
    tx: Option<&mut Tx<Sqlite>>,
    signal: &Deleting<M>,
) -> Result<()> {
    let (row, call) = (&signal.instance, signal.instance.call());
    let extra = json!({"id": row.id(), "db": call.db});
    announce(name, tx, call, json!(["pre_delete", M::NAME, extra])).await
}

async fn deleted<M: Row>(
    name: &Arc<str>,
    tx: Option<&mut Tx<Sqlite>>,
    signal: &Deleted<M>,
) -> Result<()> {
    let (row, call) = (&signal.instance, signal.instance.call());
    let extra = json!({"id": row.id(), "db": call.db});
    announce(name, tx, call, json!(["post_delete", M::NAME, extra])).await
}

fn fields(only: &Option<Vec<Cow<'static, str>>>) -> Value {
    json!(only)
}

/// Tells that a receiver was called, and serves until its body has been played.
async fn announce(
    name: &Arc<str>,
    tx: Option<&mut Tx<Sqlite>>,
    call: &Call,
    about: Value,
) -> Result<()> {
    let receiver = name.to_string();
    let about = Some(about);
    call.end
        .reply(Reply::Called(Announced { receiver, about }))
        .await;
    serve_receiver(tx, &call.end).await.map_err(Error::other)
}
