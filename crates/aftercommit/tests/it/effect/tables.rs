//! The tables: not there, made twice, under other names.

use aftercommit::Signals;

use super::{never, noted, site};
use crate::support::{Outbox, Site};

on_each_database_and_the_pooler! {
    without_tables_the_error_names_the_way_out,
    migrating_twice_changes_nothing,
    tables_may_have_other_names,
    tables_may_stand_in_a_schema,
}

async fn without_tables_the_error_names_the_way_out<DB: Outbox>() {
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().durable("note", never));
    if DB::MIGRATED {
        site.run("DROP TABLE aftercommit_effects").await;
    }
    let refused = site
        .db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            tx.send(noted("nowhere")).await
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("SCHEMA_MISSING"), "{refused}");
    assert!(refused.to_string().contains("migrate"), "{refused}");
    assert_eq!(site.ids().await, Vec::<i64>::new());
}

async fn migrating_twice_changes_nothing<DB: Outbox>() {
    let site = site::<DB>().await;
    site.db.send(noted("kept")).await.unwrap();
    let (one, two) = tokio::join!(site.db.migrate(), site.db.migrate());
    one.and(two).unwrap();
    assert_eq!(site.effects("effects").await, ["\"kept\""]);
}

async fn tables_may_have_other_names<DB: Outbox>() {
    let mut site = site::<DB>().await;
    site.db = site.db.clone().with_tables(None, "queue_").unwrap();
    site.db.migrate().await.unwrap();
    site.db.send(noted("there")).await.unwrap();
    assert_eq!(site.effects("effects").await, Vec::<String>::new());
    assert_eq!(site.payloads("queue_effects").await, ["\"there\""]);
    let refused = site
        .db
        .clone()
        .with_tables(Some("x\"; --"), "queue_")
        .unwrap_err();
    assert_eq!(refused.code(), Some("BAD_IDENTIFIER"));
}

async fn tables_may_stand_in_a_schema<DB: Outbox>() {
    let mut site = site::<DB>().await;
    let schema = DB::schema(&site.others).await;
    let named = site.db.clone().with_tables(Some(&schema), "queue_");
    site.db = named.unwrap();
    site.db.migrate().await.unwrap();
    site.db.migrate().await.unwrap();
    site.db.send(noted("there")).await.unwrap();
    assert_eq!(site.payloads("queue_effects").await, ["\"there\""]);
}
