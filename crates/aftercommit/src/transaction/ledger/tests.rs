//! The ledger: its rules one by one, and random programs against a naive model of them.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its seed"
)]

use super::*;

fn here() -> Place {
    Location::caller()
}

#[test]
fn a_clean_block_commits() {
    let mut ledger = Ledger::<usize>::default();
    assert_eq!(ledger.end(true), End::Commit { forgotten: None });
    assert_eq!(ledger.end(false), End::RollBack { why: None });
}

#[test]
fn a_block_in_which_nothing_was_sent_leaves_nothing_to_send() {
    let mut ledger = Ledger::<usize>::default();
    ledger.enter(Nesting::Savepoint, 0).unwrap();
    ledger.enter(Nesting::Savepoint, 0).unwrap();
    assert_eq!(ledger.pending(), [Owed::Set(1), Owed::Set(2)]);
    ledger.leave(false);
    assert_eq!(ledger.pending(), [Owed::Set(1)]);
    ledger.leave(true);
    assert!(ledger.pending().is_empty());
}

#[test]
fn a_forgotten_block_is_undone_with_what_was_registered_in_it() {
    let mut ledger = Ledger::<usize>::default();
    ledger.enter(Nesting::Savepoint, 2).unwrap();
    ledger.enter(Nesting::Savepoint, 3).unwrap();
    ledger.flush_pending();
    assert_eq!(ledger.end(true), End::Commit { forgotten: Some(2) });
    assert_eq!(ledger.flush_for_commit(), [Owed::Undo(1)]);
}

#[test]
fn a_released_savepoint_is_owed_and_not_needed_for_the_commit() {
    let mut ledger = Ledger::<usize>::default();
    assert_eq!(ledger.enter(Nesting::Savepoint, 3), Ok(Some(1)));
    ledger.flush_pending();
    assert_eq!(ledger.leave(true), Left::Kept { savepoint: Some(1) });
    assert!(ledger.flush_for_commit().is_empty());
    assert_eq!(
        ledger.enter(Nesting::Savepoint, 3),
        Ok(Some(2)),
        "numbers are not used twice"
    );
}

#[test]
fn undoing_a_block_undoes_what_was_owed_inside_it() {
    let mut ledger = Ledger::<usize>::default();
    ledger.enter(Nesting::Savepoint, 0).unwrap();
    ledger.enter(Nesting::Savepoint, 1).unwrap();
    ledger.flush_pending();
    ledger.leave(true);
    assert_eq!(
        ledger.leave(false),
        Left::Undone {
            savepoint: 1,
            kept: 0,
            why: None
        }
    );
    assert_eq!(ledger.flush_for_commit(), [Owed::Undo(1)]);
}

#[test]
fn a_failed_statement_is_healed_by_its_savepoint_only() {
    let mut ledger = Ledger::<usize>::default();
    ledger.enter(Nesting::Savepoint, 2).unwrap();
    ledger.statement_failed("first".into(), ErrorClass::Refused);
    ledger.statement_failed("second".into(), ErrorClass::Conflict);
    let why = Some(Mark::Failed {
        first: "first".into(),
        class: ErrorClass::Refused,
    });
    assert_eq!(
        ledger.leave(true),
        Left::Undone {
            savepoint: 1,
            kept: 2,
            why
        }
    );
    assert_eq!(ledger.mark(), None);
    ledger.statement_failed("outside".into(), ErrorClass::Refused);
    assert!(
        !ledger.set_rollback(false, here()),
        "it cannot be taken back"
    );
    assert!(matches!(
        ledger.end(true),
        End::RollBack {
            why: Some(Mark::Failed { .. })
        }
    ));
}

#[test]
fn a_joined_block_dooms_the_level_that_has_a_savepoint() {
    let mut ledger = Ledger::<usize>::default();
    ledger.enter(Nesting::Savepoint, 0).unwrap();
    assert_eq!(ledger.enter(Nesting::Join, 0), Ok(None));
    assert_eq!(ledger.leave(false), Left::Doomed);
    assert_eq!(
        ledger.enter(Nesting::Savepoint, 0),
        Ok(None),
        "a marked block sets no savepoints"
    );
    assert_eq!(ledger.leave(true), Left::Doomed);
    assert!(matches!(
        ledger.leave(true),
        Left::Undone {
            why: Some(Mark::Joined),
            ..
        }
    ));
    assert_eq!(ledger.end(true), End::Commit { forgotten: None });
}

#[test]
fn nesting_ends_at_the_limit() {
    let mut ledger = Ledger::<usize>::default();
    for _ in 0..DEPTH_LIMIT {
        assert!(ledger.enter(Nesting::Savepoint, 0).is_ok());
    }
    assert_eq!(ledger.enter(Nesting::Join, 0), Err(DEPTH_LIMIT));
}

/// The same rules, told in another way: every block has a copy of all hooks and rows as they were when it began.
#[derive(Default)]
struct Model {
    blocks: Vec<ModelBlock>,
    hooks: Vec<u32>,
    rows: Vec<u32>,
    marked: bool,
}

struct ModelBlock {
    has_savepoint: bool,
    at_entry: (Vec<u32>, Vec<u32>),
}

impl Model {
    fn enter(&mut self, savepoint: bool) {
        let has_savepoint = savepoint && !self.marked;
        self.blocks.push(ModelBlock {
            has_savepoint,
            at_entry: (self.hooks.clone(), self.rows.clone()),
        });
    }

    fn leave(&mut self, ok: bool) {
        let block = self.blocks.pop().expect("a block is open");
        if ok && !self.marked {
            return;
        }
        self.marked = !block.has_savepoint;
        if block.has_savepoint {
            (self.hooks, self.rows) = block.at_entry;
        }
    }
}

/// What a server does with the statements about savepoints.
#[derive(Default)]
struct ModelServer {
    rows: Vec<u32>,
    savepoints: Vec<(u32, usize)>,
}

impl ModelServer {
    fn run(&mut self, pending: &[Owed]) {
        for owed in pending {
            let position = |number| {
                let found = self.savepoints.iter().position(|(set, _)| *set == number);
                found.expect("a savepoint that was set")
            };
            match *owed {
                Owed::Set(number) => self.savepoints.push((number, self.rows.len())),
                Owed::Release(number) => self.savepoints.truncate(position(number)),
                Owed::Undo(number) => {
                    let at = position(number);
                    self.rows.truncate(self.savepoints[at].1);
                    self.savepoints.truncate(at + 1);
                }
            }
        }
    }
}

#[test]
fn random_programs_agree_with_a_naive_model() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..10_000 {
        let (mut ledger, mut model, mut hooks) =
            (Ledger::<usize>::default(), Model::default(), Vec::new());
        let mut server = ModelServer::default();
        for step in 0..random.u32(1..60) {
            match random.u8(0..14) {
                0..=2 if ledger.depth() < DEPTH_LIMIT => {
                    let savepoint = random.bool();
                    let nesting = if savepoint {
                        Nesting::Savepoint
                    } else {
                        Nesting::Join
                    };
                    let set = ledger.enter(nesting, hooks.len()).unwrap();
                    model.enter(savepoint);
                    assert_eq!(
                        set.is_some(),
                        model.blocks.last().unwrap().has_savepoint,
                        "seed {seed}"
                    );
                }
                3..=5 if ledger.depth() > 0 => {
                    let ok = random.bool();
                    if let Left::Undone { kept, .. } = ledger.leave(ok) {
                        hooks.truncate(kept);
                    }
                    model.leave(ok);
                }
                6 if !model.marked => {
                    ledger.statement_failed("failed".into(), ErrorClass::Refused);
                    model.marked = true;
                }
                7 => {
                    let value = random.bool();
                    if ledger.set_rollback(value, here()) {
                        model.marked = value;
                    }
                }
                8..=11 if !model.marked => {
                    server.run(&ledger.flush_pending());
                    server.rows.push(step);
                    model.rows.push(step);
                }
                _ => {
                    hooks.push(step);
                    model.hooks.push(step);
                }
            }
            assert_eq!(ledger.mark().is_some(), model.marked, "seed {seed}");
            assert_eq!(hooks, model.hooks, "seed {seed}");
        }
        while !model.blocks.is_empty() {
            model.leave(false);
        }
        match ledger.end(true) {
            End::Commit { forgotten } => {
                assert!(!model.marked, "seed {seed}");
                hooks.truncate(forgotten.unwrap_or(usize::MAX));
                server.run(&ledger.flush_for_commit());
                assert_eq!(
                    (hooks, server.rows),
                    (model.hooks, model.rows),
                    "seed {seed}"
                );
            }
            End::RollBack { .. } => assert!(model.marked, "seed {seed}"),
        }
    }
}
