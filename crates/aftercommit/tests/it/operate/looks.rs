//! Looking: overview, list, get.

use std::time::Duration;

use aftercommit::operate::{Cursor, Filter, State, Status};
use aftercommit::{EffectId, Worker};

use super::{LATER, Office, carrying};
use crate::support::{Outbox, Site, patient};

on_each_database_and_the_pooler! {
    an_overview_counts_each_receiver_and_worker,
    a_list_is_read_page_by_page,
    a_list_is_narrowed,
    hostile_pages_and_cursors_are_refused,
    an_effect_is_found_in_whichever_table,
    without_tables_an_operator_is_told_the_way_out,
}

async fn an_overview_counts_each_receiver_and_worker<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.order(&["a1", "a2", "b1", "c1"]).await;
    office.note(&["x", "y", "z"]).await;
    office.bury(&carrying("a1")).await;
    office.put_off(&carrying("a2"), "NULL").await;
    office.put_off(&carrying("b1"), LATER).await;
    office.bury(&carrying("z")).await;
    let site = &office.site;
    site.run("INSERT INTO aftercommit_workers (id, name, started_at, beat_at, lease) VALUES (7, 'w\u{1b}', 0, 0, 1)")
        .await;
    site.run(&format!(
        "UPDATE aftercommit_effects SET owner = 7 WHERE {}",
        carrying("x")
    ))
    .await;
    office.operator.pause("elsewhere").await.unwrap();

    let overview = office.operator.overview().await.unwrap();
    let [elsewhere, note, ship] = &overview.receivers[..] else {
        panic!("{overview:?}");
    };
    assert!(elsewhere.paused.is_some() && !elsewhere.handled_here);
    assert_eq!(elsewhere.recorded(), 0);
    assert_eq!(
        (
            &*note.name,
            note.pending,
            note.claimed,
            note.dead,
            note.blocking
        ),
        ("note", 1, 1, 1, 0)
    );
    assert_eq!(
        (
            &*ship.name,
            ship.pending,
            ship.waiting,
            ship.parked,
            ship.dead,
            ship.blocking
        ),
        ("ship", 1, 1, 1, 1, 1)
    );
    assert!(ship.oldest_pending.is_some() && ship.paused.is_none() && ship.handled_here);
    assert_eq!(ship.recorded() + note.recorded(), 7);
    let [worker] = &overview.workers[..] else {
        panic!("{overview:?}");
    };
    assert_eq!((worker.id, worker.leases), (7, 1));
    assert!(!worker.is_alive() && worker.silent > Duration::from_secs(3600));
    let text = overview.to_string();
    assert!(
        text.contains("w\\u{1b} (7)") && text.contains("paused"),
        "{text}"
    );

    site.run("DELETE FROM aftercommit_workers").await;
    let worker = Worker::new(&site.db).name("the one").start().await.unwrap();
    let registered = async || {
        let workers = office.operator.overview().await.unwrap().workers;
        workers
            .iter()
            .any(|worker| worker.name == "the one" && worker.is_alive())
    };
    patient(registered, || "a worker".into()).await;
    worker.drain().await;
    assert!(office.operator.overview().await.unwrap().workers.is_empty());
}

/// Turns all pages.
async fn all<DB: Outbox>(office: &Office<DB>, filter: &Filter) -> (usize, Vec<EffectId>) {
    let (mut pages, mut ids) = (0, Vec::new());
    let mut from: Option<Cursor> = None;
    loop {
        let page = office.operator.list(filter, from.as_ref()).await.unwrap();
        pages += 1;
        ids.extend(page.effects.iter().map(|effect| effect.id));
        match page.next {
            // As through the address of a web page.
            Some(next) => from = Some(next.to_string().parse().unwrap()),
            None => return (pages, ids),
        }
    }
}

async fn a_list_is_read_page_by_page<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.order(&["a1", "a2", "a3", "b1", "b2"]).await;
    office.note(&["u", "v", "w", "x", "y"]).await;
    office.bury(&carrying("a1")).await;
    office.put_off("order_key = 'a'", "NULL").await;
    office.put_off(&carrying("v"), LATER).await;

    let (pages, newest) = all(&office, &Filter::new().page(3)).await;
    assert_eq!((pages, newest.len()), (4, 10));
    assert!(newest.is_sorted_by(|a, b| a > b), "{newest:?}");
    let (pages, mut oldest) = all(&office, &Filter::new().oldest_first().page(5)).await;
    assert_eq!(pages, 2);
    oldest.reverse();
    assert_eq!(oldest, newest);
    let (pages, one) = all(&office, &Filter::new().state(State::Pending).page(1)).await;
    assert_eq!((pages, one.len()), (6, 6));

    // What is settled while somebody turns the pages makes none come twice.
    let filter = Filter::new().page(4);
    let first = office.operator.list(&filter, None).await.unwrap();
    office
        .site
        .run(&format!(
            "DELETE FROM aftercommit_effects WHERE {}",
            carrying("y")
        ))
        .await;
    office.note(&["z"]).await;
    let second = office
        .operator
        .list(&filter, first.next.as_ref())
        .await
        .unwrap();
    let ids =
        |page: &aftercommit::operate::Page| page.effects.iter().map(|e| e.id).collect::<Vec<_>>();
    assert_eq!([ids(&first), ids(&second)].concat(), newest[..8]);
}

async fn a_list_is_narrowed<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.order(&["a1", "a2", "b1", "'; --"]).await;
    office.note(&["x"]).await;
    office.bury(&carrying("a1")).await;
    office.put_off(&carrying("a2"), "NULL").await;
    office.put_off(&carrying("b1"), LATER).await;
    office
        .site
        .run("UPDATE aftercommit_effects SET owner = 7 WHERE receiver = 'note'")
        .await;
    let filter = Filter::new;
    let table = [
        (filter(), 5),
        (filter().state(State::Pending), 1),
        (filter().state(State::Claimed), 1),
        (filter().state(State::Waiting), 1),
        (filter().state(State::Parked), 1),
        (filter().state(State::Dead), 1),
        (filter().receiver("ship"), 4),
        (filter().receiver("ship").key("a"), 2),
        (filter().receiver("ship").key("a").state(State::Dead), 1),
        (filter().key("a").state(State::Waiting), 0),
        (filter().key("'"), 1),
        (filter().receiver("note").key("a"), 0),
        (filter().receiver("SHIP"), 0),
        (filter().receiver("ship' OR '1' = '1"), 0),
        (filter().receiver("{after}").key("{which}"), 0),
    ];
    for (filter, count) in table {
        for filter in [filter.clone(), filter.oldest_first()] {
            let page = office.operator.list(&filter, None).await.unwrap();
            assert_eq!(page.effects.len(), count, "{filter:?}");
            assert_eq!(page.next, None);
        }
    }
}

async fn hostile_pages_and_cursors_are_refused<DB: Outbox>() {
    let office = Office::<DB>::open().await;
    office.note(&["x", "y", "z"]).await;
    let list = async |filter: Filter, from: Option<&Cursor>| {
        office
            .operator
            .list(&filter, from)
            .await
            .map(drop)
            .unwrap_err()
    };
    for page in [0, 1_001, usize::MAX] {
        let refused = list(Filter::new().page(page), None).await;
        assert_eq!(refused.code(), Some("BAD_PAGE"));
        let text = refused.to_string();
        assert!(
            text.contains("1 to 1000") && text.contains(&page.to_string()),
            "{text}"
        );
    }
    let page = office
        .operator
        .list(&Filter::new().page(1), None)
        .await
        .unwrap();
    let cursor = page.next.unwrap();
    let other = Filter::new().state(State::Dead);
    assert_eq!(list(other, Some(&cursor)).await.code(), Some("BAD_CURSOR"));
    let long = "x".repeat(191);
    for name in ["", "a\nb", "a\0b", &long] {
        let refused = list(Filter::new().receiver(name), None).await;
        assert_eq!(refused.code(), Some("BAD_NAME"), "{refused}");
        for refused in [
            office.operator.pause(name).await,
            office.operator.resume(name).await,
        ] {
            assert_eq!(super::code(refused), "BAD_NAME");
        }
        let refused = office.operator.retry_all(name).await.unwrap_err();
        assert_eq!(refused.code(), Some("BAD_NAME"));
    }
    for key in ["a\0b", &long] {
        assert_eq!(
            list(Filter::new().key(key), None).await.code(),
            Some("BAD_KEY")
        );
    }
    // A cursor may be beyond all that is there.
    let end = format!("{}{}", &cursor.to_string()[..16], "f".repeat(32));
    let filter = Filter::new().page(1);
    let page = office
        .operator
        .list(&filter, Some(&end.parse().unwrap()))
        .await
        .unwrap();
    assert_eq!(page.effects.len(), 1);
}

async fn an_effect_is_found_in_whichever_table<DB: Outbox>() {
    let mut office = Office::<DB>::open().await;
    office.site.db = office
        .site
        .db
        .with_headers(|| vec![("trace".into(), "é".into())]);
    office.operator = office.site.db.operate();
    office.order(&["a1", "a2", "b1"]).await;
    office.note(&["x", "y"]).await;
    office.bury(&carrying("a1")).await;
    office.put_off(&carrying("a2"), "NULL").await;
    office.put_off(&carrying("b1"), LATER).await;
    office
        .site
        .run(&format!(
            "UPDATE aftercommit_effects SET owner = 7 WHERE {}",
            carrying("x")
        ))
        .await;
    let table = [
        ("a1", State::Dead),
        ("a2", State::Parked),
        ("b1", State::Waiting),
        ("x", State::Claimed),
        ("y", State::Pending),
    ];
    for (text, state) in table {
        let id = office.id(text).await;
        let found = office.operator.get(id).await.unwrap().unwrap();
        let summary = &found.summary;
        assert_eq!((summary.id, summary.status.state()), (id, state));
        assert_eq!(found.payload, format!("\"{text}\""));
        assert_eq!(summary.bytes, 2 + text.len() as u64);
        assert_eq!(summary.version, 1);
        let first = text.len() == 2;
        assert_eq!(summary.key.as_deref(), first.then_some(&text[..1]));
        assert_eq!(summary.place.is_some(), first);
        let age = summary.created_at.elapsed().unwrap_or_default();
        assert!(age < Duration::from_secs(3600), "{age:?}");
        assert!(
            !format!("{found:?} {summary}").contains(&found.payload),
            "{found:?}"
        );
    }
    let dead = office
        .operator
        .get(office.id("a1").await)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(dead.headers, [("trace".into(), "é".into())]);
    assert_eq!(
        (dead.attempts.len(), dead.attempts[0].error.as_str()),
        (1, "no")
    );
    assert_eq!(dead.summary.failures, 3);
    assert!(
        matches!(&dead.summary.status, Status::Dead { why, blocks: true, .. } if why == "gave up")
    );
    let nowhere = EffectId::from(uuid::Uuid::from_u128(7));
    assert_eq!(office.operator.get(nowhere).await.unwrap(), None);
}

async fn without_tables_an_operator_is_told_the_way_out<DB: Outbox>() {
    let site = Site::<DB>::open().await;
    if DB::MIGRATED {
        site.run("DROP TABLE aftercommit_effects").await;
    }
    let operator = site.db.operate();
    let looked = operator.overview().await.map(drop);
    let listed = operator.list(&Filter::new(), None).await.map(drop);
    for refused in [looked, listed] {
        assert_eq!(super::code(refused), "SCHEMA_MISSING");
    }
}
