//! A nested block and a statement, dropped while the block around them goes on.

use aftercommit::Tx;

use super::{Saved, polled, signals};
use crate::support::{Labels, Server, Site, long};

on_each_database! {
    a_nested_block_dropped_at_every_await_point_is_undone_alone,
    a_statement_dropped_at_every_await_point_confuses_no_other,
}

async fn a_nested_block_dropped_at_every_await_point_is_undone_alone<DB: Server>() {
    let labels = Labels::default();
    let site = Site::<DB>::with_pool_of(1)
        .await
        .with_signals(signals(&labels));
    let mut expected = Vec::new();
    let mut drops = 0;
    let mut id = 0;
    let least = if long() { 600 } else { 60 };
    while drops < least {
        for way in 0..4 {
            for polls in 1.. {
                id += 10;
                let mut tx = site.db.begin().await.unwrap();
                DB::insert(&mut tx, id).await.unwrap();
                let nested = async |tx: &mut Tx<DB>| {
                    tx.on_commit(labels.hook(&(id + 1).to_string()));
                    DB::insert(tx, id + 1).await
                };
                let done = match way {
                    0 => polled(polls, tx.atomic(nested)).await,
                    1 => {
                        let deeper = tx.atomic(async |tx| tx.atomic(nested).await);
                        polled(polls, deeper).await
                    }
                    2 => {
                        let by_hand = async {
                            let mut block = tx.begin().await?;
                            nested(&mut block).await?;
                            block.commit().await
                        };
                        polled(polls, by_hand).await
                    }
                    _ => {
                        polled(polls, async {
                            tx.send_robust(Saved(id + 1)).await.map(drop)
                        })
                        .await
                    }
                };
                // The outer block is as healthy as before.
                DB::insert(&mut tx, id + 2).await.unwrap();
                tx.commit().await.unwrap();
                expected.push(id);
                let whole = done.is_some();
                if let Some(done) = done {
                    done.unwrap();
                    expected.push(id + 1);
                }
                expected.push(id + 2);
                if whole {
                    break;
                }
                drops += 1;
            }
        }
    }
    println!("{drops} drops of a nested block on {}", DB::NAME);
    assert_eq!(site.ids().await, expected);
    let hooks = expected
        .iter()
        .filter(|id| **id % 10 == 1)
        .map(i64::to_string)
        .collect::<Vec<_>>();
    assert_eq!(labels.all(), hooks);
}

async fn a_statement_dropped_at_every_await_point_confuses_no_other<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    let mut id = 0;
    for _ in 0..(if long() { 200 } else { 20 }) {
        for polls in 1.. {
            id += 10;
            let mut tx = site.db.begin().await.unwrap();
            let first = polled(polls, DB::insert(&mut tx, id)).await;
            // A statement that was cut while it was being prepared must not leave its answer to this one.
            assert!(DB::count(&mut tx).await.unwrap() <= id);
            DB::insert(&mut tx, id + 1).await.unwrap();
            tx.commit().await.unwrap();
            assert!(site.ids().await.contains(&(id + 1)));
            if first.is_some() {
                break;
            }
            // The next round prepares anew.
            site.db
                .pool()
                .acquire()
                .await
                .unwrap()
                .close()
                .await
                .unwrap();
        }
    }
}
