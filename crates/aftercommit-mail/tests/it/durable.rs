//! Mail by effect.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aftercommit::delivery::Running;
use aftercommit::effect::durable;
use aftercommit::signal::with_state;
use aftercommit::{Db, Delivery, Event, Outcome, Result, RetryPolicy, Signals, Worker};
use aftercommit_harness::Exim;
use aftercommit_mail::{
    Backend, Error, Mailer, Memory, Message, Outgoing, Receipt, Refusal, Security, Smtp, Why,
};
use futures_core::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sqlx::Sqlite;
use tokio::sync::watch;

use crate::scripted::{Fault, Scripted, Step};

#[derive(Serialize, Deserialize)]
struct Invited {
    addresses: Vec<String>,
}

async fn invite(mailer: &Mailer, invited: Delivery<Invited>) -> Result<Outcome> {
    mailer.deliver(&invited, invitation(&invited)).await
}

fn invitation(invited: &Invited) -> Message {
    let message = Message::new("hello@example.com")
        .subject("Come")
        .text("There is cake.");
    invited.addresses.iter().fold(message, Message::to)
}

/// A service that sends invitations.
struct Site {
    db: Db<Sqlite>,
    worker: Running,
    /// How each attempt ended, and what was given up.
    told: watch::Receiver<Vec<String>>,
}

impl Site {
    async fn open(signals: Signals<Sqlite>) -> Self {
        let (tell, told) = watch::channel(Vec::new());
        let db = Db::<Sqlite>::connect("sqlite::memory:")
            .await
            .expect("opened")
            .with_signals(signals)
            .with_observer(move |event| match event {
                Event::Attempted { outcome, .. } => {
                    tell.send_modify(|told| told.push((*outcome).to_owned()));
                }
                Event::DeadLetter { .. } => tell.send_modify(|told| told.push("dead".into())),
                _ => {}
            });
        db.migrate().await.expect("migrated");
        let worker = Worker::new(&db).poll_every(Duration::from_millis(20));
        Self {
            worker: worker.start().await.expect("started"),
            db,
            told,
        }
    }

    async fn inviting(mailer: Mailer, attempts: u32) -> Self {
        let retry = RetryPolicy::attempts(attempts).first(Duration::from_millis(1));
        let receiver = durable("invite", with_state(mailer, invite)).retry(retry);
        Self::open(Signals::new().with(receiver)).await
    }

    async fn invite(&self, addresses: &[&str]) {
        let addresses = addresses.iter().map(|to| (*to).to_owned()).collect();
        let invited = self.db.send(Invited { addresses });
        invited.await.expect("committed");
    }

    /// Waits until so much was told.
    async fn until(&mut self, count: usize) -> Vec<String> {
        let waited = self.told.wait_for(|told| told.len() >= count);
        let waited = tokio::time::timeout(Duration::from_secs(60), waited).await;
        waited.expect("in time").expect("the site lives").clone()
    }

    async fn why(&self) -> String {
        sqlx::query_scalar("SELECT why FROM aftercommit_dead")
            .fetch_one(self.db.pool())
            .await
            .expect("a dead letter")
    }
}

/// Takes every mail, and says of the first ones that this is in doubt.
struct Doubtful(Memory, AtomicUsize);

impl Backend for Doubtful {
    fn send<'a>(&'a self, mail: &'a Outgoing) -> BoxFuture<'a, aftercommit_mail::Result<Receipt>> {
        Box::pin(async move {
            let receipt = self.0.send(mail).await?;
            match self.1.fetch_add(1, Ordering::SeqCst) {
                0 | 1 => Err(Error::backend(Refusal::new(Why::InDoubt, "the end", "cut"))),
                _ => Ok(receipt),
            }
        })
    }
}

#[tokio::test]
async fn a_repeat_is_the_same_mail() {
    let outbox = Memory::new();
    let mailer = Mailer::new(Doubtful(outbox.clone(), AtomicUsize::new(0)));
    let mut site = Site::inviting(mailer, 5).await;
    site.invite(&["ada@example.com"]).await;
    assert_eq!(site.until(3).await, ["failed", "failed", "done"]);
    let sent = outbox.sent();
    let id = sent[0].message_id();
    assert!(id.ends_with("@example.com") && id.len() > 36, "{id}");
    assert!(sent.iter().all(|mail| mail.wire() == sent[0].wire()));

    site.invite(&["ada@example.com"]).await;
    site.until(4).await;
    assert_ne!(
        outbox.sent()[3].message_id(),
        id,
        "another effect, another mail"
    );
    site.worker.drain().await;
}

/// What an error of the backend means for the effect.
#[tokio::test]
async fn an_error_decides_about_the_effect() {
    for (why, told) in [
        (Why::Later, &["failed", "failed", "dead"][..]),
        (Why::InDoubt, &["failed", "failed", "dead"]),
        (Why::Never, &["discarded", "dead"]),
        (Why::Settings, &["unavailable"]),
        (Why::Unavailable, &["unavailable"]),
    ] {
        let outbox = Memory::new();
        outbox.fail(Some(Refusal::new(why, "sending", "no")));
        let mut site = Site::inviting(Mailer::new(outbox), 2).await;
        site.invite(&["ada@example.com"]).await;
        assert_eq!(site.until(told.len()).await, told, "{why:?}");
        site.worker.drain().await;
    }
    let mut site = Site::inviting(Mailer::new(Memory::new()), 5).await;
    site.invite(&["ada@example.com, eve@example.com"]).await;
    assert_eq!(site.until(2).await, ["discarded", "dead"]);
    let why = site.why().await;
    assert!(why.contains("MAIL_ADDRESS field=to"), "{why}");
    site.worker.drain().await;
}

/// A server that takes nobody's mail uses up no attempts, and a mail that it does not want is not tried again.
#[tokio::test]
async fn an_outage_is_not_the_mails_fault() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("bound").port()
    };
    let mut ports = vec![(closed, "unavailable")];
    for (step, says, told) in [
        (Step::Greeting, "421 busy", "unavailable"),
        (Step::Greeting, "554 not for you", "unavailable"),
        (Step::Recipient, "451 later", "failed"),
        (Step::End, "554 spam", "discarded"),
    ] {
        let server = Scripted::start(Some((step, Fault::Says(says)))).await;
        ports.push((server.port, told));
    }
    for (port, told) in ports {
        let mailer = Mailer::new(Smtp::new("127.0.0.1", port, Security::None));
        let mut site = Site::inviting(mailer, 9).await;
        site.invite(&["ada@example.com"]).await;
        assert_eq!(site.until(1).await[0], told);
        site.worker.drain().await;
    }
}

#[tokio::test]
async fn nobody_gets_it_twice() {
    let server = Exim::start(None).expect("a server");
    let smtp = Smtp::new("127.0.0.1", server.port(), Security::None).with_hello("client.example");
    let mut site = Site::inviting(Mailer::new(smtp), 3).await;
    // One gets it, one never does, and one for whom it is tried again and again.
    site.invite(&["ada@example.com", "refused@example.com", "busy@example.com"])
        .await;
    assert_eq!(site.until(4).await, ["failed", "failed", "failed", "dead"]);
    let why = site.why().await;
    assert!(why.contains("2 of 3 did not get the mail"), "{why}");

    site.invite(&["grace@example.com", "refused@example.com"])
        .await;
    assert_eq!(site.until(6).await[4..], ["discarded", "dead"]);
    server.delivered(2).await.expect("Ada's and Grace's, once");
    site.worker.drain().await;
}

/// Refuses the names that it is given, each time other ones; notes the envelopes.
struct Moody(Arc<std::sync::Mutex<Vec<Vec<String>>>>);

impl Backend for Moody {
    fn send<'a>(&'a self, mail: &'a Outgoing) -> BoxFuture<'a, aftercommit_mail::Result<Receipt>> {
        Box::pin(async move {
            let mut envelopes = self.0.lock().expect("not poisoned");
            envelopes.push(mail.recipients());
            let attempt = envelopes.len();
            let outcome = |to: &str| match to.split('@').next() {
                Some("never") => Err(Refusal::new(Why::Never, "RCPT", "no")),
                Some("later") if attempt < 3 => Err(Refusal::new(Why::Later, "RCPT", "later")),
                Some("doubt") if attempt < 2 => Err(Refusal::new(Why::InDoubt, "end", "cut")),
                _ => Ok(()),
            };
            let told = mail.recipients().into_iter().map(|to| {
                let outcome = outcome(&to);
                (to, outcome)
            });
            Ok(Receipt::new(told.collect()))
        })
    }
}

#[tokio::test]
async fn a_repeat_goes_to_those_who_are_left() {
    let envelopes = Arc::default();
    let mailer = Mailer::new(Moody(Arc::clone(&envelopes)));
    let mut site = Site::inviting(mailer, 9).await;
    let all = [
        "ok@example.com",
        "never@example.com",
        "later@example.com",
        "doubt@example.com",
    ];
    site.invite(&all).await;
    assert_eq!(
        site.until(4).await,
        ["failed", "failed", "discarded", "dead"]
    );
    assert_eq!(
        *envelopes.lock().expect("not poisoned"),
        [&all[..], &all[2..], &all[2..3]]
    );
    let why = site.why().await;
    assert!(
        why.contains("1 of 4 did not get the mail; n…@example.com"),
        "{why}"
    );
    site.worker.drain().await;
}

async fn inside(state: &(Mailer, Db<Sqlite>), invited: Delivery<Invited>) -> Result<Outcome> {
    let (mailer, db) = state;
    db.atomic(async |_| mailer.deliver(&invited, invitation(&invited)).await)
        .await
}

#[tokio::test]
async fn the_guard_applies() {
    aftercommit::guard::set_policy(aftercommit::guard::Policy::Refuse);
    let outbox = Memory::new();
    let other = Db::<Sqlite>::connect("sqlite::memory:")
        .await
        .expect("opened");
    let state = (Mailer::new(outbox.clone()), other);
    let receiver = durable("invite", with_state(state, inside)).retry(RetryPolicy::attempts(1));
    let mut site = Site::open(Signals::new().with(receiver)).await;
    site.invite(&["ada@example.com"]).await;
    assert_eq!(site.until(2).await, ["failed", "dead"]);
    let why = site.why().await;
    assert!(why.contains("SIDE_EFFECT_INSIDE"), "{why}");
    assert!(outbox.sent().is_empty());
    site.worker.drain().await;
}
