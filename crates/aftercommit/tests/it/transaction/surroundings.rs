//! Where a block may be: in library code, in a hook, in a task of its own.

use aftercommit::{Handle, Ok, Result};

use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    library_code_need_not_know_where_it_is,
    a_pool_of_one_is_enough,
    the_block_works_in_a_spawned_task,
}

async fn add<DB: Server, H: Handle<DB>>(handle: &mut H, labels: &Labels, id: i64) -> Result<()> {
    handle.atomic(async |tx| DB::insert(tx, id).await).await?;
    handle
        .on_commit(labels.hook(&format!("{id} {}", handle.in_transaction())))
        .await
}

async fn library_code_need_not_know_where_it_is<DB: Server>() {
    let mut site = Site::<DB>::open().await;
    let labels = Labels::default();
    add(&mut site.db, &labels, 1).await.unwrap();
    assert_eq!(
        labels.all(),
        ["1 false"],
        "without a transaction the hook runs now"
    );
    site.db
        .atomic(async |tx| {
            add(tx, &labels, 2).await?;
            assert_eq!(labels.all().len(), 1, "in a transaction it waits");
            Handle::join(tx, async |tx| DB::insert(tx, 3).await).await
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["1 false", "2 true"]);
    assert_eq!(site.ids().await, [1, 2, 3]);
}

async fn a_pool_of_one_is_enough<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    let (inside, labels) = (site.db.clone(), Labels::default());
    let noting = labels.clone();
    site.db
        .atomic(async |tx| {
            tx.on_commit(async move || {
                inside.atomic(async |tx| DB::insert(tx, 2).await).await?;
                noting.note("written");
                Ok(())
            });
            DB::insert(tx, 1).await
        })
        .await
        .unwrap();
    assert_eq!(labels.all(), ["written"]);
    assert_eq!(site.ids().await, [1, 2]);
}

async fn the_block_works_in_a_spawned_task<DB: Server>() {
    let site = Site::<DB>::open().await;
    let db = site.db.clone();
    let local = String::from("borrowed");
    let task = tokio::spawn(async move {
        let length = db
            .atomic(async |tx| {
                DB::insert(tx, 1).await?;
                Ok(local.len())
            })
            .await?;
        Ok((length, local))
    });
    assert_eq!(task.await.unwrap().unwrap().0, 8);
    assert_eq!(site.ids().await, [1]);
}
