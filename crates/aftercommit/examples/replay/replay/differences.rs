//! Where the library differs from Django on purpose, and how the interpreter bridges it.
//!
//! Each difference is applied by kind of operation. What the bridge does, a user of the library could write
//! too: it uses the public interface only. The reasons are in `docs/differences-from-django.md`.

/// Which differences are bridged.
#[derive(Clone, Copy, Debug)]
pub struct Bridges {
    /// `on_commit` without `robust`: Django stops at the first hook that fails and raises its error from a
    /// block that is committed. The library runs all and reports. Bridge: hooks behind a failed one are told
    /// to do nothing, and the failure is raised after the block.
    pub plain_hooks: bool,
    /// `insert`, `insert_child`: on SQLite Django lets a block go on, and commit, after a failed raw statement.
    /// The library calls the block broken. Bridge: the statement runs in a nested block of its own.
    pub raw_errors: bool,
    /// `save`: a failed write of Django's ORM sets a mark that `set_rollback(False)` takes back. The library
    /// keeps a failed statement failed. Bridge: a write that will fail runs in a nested block, then
    /// `set_rollback(true)`.
    pub save_marks: bool,
    /// `save` without a block: in Django it is none, and its hooks run between its receivers. Here it is a transaction.
    /// Bridge: signals are sent and statements run without one. Likewise what else of Django's is one statement.
    pub save_alone: bool,
    /// `save`: the error of a receiver that is caught leaves no mark in Django, and the row stays. Here it marks the
    /// block. Bridge: the mark is taken back; an error behind the write is kept from the library.
    pub vetoes: bool,
    /// The end of `atomic`: Django rolls a marked block back in silence. The library says so with an error.
    /// Bridge: that error is thrown away.
    pub silent_rollbacks: bool,
    /// `send_robust` in a transaction: Django keeps what a failed receiver wrote. The library undoes it.
    /// Bridge: receivers catch their own errors, and `send` is used.
    pub robust_writes: bool,
    /// `connect`: the same receiver twice is ignored by Django and an error here. Bridge: it is ignored.
    pub connect_twice: bool,
    /// `capture`: Django leaves captured hooks registered and runs them even if the body failed. The library
    /// takes them away. Bridge: they are put back.
    pub capture_keeps: bool,
}

impl Bridges {
    /// All of them, or none.
    pub fn all(bridged: bool) -> Self {
        Self {
            plain_hooks: bridged,
            raw_errors: bridged,
            save_marks: bridged,
            save_alone: bridged,
            vetoes: bridged,
            silent_rollbacks: bridged,
            robust_writes: bridged,
            connect_twice: bridged,
            capture_keeps: bridged,
        }
    }
}
