//! There if and only if the transaction commits.

use aftercommit::{Db, Error, Ok, Result, Signals, When};
use aftercommit_harness::Cut;

use super::{never, noted, site};
use crate::cancel::polled;
use crate::faults::behind_a_proxy;
use crate::support::{Outbox, Site, long};

on_each_database_and_the_pooler! {
    an_effect_is_there_if_and_only_if_its_transaction_commits,
    effects_travel_with_the_commit,
    a_durable_receiver_makes_a_send_a_transaction,
    many_effects_are_written_in_pieces,
    a_cut_commit_takes_its_effects_along,
    a_dropped_commit_keeps_its_effects_or_has_none,
    too_many_are_refused_before_the_commit,
}

async fn an_effect_is_there_if_and_only_if_its_transaction_commits<DB: Outbox>() {
    let site = site::<DB>().await;
    let failed: Result<()> = site
        .db
        .atomic(async |tx| {
            tx.send(noted("rolled back")).await?;
            Err(Error::other("no"))
        })
        .await;
    assert!(failed.is_err());
    assert_eq!(site.effects("effects").await, Vec::<String>::new());

    site.db
        .atomic(async |tx| {
            tx.send(noted("kept")).await?;
            let undone: Result<()> = tx
                .atomic(async |tx| {
                    tx.send(noted("undone")).await?;
                    tx.atomic(async |tx| tx.send(noted("released inside")).await)
                        .await?;
                    Err(Error::other("no"))
                })
                .await;
            assert!(undone.is_err());
            assert_eq!(tx.pending_effects(), 1);
            tx.send(noted("kept too")).await
        })
        .await
        .unwrap();
    assert_eq!(site.effects("effects").await, ["\"kept\"", "\"kept too\""]);
}

/// There is no statement between the last one of the body and COMMIT that could be answered and then lost.
async fn effects_travel_with_the_commit<DB: Outbox>() {
    let site = site::<DB>().await;
    let told: Result<()> = site
        .db
        .atomic(async |tx| {
            DB::insert(tx, 1).await?;
            tx.send(noted("with row 1")).await?;
            tx.set_rollback(true)
        })
        .await;
    assert!(told.unwrap_err().is_rolled_back());
    site.db
        .atomic(async |tx| {
            DB::insert(tx, 2).await?;
            tx.send(noted("with row 2")).await
        })
        .await
        .unwrap();
    assert_eq!(site.ids().await, [2]);
    assert_eq!(site.effects("effects").await, ["\"with row 2\""]);
    let heard = site.heard.all();
    let commits = heard.iter().filter(|heard| *heard == "commit").count();
    assert_eq!(commits, 1, "{heard:?}");
}

async fn a_durable_receiver_makes_a_send_a_transaction<DB: Outbox>() {
    let site = site::<DB>().await;
    site.db.send(noted("alone")).await.unwrap();
    let responses = site.db.send_robust(noted("robust")).await.unwrap();
    assert!(responses[0].result.is_ok());
    assert_eq!(site.effects("effects").await, ["\"alone\"", "\"robust\""]);
    let receivers = site.db.signals().receivers();
    assert_eq!(receivers[0].when, When::Durable);
    assert!(
        receivers[0].to_string().contains("note hears"),
        "{}",
        receivers[0]
    );
}

async fn many_effects_are_written_in_pieces<DB: Outbox>() {
    let site = site::<DB>().await;
    let long = "x".repeat(200_000);
    site.db
        .atomic(async |tx| {
            for number in 0..12 {
                tx.send(noted(&format!("{number:02}{long}"))).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let numbers: Vec<String> = site
        .effects("effects")
        .await
        .iter()
        .map(|payload| payload[1..3].to_owned())
        .collect();
    let all: Vec<String> = (0..12).map(|number| format!("{number:02}")).collect();
    assert_eq!(numbers, all);
}

/// Row and effect with the same number, in one block.
async fn write_both<DB: Outbox>(db: &Db<DB>, id: i64) -> Result<()> {
    db.atomic(async |tx| {
        DB::insert(tx, id).await?;
        // On a busy machine SQLite's thread may have answered before it is asked: one point to be dropped at is certain.
        tokio::task::yield_now().await;
        tx.send(noted(&id.to_string())).await
    })
    .await
}

/// The numbers of the effects, which must be those of the rows.
async fn assert_both<DB: Outbox>(site: &Site<DB>) -> Vec<i64> {
    let effects = site.effects("effects").await;
    let mut effects: Vec<i64> = effects
        .iter()
        .map(|text| text.trim_matches('"').parse().unwrap())
        .collect();
    effects.sort_unstable();
    assert_eq!(effects, site.ids().await);
    effects
}

async fn a_cut_commit_takes_its_effects_along<DB: Outbox>() {
    let Some((site, proxy)) = behind_a_proxy::<DB>(1).await else {
        // The commit of a database in a file cannot be cut.
        return a_dropped_commit_keeps_its_effects_or_has_none::<DB>().await;
    };
    let site = site.with_signals(Signals::new().durable("note", never));
    site.db.migrate().await.unwrap();
    let mut id = 0;
    for _ in 0..if long() { 250 } else { 6 } {
        for cut in [
            Cut::Before,
            Cut::SwallowAnswer,
            Cut::AfterAnswer,
            Cut::HalfOpen,
        ] {
            id += 1;
            let fired = proxy.cut_on(cut, b"COMMIT");
            let told = write_both(&site.db, id).await;
            fired.await;
            proxy.release();
            let there = assert_both(&site).await.contains(&id);
            assert_eq!(told.is_ok(), there, "{cut:?}: {told:?}");
        }
    }
}

async fn a_dropped_commit_keeps_its_effects_or_has_none<DB: Outbox>() {
    let site = Site::<DB>::with_pool_of(1)
        .await
        .with_signals(Signals::new().durable("note", never));
    site.db.migrate().await.unwrap();
    let (mut id, mut drops) = (0, 0);
    for _ in 0..if long() { 50 } else { 3 } {
        for polls in 1.. {
            id += 1;
            if polled(polls, write_both(&site.db, id)).await.is_some() {
                break;
            }
            drops += 1;
            // With the only connection: what was dropped has ended one way or the other.
            id += 1;
            write_both(&site.db, id).await.unwrap();
        }
    }
    assert!(assert_both(&site).await.len() >= drops);
    assert!(drops > 0);
}

async fn too_many_are_refused_before_the_commit<DB: Outbox>() {
    let site = site::<DB>().await;
    let db = site.db.clone().with_hook_limit(3);
    let refused = db
        .atomic(async |tx| {
            for text in ["a", "b", "c", "d"] {
                tx.send(noted(text)).await?;
            }
            Ok(())
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("TOO_MANY_EFFECTS"));
    assert_eq!(site.count("effects").await, 0);
}
