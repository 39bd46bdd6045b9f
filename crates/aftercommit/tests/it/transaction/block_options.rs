//! What can be asked of a block: to be the outermost one, to only read.

use aftercommit::testing::rolled_back;
use aftercommit::{Ok, Options};

use crate::support::{Server, Site};

on_each_database_and_the_pooler! {
    a_durable_block_refuses_to_be_nested,
    a_durable_block_is_allowed_in_a_test,
    options_belong_to_the_outermost_block,
    a_read_only_block_refuses_to_write,
    read_only_ends_with_its_block,
}

async fn a_durable_block_refuses_to_be_nested<DB: Server>() {
    let site = Site::<DB>::open().await;
    let durable = Options::new().durable();
    site.db
        .with(durable.clone())
        .atomic(async |tx| DB::insert(tx, 1).await)
        .await
        .unwrap();
    site.db
        .atomic(async |tx| {
            let refused = tx
                .atomic_with(durable, async |tx| DB::insert(tx, 2).await)
                .await
                .unwrap_err();
            assert_eq!(refused.code(), Some("DURABLE_NESTED"));
            assert_eq!(
                refused.to_string().matches("block_options.rs:").count(),
                2,
                "both places: {refused}"
            );
            DB::insert(tx, 3).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1, 3]);
}

async fn a_durable_block_is_allowed_in_a_test<DB: Server>() {
    let mut site = Site::<DB>::open().await;
    rolled_back(&mut site.db, async |tx| {
        tx.atomic_with(Options::new().durable(), async |tx| DB::insert(tx, 1).await)
            .await?;
        assert_eq!(DB::count(tx).await?, 1);
        tx.atomic(async |tx| {
            let deeper = tx
                .atomic_with(Options::new().durable(), async |tx| DB::insert(tx, 2).await)
                .await;
            assert_eq!(deeper.unwrap_err().code(), Some("DURABLE_NESTED"));
            Ok(())
        })
        .await
    })
    .await
    .unwrap();
    assert!(site.ids().await.is_empty());
}

async fn options_belong_to_the_outermost_block<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db
        .with(Options::new().serializable())
        .atomic(async |tx| {
            let refused = tx
                .atomic_with(Options::new().read_only(), async |_tx| Ok(()))
                .await
                .unwrap_err();
            assert_eq!(refused.code(), Some("OPTION_NESTED"));
            assert!(
                refused.to_string().starts_with("OPTION_NESTED: read-only"),
                "{refused}"
            );
            DB::insert(tx, 1).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [1]);
}

async fn a_read_only_block_refuses_to_write<DB: Server>() {
    let site = Site::<DB>::open().await;
    let read_only = site.db.with(Options::new().read_only());
    let refused = read_only
        .atomic(async |tx| DB::insert(tx, 1).await)
        .await
        .unwrap_err();
    assert!(refused.as_database().is_some(), "{refused}");
    assert!(site.ids().await.is_empty());
}

async fn read_only_ends_with_its_block<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    for id in 1..4 {
        let count = site
            .db
            .with(Options::new().read_only())
            .atomic(async |tx| DB::count(tx).await)
            .await
            .unwrap();
        assert_eq!(count, id - 1);
        site.db
            .atomic(async |tx| DB::insert(tx, id).await)
            .await
            .unwrap();
    }
}
