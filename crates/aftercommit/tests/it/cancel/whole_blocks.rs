//! Whole blocks, dropped at every await point and behind a slow network.

use std::time::Duration;

use aftercommit::Result;
use aftercommit_harness::Proxy;

use super::judge::Judge;
use super::ways::{WAYS, write};
use super::{polled, signals};
use crate::support::{Labels, Server, Site, long};

on_each_database! {
    dropped_at_every_await_point_nothing_is_half_done,
    dropped_behind_a_slow_network_nothing_is_half_done,
}

async fn dropped_at_every_await_point_nothing_is_half_done<DB: Server>() {
    let labels = Labels::default();
    let site = Site::<DB>::with_pool_of(1)
        .await
        .with_signals(signals(&labels));
    let mut judge = Judge::new(&site, labels.clone());
    let least = if long() { 6_500 } else { 650 };
    while judge.drops < least {
        for way in 0..WAYS {
            for polls in 1.. {
                let id = judge.id();
                match polled(polls, write(way, &site.db, &labels, id)).await {
                    Some(done) => {
                        done.unwrap();
                        // The ways that only read or roll back acknowledge no row.
                        if !matches!(way, 7 | 11) {
                            judge.acknowledged.push(id);
                        }
                        break;
                    }
                    None => judge.drops += 1,
                }
                judge.use_the_pool().await;
            }
        }
    }
    let drops = judge.conclude().await;
    println!("{} drops at await points on {}", drops, DB::NAME);
}

async fn dropped_behind_a_slow_network_nothing_is_half_done<DB: Server>() {
    let labels = Labels::default();
    let mut site = Site::<DB>::with_pool_of(1)
        .await
        .with_signals(signals(&labels));
    let proxy = slow(&mut site, Duration::from_millis(10)).await;
    let mut judge = Judge::new(&site, labels.clone());
    let step = if long() { 1 } else { 8 };
    for way in 0..WAYS {
        for milliseconds in (0..=80).step_by(step) {
            let id = judge.id();
            // The time is the fault here, not a wait for something.
            let dropped = tokio::time::timeout(
                Duration::from_millis(milliseconds),
                write(way, &site.db, &labels, id),
            );
            match dropped.await {
                Result::Ok(done) => {
                    done.unwrap();
                    if !matches!(way, 7 | 11) {
                        judge.acknowledged.push(id);
                    }
                }
                Err(_) => judge.drops += 1,
            }
            judge.use_the_pool().await;
        }
    }
    if let Some(proxy) = &proxy {
        proxy.set_delay(Duration::ZERO);
    }
    let drops = judge.conclude().await;
    println!("{} drops behind a slow network on {}", drops, DB::NAME);
}

/// Puts a proxy between the handle and its server. A database in a file has no network.
async fn slow<DB: Server>(site: &mut Site<DB>, delay: Duration) -> Option<Proxy> {
    let port = DB::port(&site.options)?;
    let proxy = Proxy::start(port).await.unwrap();
    let options = DB::through(site.options.clone(), proxy.port());
    let pool = sqlx::pool::PoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .unwrap();
    site.replace_pool(pool);
    proxy.set_delay(delay);
    Some(proxy)
}
