//! Judges drops: rows, hooks and acknowledgements must tell the same story, and no transaction may stay open.

use std::time::Duration;

use crate::support::{Labels, Server, Site};

/// What must be true after each drop, and of all of them together.
pub(super) struct Judge<'s, DB: Server> {
    site: &'s Site<DB>,
    pub(super) labels: Labels,
    pub(super) acknowledged: Vec<i64>,
    next: i64,
    pub(super) drops: usize,
}

impl<'s, DB: Server> Judge<'s, DB> {
    pub(super) fn new(site: &'s Site<DB>, labels: Labels) -> Self {
        Self {
            site,
            labels,
            acknowledged: Vec::new(),
            next: 1,
            drops: 0,
        }
    }

    pub(super) fn id(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    /// The pool's only connection is used again: a write on it must be there for everybody.
    pub(super) async fn use_the_pool(&mut self) {
        let id = self.id();
        let labels = self.labels.clone();
        self.site
            .db
            .atomic(async |tx| {
                tx.on_commit(labels.hook(&id.to_string()));
                DB::insert(tx, id).await
            })
            .await
            .unwrap();
        self.acknowledged.push(id);
        assert!(
            self.site.ids().await.contains(&id),
            "an acknowledged write cannot be seen: it went into a leaked transaction"
        );
    }

    /// Rows and hooks tell the same story.
    pub(super) async fn conclude(mut self) -> usize {
        self.use_the_pool().await;
        let rows = self.site.ids().await;
        assert!(
            rows.iter().all(|id| *id > 0),
            "a row that was rolled back is there: {rows:?}"
        );
        for id in &self.acknowledged {
            assert!(rows.contains(id), "write {id} was acknowledged and is lost");
        }
        // Hooks of the last drops may still be running: their labels are waited for.
        let expected: Vec<String> = rows.iter().map(i64::to_string).collect();
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        let hooks = loop {
            let mut hooks: Vec<i64> = self
                .labels
                .all()
                .iter()
                .filter_map(|label| label.parse().ok())
                .collect();
            hooks.sort_unstable();
            if hooks.len() >= expected.len() || std::time::Instant::now() > deadline {
                break hooks;
            }
            tokio::task::yield_now().await;
        };
        let hookless: Vec<_> = rows.iter().filter(|id| !hooks.contains(id)).collect();
        let phantom: Vec<_> = hooks.iter().filter(|id| !rows.contains(id)).collect();
        assert!(
            hookless.is_empty(),
            "committed without a hook: {hookless:?}"
        );
        assert!(phantom.is_empty(), "hooks without a commit: {phantom:?}");
        assert_eq!(hooks.len(), rows.len(), "a hook ran twice");
        assert!(
            !self.labels.all().contains(&"never".to_owned()),
            "a hook of an undone block ran"
        );
        let open = DB::open_transactions(&self.site.others).await;
        assert_eq!(open, 0, "a transaction was left open");
        self.drops
    }
}
