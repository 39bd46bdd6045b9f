//! The user's test kit.

use aftercommit::signal::after_commit;
use aftercommit::testing::{Faults, Recorder, capture_on_commit, rolled_back};
use aftercommit::{Db, Error, Ok, Result, Signals};

use crate::support::{Labels, Server, Site};

on_each_database! {
    a_test_rolls_back_and_its_hooks_can_still_run,
    a_recorder_remembers_what_was_sent,
    receivers_and_hooks_fail_by_name,
}

#[derive(Clone, Debug, PartialEq)]
struct Registered(i64);

async fn register<DB: Server>(db: &mut impl aftercommit::Handle<DB>, id: i64) -> Result<()> {
    db.atomic(async |tx| {
        DB::insert(tx, id).await?;
        tx.send(Registered(id)).await
    })
    .await
}

async fn a_test_rolls_back_and_its_hooks_can_still_run<DB: Server>() {
    let after = Recorder::<Registered>::new();
    let site = Site::<DB>::open()
        .await
        .with_signals(Signals::new().with(after.after_commit()));
    rolled_back(&mut site.db.clone(), async |tx| {
        let (registered, captured) = capture_on_commit(tx, async |tx| register(tx, 1).await).await;
        registered?;
        captured.assert_names(&["recorder (after commit)"]);
        after.assert_silent();
        captured.run().await;
        after.assert_heard(&[Registered(1)]);
        assert_eq!(DB::count(tx).await?, 1);
        Ok(())
    })
    .await
    .expect("the test's own result");
    assert_eq!(site.ids().await, [0_i64; 0]);
}

async fn a_recorder_remembers_what_was_sent<DB: Server>() {
    let (during, after) = (Recorder::<Registered>::new(), Recorder::<Registered>::new());
    let signals = Signals::new()
        .with(during.during())
        .with(after.after_commit());
    let site = Site::<DB>::open().await.with_signals(signals);
    let failed: Result<()> = site
        .db
        .atomic(async |tx| {
            register(tx, 1).await?;
            Err(Error::other("later"))
        })
        .await;
    assert!(failed.is_err());
    during.assert_heard(&[Registered(1)]);
    after.assert_silent();
    register(&mut site.db.clone(), 2).await.expect("committed");
    assert_eq!(during.take(), [Registered(1), Registered(2)]);
    assert_eq!(after.take(), [Registered(2)]);
    during.assert_silent();
}

async fn receivers_and_hooks_fail_by_name<DB: Server>() {
    let labels = Labels::default();
    let heard = labels.clone();
    let mail = after_commit("mail", move |registered: std::sync::Arc<Registered>| {
        heard.note(format!("mail {}", registered.0));
        std::future::ready(Ok(()))
    });
    async fn profile(_: &Registered) -> Result<()> {
        Ok(())
    }
    let signals = Signals::new().during("profile", profile).with(mail);
    let site = Site::<DB>::open().await.with_signals(signals);

    // A receiver in the transaction: twice, and then it works.
    let faults = Faults::new().fails_times("profile", 2, "no profile today");
    let mut db: Db<DB> = site.db.clone().with_faults(&faults);
    for _ in 0..2 {
        let error = register(&mut db, 1).await.expect_err("injected");
        assert_eq!(error.to_string(), "no profile today");
    }
    register(&mut db, 1).await.expect("the third time");
    assert_eq!(faults.hits("profile"), 2);
    let responses = db.send_robust(Registered(5)).await.expect("sent");
    assert!(responses.iter().all(|response| response.result.is_ok()));

    // After the commit: reported, and the row stays. A panic is contained.
    for (faults, what) in [
        (
            Faults::new().fails("mail", "the server is down"),
            "the server is down",
        ),
        (Faults::new().panics("mail", "out of ink"), "out of ink"),
    ] {
        labels.clear();
        let db = site.db.clone().with_faults(&faults);
        let report = db
            .atomic_report(async |tx| tx.send(Registered(9)).await)
            .await
            .expect("committed");
        let error = report.hooks[0].result.as_ref().expect_err("injected");
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(labels.all(), [""; 0]);
    }
    assert_eq!(site.ids().await, [1]);
}
