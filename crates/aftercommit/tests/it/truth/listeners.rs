//! Whoever is told between COMMIT and the hooks, and panics.

use aftercommit::{Db, Options};
use sqlx::Sqlite;

use crate::support::{Labels, Server as _};

/// It counts for a metrics server, and panics while it does.
struct PanickingRecorder;

impl metrics::Recorder for PanickingRecorder {
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
        panic!("a recorder that is broken")
    }
    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        panic!("a recorder that is broken")
    }
    fn register_histogram(
        &self,
        _: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        panic!("a recorder that is broken")
    }
}

#[test]
fn whoever_listens_and_panics_loses_no_hook_only_on_sqlite() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let labels = Labels::default();
    metrics::with_local_recorder(&PanickingRecorder, || {
        runtime.block_on(async {
            let db: Db<Sqlite> = Db::connect("sqlite::memory:").await.unwrap();
            Sqlite::tables(db.pool()).await;
            let db = db.with_observer(|_| panic!("an observer that is broken"));
            db.with(Options::new())
                .atomic(async |tx| {
                    tx.on_commit(labels.hook("first"));
                    tx.on_commit(labels.hook("second"));
                    Sqlite::insert(tx, 1).await
                })
                .await
                .unwrap();
            assert_eq!(Sqlite::ids(db.pool()).await, [1]);
        });
    });
    assert_eq!(labels.all(), ["first", "second"]);
}
