//! What the programs' operations on rows are in the library's words: the part that a service would write.

use aftercommit::model::Model as _;
use aftercommit::{Db, Deleted, Deleting, Signals, Tx};
use serde_json::{Value, json};
use sqlx::Sqlite;

use super::actor::{Outcome, Work};
use super::rows::{self, Call, Child, Item, Parent, Row};

/// How a save writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Save,
    Insert,
    Update,
    UpdateVal,
}

pub(super) async fn write<M: Row>(tx: &mut Tx<Sqlite>, row: &mut M, how: How) -> Outcome {
    match how {
        How::Save => tx.save(row).await,
        How::Insert => tx.insert(row).await,
        How::Update => tx.update(row).await,
        How::UpdateVal => tx.update_only(row, &["val"]).await,
    }?;
    Ok(Value::Null)
}

pub(super) async fn send<S: Send + Sync + 'static>(db: &Db<Sqlite>, signal: S) -> Outcome {
    db.send(signal).await?;
    Ok(Value::Null)
}

pub(super) fn statements<M: Row>() -> (&'static str, &'static str) {
    match M::NAME {
        "child" => (
            "UPDATE child SET parent_id = ? WHERE id = ?",
            "INSERT INTO child (parent_id, id) VALUES (?, ?)",
        ),
        "parent" => (
            "UPDATE parent SET val = ? WHERE id = ?",
            "INSERT INTO parent (val, id) VALUES (?, ?)",
        ),
        _ => (
            "UPDATE item SET val = ? WHERE id = ?",
            "INSERT INTO item (val, id) VALUES (?, ?)",
        ),
    }
}

pub(super) fn delete_one<M: Row>(row: M, _signals: Signals<Sqlite>) -> Work {
    Work::new(move |tx| {
        Box::pin(async move {
            let found = tx.delete(&row).await?;
            Ok(json!(u64::from(found)))
        })
    })
}

/// Django's order of a cascade, written as a service would: relations are its own business.
pub(super) async fn delete_with_children(
    tx: &mut Tx<Sqlite>,
    row: Parent,
    signals: Signals<Sqlite>,
) -> Outcome {
    tx.join(async move |tx: &mut Tx<Sqlite>| {
        let child = |id: &i64| Child::new(*id, Some(*row.id()), row.call().clone());
        // Nobody hears of children: they need not be known.
        let mut children = Vec::new();
        if rows::delete_is_heard(&signals, &child(&0)) {
            let select = sqlx::query_scalar("SELECT id FROM child WHERE parent_id = ? ORDER BY id");
            let ids: Vec<i64> = select.bind(*row.id()).fetch_all(&mut *tx).await?;
            children = ids.iter().map(child).collect();
        }
        for child in &children {
            tx.send(Deleting::new(child.clone())).await?;
        }
        tx.send(Deleting::new(row.clone())).await?;
        let delete = sqlx::query("DELETE FROM child WHERE parent_id = ?").bind(*row.id());
        let mut count = delete.execute(&mut *tx).await?.rows_affected();
        for child in children.into_iter().rev() {
            tx.send(Deleted::new(child)).await?;
        }
        let delete = sqlx::query("DELETE FROM parent WHERE id = ?").bind(*row.id());
        count += delete.execute(&mut *tx).await?.rows_affected();
        tx.send(Deleted::new(row)).await?;
        Ok(json!(count))
    })
    .await
}

pub(super) fn ids(op: &Value) -> Vec<i64> {
    op["ids"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_i64)
        .collect()
}

/// Django's inserts fail where `save_many` would write over what is there.
pub(super) async fn create_many(tx: &mut Tx<Sqlite>, op: &Value) -> Outcome {
    let mut created = Vec::new();
    for row in op["rows"].as_array().into_iter().flatten() {
        let insert = sqlx::query("INSERT INTO item (id, val) VALUES (?, ?)");
        let insert = insert.bind(row[0].as_i64()).bind(row[1].as_i64());
        insert.execute(&mut *tx).await?;
        created.push(row[0].clone());
    }
    Ok(json!(created))
}

pub(super) async fn update_many(tx: &mut Tx<Sqlite>, op: &Value) -> Outcome {
    let mut count = 0;
    for id in ids(op) {
        let update = sqlx::query("UPDATE item SET val = ? WHERE id = ?")
            .bind(op["val"].as_i64())
            .bind(id);
        count += update.execute(&mut *tx).await?.rows_affected();
    }
    Ok(json!(count))
}

/// Django tells of each row of a queryset that is deleted; the library tells once of all.
pub(super) async fn delete_many(
    tx: &mut Tx<Sqlite>,
    op: &Value,
    call: &Call,
    signals: &Signals<Sqlite>,
) -> Outcome {
    let item = |id: &i64| Item::new(*id, None, call.clone());
    let ids = ids(op);
    if !rows::delete_is_heard(signals, &item(&0)) {
        return Ok(json!(tx.delete_many::<Item>(&ids).await?));
    }
    tx.join(async move |tx: &mut Tx<Sqlite>| {
        let mut found = Vec::new();
        for id in &ids {
            found.extend(tx.find::<Item>(id).await?.map(|_| item(id)));
        }
        for row in &found {
            tx.send(Deleting::new(row.clone())).await?;
        }
        let mut count = 0;
        for id in &ids {
            let delete = sqlx::query("DELETE FROM item WHERE id = ?").bind(id);
            count += delete.execute(&mut *tx).await?.rows_affected();
        }
        for row in found.into_iter().rev() {
            tx.send(Deleted::new(row)).await?;
        }
        Ok(json!(count))
    })
    .await
}
