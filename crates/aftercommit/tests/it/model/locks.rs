//! The locks that saves take: tasks that save rows of their own do not wait for each other in a circle.

use std::future::Future;

use aftercommit::model::Stored;
use aftercommit::{Db, Model, Ok, Result};
use sqlx::MySql;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::Tables;
use crate::support::{Site, long};

const TASKS: usize = 8;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "entry")]
struct Entry {
    #[model(id, given)]
    id: Uuid,
    name: String,
}

/// The same table, read before it is changed.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "entry", keep_old)]
struct Kept {
    #[model(id, given)]
    id: Uuid,
    name: String,
}

on_each_database! {
    tasks_that_save_new_rows_do_not_deadlock,
    tasks_that_save_the_same_row_do_not_deadlock,
}

async fn opened<DB: Tables>() -> Site<DB> {
    let site = Site::<DB>::with_pool_of(TASKS as u32).await;
    let mut conn = site.others.acquire().await.expect("a connection");
    DB::run(&mut conn, DB::ENTRY).await;
    drop(conn);
    site
}

fn entry() -> Entry {
    Entry {
        id: Uuid::now_v7(),
        name: "new".into(),
    }
}

fn kept() -> Kept {
    let Entry { id, name } = entry();
    Kept { id, name }
}

/// Runs blocks on all tasks at once. Any error fails the test.
async fn together<DB: Tables, F>(db: &Db<DB>, blocks: usize, block: fn(Db<DB>) -> F)
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let db = db.clone();
        tasks.spawn(async move {
            for _ in 0..blocks {
                block(db.clone()).await?;
            }
            Ok(())
        });
    }
    let mut failed = Vec::new();
    while let Some(task) = tasks.join_next().await {
        failed.extend(task.expect("no panic").err());
    }
    assert!(failed.is_empty(), "{failed:?}");
}

async fn save_new<DB: Tables>(db: Db<DB>) -> Result<()>
where
    Entry: Stored<DB>,
    Kept: Stored<DB>,
{
    db.atomic(async |tx| {
        tx.save(&mut entry()).await?;
        tx.save(&mut kept()).await?;
        tx.save_many(&mut [entry(), entry(), entry()]).await?;
        tx.save(&mut entry()).await
    })
    .await
}

async fn tasks_that_save_new_rows_do_not_deadlock<DB: Tables>()
where
    Entry: Stored<DB>,
    Kept: Stored<DB>,
{
    let site = opened::<DB>().await;
    let blocks = if long() { 12_500 } else { 40 };
    together(&site.db, blocks, save_new::<DB>).await;
    let rows: i64 = DB::count_entries(&site.others).await;
    assert_eq!(rows, (TASKS * blocks * 6) as i64);
}

const SHARED: Uuid = Uuid::from_u128(7);

async fn save_shared<DB: Tables>(db: Db<DB>) -> Result<()>
where
    Entry: Stored<DB>,
    Kept: Stored<DB>,
{
    db.atomic(async |tx| {
        let name = Uuid::now_v7().to_string();
        let mut row = Entry { id: SHARED, name };
        tx.save(&mut row).await?;
        row.name.push('!');
        tx.save_many(&mut [row.clone(), entry()]).await?;
        let Entry { id, name } = row;
        tx.save(&mut Kept { id, name }).await
    })
    .await
}

async fn tasks_that_save_the_same_row_do_not_deadlock<DB: Tables>()
where
    Entry: Stored<DB>,
    Kept: Stored<DB>,
{
    let site = opened::<DB>().await;
    let mut shared = Entry {
        id: SHARED,
        ..entry()
    };
    site.db.insert(&mut shared).await.expect("inserted");
    together(&site.db, if long() { 1_000 } else { 20 }, save_shared::<DB>).await;
    let read = site.db.get::<Entry>(&SHARED).await.expect("there");
    assert!(read.name.ends_with('!'), "{read:?}");
}

/// The triggers of an INSERT that found the row there leave nothing, and those of the UPDATE run once.
#[tokio::test]
async fn a_row_that_is_there_is_not_inserted_for_its_triggers_only_on_mysql() {
    let site = opened::<MySql>().await;
    for sql in [
        "CREATE TABLE heard (what VARCHAR(10)) ENGINE = InnoDB",
        "CREATE TRIGGER i BEFORE INSERT ON entry FOR EACH ROW INSERT INTO heard VALUES ('insert')",
        "CREATE TRIGGER u BEFORE UPDATE ON entry FOR EACH ROW INSERT INTO heard VALUES ('update')",
    ] {
        sqlx::raw_sql(sql)
            .execute(&site.others)
            .await
            .expect("made");
    }
    let mut row = entry();
    site.db.save(&mut row).await.expect("inserted");
    site.db.save(&mut row).await.expect("updated");
    let heard: Vec<String> = sqlx::query_scalar("SELECT what FROM heard")
        .fetch_all(&site.others)
        .await
        .expect("read");
    assert_eq!(heard, ["insert", "update"]);
}
