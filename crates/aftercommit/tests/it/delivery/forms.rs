//! What receivers may be given, and what they may answer.

use std::sync::Arc;
use std::time::Duration;

use aftercommit::effect::durable;
use aftercommit::signal::with_state;
use aftercommit::{BoxError, Delivery, Event, Ok, Outcome, Result, Signals, Tx};

use super::{Noted, noted, quickly, site, worker};
use crate::support::{Outbox, Sink, Site};

on_each_database_and_the_pooler! {
    every_form_of_receiver_is_called,
    a_receiver_answers_what_becomes_of_the_effect,
    a_receiver_fails_with_any_error,
}

async fn plain(sink: &Sink, noted: &Noted) -> Result<()> {
    sink.put(format!("plain {}", noted.0));
    Ok(())
}

async fn knowing(sink: &Sink, delivery: Delivery<Noted>) -> Result<()> {
    sink.put(format!("knowing {} {}", delivery.0, delivery.attempt()));
    Ok(())
}

async fn answering(sink: &Sink, delivery: Delivery<Noted>) -> Result<Outcome> {
    sink.put(format!("answering {}", delivery.0));
    Ok(Outcome::discard("as it was asked to"))
}

async fn counting(sink: &Sink, all: Vec<Delivery<Noted>>) -> Result<Vec<Outcome>> {
    sink.put(format!("counting {}", all[0].0));
    Ok(vec![Outcome::Done; all.len()])
}

async fn writing<DB: Outbox>(sink: &Sink, tx: &mut Tx<DB>, noted: &Noted) -> Result<()> {
    DB::insert(tx, 7).await?;
    let sink = sink.clone();
    let text = noted.0.clone();
    tx.on_commit(async move || sink.put(format!("writing {text}")));
    Ok(())
}

async fn every_form_of_receiver_is_called<DB: Outbox>() {
    let sink = Sink::default();
    let site = Site::<DB>::open().await;
    site.db.migrate().await.unwrap();
    let (shared, batched) = (sink.clone(), sink.clone());
    let signals = Signals::new()
        .durable("plain", with_state(sink.clone(), plain))
        .durable("knowing", with_state(sink.clone(), knowing))
        .durable("answering", with_state(sink.clone(), answering))
        .durable("counting", with_state(sink.clone(), counting))
        .durable("writing", with_state(sink.clone(), writing::<DB>))
        .durable("shared", move |noted: Arc<Noted>| {
            let sink = shared.clone();
            async move { sink.put(format!("shared {}", noted.0)) }
        })
        .durable("batched", move |all: Vec<Delivery<Noted>>| {
            let sink = batched.clone();
            async move {
                sink.put(format!("batched {}", all[0].0));
                Ok(vec![Outcome::Done; all.len()])
            }
        });
    let site = site.with_signals(signals);
    let running = worker(&site.db).await;
    site.db.send(noted("x")).await.unwrap();
    let mut delivered = sink.until(7).await;
    delivered.sort();
    assert_eq!(
        delivered,
        [
            "answering x",
            "batched x",
            "counting x",
            "knowing x 1",
            "plain x",
            "shared x",
            "writing x"
        ]
    );
    assert_eq!(site.ids().await, [7]);
    site.until("effects", 0).await;
    assert_eq!(site.effects("dead").await, ["\"x\""]);
    running.drain().await;
}

async fn a_receiver_answers_what_becomes_of_the_effect<DB: Outbox>() {
    let sink = Sink::default();
    let puts = sink.clone();
    let receiver = durable("note", move |delivery: Delivery<Noted>| {
        puts.put(&delivery.0);
        let answer = match delivery.0.as_str() {
            "discard" => Outcome::discard("nobody wants it"),
            "later" => Outcome::RetryAfter(Duration::from_secs(3600)),
            _ => Outcome::Done,
        };
        async move { Ok(answer) }
    });
    let (site, running) = site::<DB>(receiver).await;
    for text in ["discard", "later", "done"] {
        site.db.send(noted(text)).await.unwrap();
    }
    site.until("effects", 0).await;
    assert_eq!(site.effects("dead").await, ["\"discard\""]);
    assert_eq!(site.effects("waiting").await, ["\"later\""]);
    let failures = "SELECT failures FROM aftercommit_waiting";
    assert_eq!(DB::number(&site.others, failures.into()).await, 0);
    running.drain().await;
}

async fn fail_alone(_noted: &Noted) -> anyhow::Result<()> {
    anyhow::bail!("alone")
}

async fn fail_inside<DB: Outbox>(_tx: &mut Tx<DB>, _noted: &Noted) -> anyhow::Result<()> {
    anyhow::bail!("inside")
}

async fn fail_knowing(_delivery: Delivery<Noted>) -> std::io::Result<Outcome> {
    Err(std::io::Error::other("knowing"))
}

async fn fail_together(_all: Vec<Delivery<Noted>>) -> Result<Vec<Outcome>, BoxError> {
    Err("together".into())
}

async fn fail_alone_with(_: &u8, _noted: &Noted) -> anyhow::Result<()> {
    anyhow::bail!("alone_with")
}

async fn fail_inside_with<DB: Outbox>(
    _: &u8,
    _tx: &mut Tx<DB>,
    _noted: &Noted,
) -> Result<(), sqlx::Error> {
    Err(sqlx::Error::Protocol("inside_with".into()))
}

async fn fail_knowing_with(_: &u8, _delivery: Delivery<Noted>) -> anyhow::Result<Outcome> {
    anyhow::bail!("knowing_with")
}

async fn fail_together_with(_: &u8, _all: Vec<Delivery<Noted>>) -> anyhow::Result<Vec<Outcome>> {
    anyhow::bail!("together_with")
}

async fn a_receiver_fails_with_any_error<DB: Outbox>() {
    let sink = Sink::default();
    let heard = sink.clone();
    let mut site = Site::<DB>::open().await;
    site.db.migrate().await.unwrap();
    let signals = Signals::new()
        .with(durable("alone", fail_alone).retry(quickly(1)))
        .with(
            durable("shared", async |_: Arc<Noted>| {
                Err::<(), BoxError>("shared".into())
            })
            .retry(quickly(1)),
        )
        .with(durable("inside", fail_inside::<DB>).retry(quickly(1)))
        .with(durable("knowing", fail_knowing).retry(quickly(1)))
        .with(durable("together", fail_together).retry(quickly(1)))
        .with(durable("alone_with", with_state(1, fail_alone_with)).retry(quickly(1)))
        .with(durable("inside_with", with_state(1, fail_inside_with::<DB>)).retry(quickly(1)))
        .with(durable("knowing_with", with_state(1, fail_knowing_with)).retry(quickly(1)))
        .with(durable("together_with", with_state(1, fail_together_with)).retry(quickly(1)));
    site.db = site
        .db
        .clone()
        .with_signals(signals)
        .with_observer(move |event| {
            if let Event::DeadLetter {
                receiver, reason, ..
            } = event
            {
                let reason = reason.unwrap_or_default();
                let names_it = reason.ends_with(receiver);
                heard.put(if names_it {
                    (*receiver).to_owned()
                } else {
                    format!("{receiver}: {reason}")
                });
            }
        });
    site.db.send(noted("x")).await.unwrap();
    let running = worker(&site.db).await;
    let mut failed = sink.until(9).await;
    failed.sort();
    assert_eq!(
        failed,
        [
            "alone",
            "alone_with",
            "inside",
            "inside_with",
            "knowing",
            "knowing_with",
            "shared",
            "together",
            "together_with"
        ]
    );
    running.drain().await;
}
