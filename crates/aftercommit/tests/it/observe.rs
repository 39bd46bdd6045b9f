//! What those who operate a service see: spans, log lines and metrics.

use std::io::Write;
use std::sync::{Arc, Mutex};

use aftercommit::signal::with_state;
use aftercommit::{Error, Ok, Result, Signals, Tx};
use metrics_util::debugging::DebuggingRecorder;
use sqlx::Sqlite;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::support::{LOGGING, Server, Site};

/// Must not be found in anything that is written for operators.
const SECRET: &str = "correct-horse-battery-staple";

#[derive(Debug)]
struct PasswordChanged(#[expect(dead_code, reason = "it is there to not be logged")] &'static str);

async fn fail(secret: &Arc<str>, _tx: &mut Tx<Sqlite>, _changed: &PasswordChanged) -> Result<()> {
    Err(Error::other(secret.to_string()))
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::Result::Ok(())
    }
}

async fn a_day_in_the_life(site: &Site<Sqlite>) {
    site.db
        .atomic(async |tx| {
            let insert = "INSERT INTO item (id, val) VALUES (1, LENGTH(?))";
            sqlx::query(insert).bind(SECRET).execute(&mut *tx).await?;
            tx.on_commit_named("fails", async || Err::<(), _>(SECRET));
            assert!(
                tx.send_robust(PasswordChanged(SECRET)).await?[0]
                    .result
                    .is_err()
            );
            Ok(())
        })
        .await
        .unwrap();
    let undone: Result<()> = site
        .db
        .atomic(async |tx| tx.send(PasswordChanged(SECRET)).await)
        .await;
    assert!(undone.is_err());
    let broken = site.db.atomic(async |tx| {
        assert!(Sqlite::insert(tx, 1).await.is_err());
        Ok(())
    });
    assert!(broken.await.is_err());
}

#[test]
fn spans_and_metrics_tell_what_happened_and_no_secret() {
    let _logging = LOGGING.blocking_lock();
    let written = Written::default();
    let (writer, this_thread) = (written.clone(), std::thread::current().id());
    // For all threads, because whether a span is wanted is remembered for the process; only what this thread
    // says is kept.
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("aftercommit=debug")
        .with_span_events(FmtSpan::NEW)
        .with_ansi(false)
        .with_writer(move || {
            let ours = std::thread::current().id() == this_thread;
            if ours {
                writer.clone()
            } else {
                Written::default()
            }
        })
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let recorder = DebuggingRecorder::new();
    let snapshots = recorder.snapshotter();
    // The recorder is for this thread, so everything runs on it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let signals = Signals::new().during("fail", with_state(Arc::<str>::from(SECRET), fail));
            let site = Site::<Sqlite>::open().await.with_signals(signals);
            a_day_in_the_life(&site).await;
        });
    });

    let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    for span in ["transaction{", "receiver{", "hook{"] {
        assert!(log.contains(span), "no span {span} in {log}");
    }
    assert!(
        log.contains("a hook failed") && log.contains("a receiver failed"),
        "{log}"
    );
    let operators: Vec<&str> = log
        .lines()
        .filter(|line| !line.contains(" DEBUG "))
        .collect();
    assert!(
        !operators.join("\n").contains(SECRET),
        "a secret was logged: {operators:?}"
    );
    // At debug level only the texts of the application's own errors are written.
    let secret_lines = log.lines().filter(|line| line.contains(SECRET));
    assert!(
        secret_lines
            .clone()
            .all(|line| line.contains("the error of")),
        "{log}"
    );

    let mut counted: Vec<String> = snapshots
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, ..)| {
            let (_, key) = key.into_parts();
            let labels: Vec<String> = key.labels().map(|label| label.value().to_owned()).collect();
            format!("{} {}", key.name(), labels.join(" "))
        })
        .filter(|line| line.contains("_total"))
        .collect();
    counted.sort();
    assert!(
        counted.contains(&"aftercommit_transactions_total committed".to_owned()),
        "{counted:?}"
    );
    assert!(
        counted.contains(&"aftercommit_transactions_total rolled_back".to_owned()),
        "{counted:?}"
    );
    assert!(
        counted.contains(&"aftercommit_hooks_total failed".to_owned()),
        "{counted:?}"
    );
    assert!(
        counted
            .iter()
            .any(|line| line.starts_with("aftercommit_receiver_failures_total")),
        "{counted:?}"
    );
}

/// A recorder of metrics that cannot do its work.
struct Broken;

impl metrics::Recorder for Broken {
    fn describe_counter(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_gauge(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_histogram(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn register_counter(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        panic!("no counter");
    }

    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        panic!("no gauge");
    }

    fn register_histogram(
        &self,
        _: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        panic!("no histogram");
    }
}

#[test]
fn hooks_run_although_the_recorder_of_metrics_panics() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let labels = crate::support::Labels::default();
    let hook = labels.clone();
    metrics::with_local_recorder(&Broken, || {
        runtime.block_on(async {
            let site = Site::<Sqlite>::open().await;
            let block = site.db.atomic(async |tx| {
                Sqlite::insert(tx, 1).await?;
                tx.on_commit(hook.hook("mailed"));
                Ok(())
            });
            block.await.unwrap();
            assert_eq!(site.ids().await, [1]);
            assert!(site.heard.has("committed"), "the observer heard of it");
        });
    });
    assert_eq!(labels.all(), ["mailed"]);
}
