//! What is there once: an effect of a kind, and the name of a receiver.

use std::time::Duration;

use aftercommit::effect::{durable, durable_elsewhere};
use aftercommit::{Ok, Signals};

use super::{Anything, Noted, never, noted};
use crate::support::{Outbox, Site};

on_each_database_and_the_pooler! {
    a_unique_effect_is_there_once,
    unique_effects_in_any_order_do_not_collide,
    keys_that_differ_in_a_space_are_two,
}

async fn a_unique_effect_is_there_once<DB: Outbox>() {
    let site = Site::<DB>::open().await;
    site.db.migrate().await.unwrap();
    let reindex =
        durable("reindex", never).unique(|noted: &Noted| noted.0.chars().take(1).collect());
    let later = durable("later", never)
        .unique(|_: &Noted| "all".into())
        .delay(|_| Duration::from_secs(3600));
    let site = site.with_signals(Signals::new().with(reindex).with(later));
    for texts in [&["a1", "b1", "a2"][..], &["a3"], &["b2", "b3"]] {
        site.db
            .atomic(async |tx| {
                for text in texts {
                    tx.send(noted(text)).await?;
                }
                Ok(())
            })
            .await
            .unwrap();
    }
    assert_eq!(site.effects("effects").await, ["\"a3\"", "\"b3\""]);
    assert_eq!(site.effects("waiting").await, ["\"b3\""]);
}

async fn unique_effects_in_any_order_do_not_collide<DB: Outbox>() {
    let site = Site::<DB>::with_pool_of(8).await;
    site.db.migrate().await.unwrap();
    let reindex = durable("reindex", never).unique(|noted: &Noted| noted.0.clone());
    let site = site.with_signals(Signals::new().with(reindex));
    let mut committing = tokio::task::JoinSet::new();
    for task in 0..8 {
        let db = site.db.clone();
        committing.spawn(async move {
            for _ in 0..40 {
                let mut numbers: Vec<u32> = (0..20).collect();
                if task % 2 == 0 {
                    numbers.reverse();
                }
                db.atomic(async |tx| {
                    for number in &numbers {
                        tx.send(noted(&number.to_string())).await?;
                    }
                    Ok(())
                })
                .await
                .unwrap();
            }
        });
    }
    committing.join_all().await;
    assert_eq!(site.count("effects").await, 20);
}

async fn keys_that_differ_in_a_space_are_two<DB: Outbox>() {
    let site = Site::<DB>::open().await;
    site.db.migrate().await.unwrap();
    let same = durable("same", never).unique(|noted: &Noted| noted.0.clone());
    let site = site.with_signals(Signals::new().with(same));
    for text in ["a", "a ", "A", "á", "a"] {
        site.db.send(noted(text)).await.unwrap();
    }
    assert_eq!(
        site.effects("effects").await,
        ["\"a\"", "\"a \"", "\"A\"", "\"á\""]
    );
}

#[test]
fn a_durable_name_is_taken_once_over_all_signals() {
    let signals = Signals::<sqlx::Sqlite>::new().durable("note", never);
    let taken = signals
        .connect(durable_elsewhere::<_, Anything>("note"))
        .unwrap_err();
    assert_eq!(taken.code(), Some("DUPLICATE_RECEIVER"));
    assert!(
        taken.to_string().matches("unique.rs").count() == 2,
        "{taken}"
    );
    for name in ["", "a\nb", "a ", &"x".repeat(191)] {
        let refused = signals
            .connect(durable_elsewhere::<_, Anything>(name))
            .unwrap_err();
        assert_eq!(refused.code(), Some("BAD_NAME"), "{refused}");
    }
}
