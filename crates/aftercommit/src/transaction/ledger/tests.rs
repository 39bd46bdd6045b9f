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
    assert_eq!(ledger.end(true), End::Commit);
    assert_eq!(ledger.end(false), End::RollBack { why: None });
}

#[test]
fn a_released_savepoint_is_owed_and_not_needed_for_the_commit() {
    let mut ledger = Ledger::<usize>::default();
    assert_eq!(ledger.enter(Nesting::Savepoint, 3), Ok(Some(1)));
    assert_eq!(ledger.leave(true), Left::Kept { savepoint: Some(1) });
    assert!(ledger.settle_for_commit().is_empty());
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
    ledger.leave(true);
    assert_eq!(
        ledger.leave(false),
        Left::Undone {
            savepoint: 1,
            kept: 0,
            why: None
        }
    );
    assert_eq!(ledger.settle_for_commit(), [Owed::Undo(1)]);
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
    assert_eq!(ledger.end(true), End::Commit);
}

#[test]
fn nesting_ends_at_the_limit() {
    let mut ledger = Ledger::<usize>::default();
    for _ in 0..DEPTH_LIMIT {
        assert!(ledger.enter(Nesting::Savepoint, 0).is_ok());
    }
    assert_eq!(ledger.enter(Nesting::Join, 0), Err(DEPTH_LIMIT));
}

/// The same rules, told in another way: every block has a copy of all hooks as they were when it began.
#[derive(Default)]
struct Model {
    blocks: Vec<ModelBlock>,
    hooks: Vec<u32>,
    marked: bool,
}

struct ModelBlock {
    has_savepoint: bool,
    hooks_at_entry: Vec<u32>,
}

impl Model {
    fn enter(&mut self, savepoint: bool) {
        let has_savepoint = savepoint && !self.marked;
        self.blocks.push(ModelBlock {
            has_savepoint,
            hooks_at_entry: self.hooks.clone(),
        });
    }

    fn leave(&mut self, ok: bool) {
        let block = self.blocks.pop().expect("a block is open");
        if ok && !self.marked {
            return;
        }
        self.marked = !block.has_savepoint;
        if block.has_savepoint {
            self.hooks = block.hooks_at_entry;
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
        for step in 0..random.u32(1..60) {
            match random.u8(0..10) {
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
        let commits = ledger.end(true) == End::Commit;
        assert_eq!(commits, !model.marked, "seed {seed}");
    }
}
