//! The boundaries between the steps of an effect's life, by name. Pure.
//!
//! A process may die at any of them, and a test makes it.

/// A boundary between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Point {
    /// The effects of a transaction are about to be written.
    Append,
    /// COMMIT was confirmed; nobody in the process knows of the effects yet.
    Committed,
    /// The worker of the process has them; the hooks have not run.
    HandedOver,
    /// A claim is about to be sent.
    Claim,
    /// A claim was answered, and took something.
    Claimed,
    /// The handler is about to be called.
    Attempt,
    /// The handler has returned.
    Attempted,
    /// A delivered effect is about to be removed.
    Settle,
    /// It was removed.
    Settled,
    /// A failed effect is about to be put off, or given up.
    PutOff,
    /// It was.
    WasPutOff,
    /// A sign of life is about to be given.
    Extend,
    /// The leases of dead workers are about to be taken.
    Rescue,
    /// They were.
    Rescued,
}

impl Point {
    /// All of them, in the order of an effect's life.
    pub const ALL: [Self; 14] = [
        Self::Append,
        Self::Committed,
        Self::HandedOver,
        Self::Claim,
        Self::Claimed,
        Self::Attempt,
        Self::Attempted,
        Self::Settle,
        Self::Settled,
        Self::PutOff,
        Self::WasPutOff,
        Self::Extend,
        Self::Rescue,
        Self::Rescued,
    ];

    /// Its name, as in `was_put_off`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Committed => "committed",
            Self::HandedOver => "handed_over",
            Self::Claim => "claim",
            Self::Claimed => "claimed",
            Self::Attempt => "attempt",
            Self::Attempted => "attempted",
            Self::Settle => "settle",
            Self::Settled => "settled",
            Self::PutOff => "put_off",
            Self::WasPutOff => "was_put_off",
            Self::Extend => "extend",
            Self::Rescue => "rescue",
            Self::Rescued => "rescued",
        }
    }
}
