//! Side effects inside a transaction are found.

use std::future::ready;
use std::sync::Arc;

use aftercommit::guard::{self, leaving};
use aftercommit::signal::with_state;
use aftercommit::testing::{capture_on_commit, rolled_back};
use aftercommit::{Handle, Ok, Result, Signals, Tx};
use tower::{Layer, Service, ServiceExt};

use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    ten_planted_side_effects_are_found,
    what_comes_after_the_commit_is_no_alarm,
    a_neighbour_is_no_alarm,
}

struct Ordered;

async fn mail_during(_: &Ordered) -> Result<()> {
    leaving("mail")
}

async fn mail_during_in<DB: Server>(_: &mut Tx<DB>, _: &Ordered) -> Result<()> {
    leaving("mail")
}

/// The lines of this file on which something leaves, for the two receivers.
fn line_of(text: &str) -> Vec<u32> {
    let lines = include_str!("guard.rs").lines().zip(1..);
    lines
        .filter(|(line, _)| line.contains(text))
        .map(|(_, n)| n)
        .collect()
}

fn found(result: Result<()>, what: &str, line: u32) {
    let error = result.expect_err("a side effect inside a transaction");
    assert_eq!(error.code(), Some("SIDE_EFFECT_INSIDE"), "{error}");
    let text = error.to_string();
    assert!(text.contains(&format!("{what} was used at")), "{text}");
    assert!(
        text.contains(&format!("guard.rs:{line} inside the transaction at")),
        "{text}"
    );
}

async fn ten_planted_side_effects_are_found<DB: Server>() {
    guard::set_policy(guard::Policy::Refuse);
    let in_receivers = line_of("    leaving(\"mail\")\n".trim_end());
    let site = Site::<DB>::open().await;
    let mut db = site.db.clone();

    let (mut result, mut line) = (Ok(()), 0);
    // 1: in the body of a block.
    let planted = db.atomic(async |_| {
        line = line!() + 1;
        leaving("search")
    });
    found(planted.await, "search", line);

    // 2: in a block inside it.
    let planted = db.atomic(async |tx| {
        tx.atomic(async |_| {
            line = line!() + 1;
            leaving("search")
        })
        .await
    });
    found(planted.await, "search", line);

    // 3: in a joined block.
    let planted = db.atomic(async |tx| {
        tx.join(async |_| {
            line = line!() + 1;
            leaving("search")
        })
        .await
    });
    found(planted.await, "search", line);

    // 4: by a function that gets the block around it as a handle.
    async fn by_handle<DB: Server, H: Handle<DB>>(handle: &mut H) -> Result<()> {
        handle.atomic(async |_| leaving("push")).await
    }
    let planted = db.atomic(async |tx| by_handle(tx).await);
    found(planted.await, "push", line_of("leaving(\"push\")")[0]);

    // 5: in a block that is tried again.
    let planted = db.retry(1).atomic(async |_| leaving("webhook"));
    found(planted.await, "webhook", line_of("leaving(\"webhook\")")[0]);

    // 6: between `begin` and `commit`.
    let begun = db.begin().await.expect("begun");
    line = line!() + 1;
    found(leaving("cache"), "cache", line);
    begun.rollback().await;
    leaving("cache").expect("no transaction any more");

    // 7 and 8: in receivers that run during the transaction.
    for (receiver, place) in ["mail_during", "mail_during_in"].iter().zip(&in_receivers) {
        let signals = match *receiver {
            "mail_during" => Signals::new().during(*receiver, mail_during),
            _ => Signals::new().during(*receiver, mail_during_in::<DB>),
        };
        let db = db.clone().with_signals(signals);
        let sent = db.atomic(async |tx| tx.send(Ordered).await).await;
        found(sent, "mail", *place);
    }

    // 9: in a test that will be rolled back.
    let planted: Result<()> = rolled_back(&mut db, async |_| {
        line = line!() + 1;
        result = leaving("search");
        Ok(())
    })
    .await;
    planted.expect("the test's own block");
    found(result, "search", line);

    // 10: a client behind the layer.
    let client = tower::service_fn(|_: &str| ready(Result::<_, std::io::Error>::Ok("200")));
    let mut client = guard::layer("http").layer(client);
    let planted = db.atomic(async |_| {
        let ready = client.ready().await.map_err(aftercommit::Error::other)?;
        line = line!() + 1;
        let answer = ready.call("GET /");
        answer.await.map(drop).map_err(aftercommit::Error::other)
    });
    let error = planted.await.expect_err("refused");
    assert!(
        error.to_string().contains(&format!("guard.rs:{line}")),
        "{error}"
    );
    assert_eq!(
        client
            .ready()
            .await
            .expect("ready")
            .call("GET /")
            .await
            .expect("no block"),
        "200"
    );
}

async fn mail_after(labels: &Labels, _: &Ordered) -> Result<()> {
    leaving("mail")?;
    labels.note("mailed");
    Ok(())
}

async fn what_comes_after_the_commit_is_no_alarm<DB: Server>() {
    guard::set_policy(guard::Policy::Refuse);
    let labels = Labels::default();
    let signals = Signals::new().after_commit("mail", with_state(labels.clone(), mail_after));
    let site = Site::<DB>::open().await.with_signals(signals);
    let mut db = site.db.clone();
    leaving("mail").expect("no block");

    let report = db
        .atomic_report(async |tx| {
            tx.on_commit(async || leaving("mail"));
            tx.send(Ordered).await
        })
        .await
        .expect("committed");
    assert!(
        report.hooks.iter().all(|hook| hook.result.is_ok()),
        "{report:?}"
    );

    // By hand.
    let mut begun = db.begin().await.expect("begun");
    begun.on_commit(async || leaving("mail"));
    let report = begun.commit_report().await.expect("committed");
    assert!(report.hooks[0].result.is_ok(), "{report:?}");

    // Without a transaction.
    db.send(Ordered).await.expect("sent");
    db.on_commit(async || leaving("mail")).await.expect("run");

    // In a test, where the block around it will be rolled back.
    rolled_back(&mut db, async |tx| {
        let (sent, captured) = capture_on_commit(tx, async |tx| tx.send(Ordered).await).await;
        sent?;
        assert!(captured.run().await.iter().all(|hook| hook.result.is_ok()));
        Ok(())
    })
    .await
    .expect("no alarm");

    // On purpose.
    let meant = db
        .atomic(async |_| guard::allow("a ping changes nothing", async { leaving("ping") }).await);
    meant.await.expect("allowed");
    assert_eq!(labels.all(), ["mailed", "mailed", "mailed"]);
}

async fn a_neighbour_is_no_alarm<DB: Server>() {
    guard::set_policy(guard::Policy::Refuse);
    let site = Site::<DB>::open().await;
    let inside = Arc::new(tokio::sync::Barrier::new(3));
    let block = |inside: Arc<tokio::sync::Barrier>| {
        let db = site.db.clone();
        async move {
            db.with(aftercommit::Options::new().read_only())
                .atomic(async |_| {
                    inside.wait().await;
                    inside.wait().await;
                    Ok(())
                })
                .await
        }
    };
    let other_task = tokio::spawn(block(Arc::clone(&inside)));
    let beside = async {
        inside.wait().await;
        let left = leaving("mail");
        inside.wait().await;
        left
    };
    // Beside a block in the same task, while another task has one open too.
    let (blocked, left) = tokio::join!(block(Arc::clone(&inside)), beside);
    blocked.expect("committed");
    left.expect("not of this block");
    other_task.await.expect("joined").expect("committed");

    // A transaction begun by hand in another task.
    let db = site.db.clone();
    let begun = tokio::spawn(async move { db.begin().await.expect("begun") })
        .await
        .expect("joined");
    leaving("mail").expect("begun by somebody else");
    drop(begun);
}
