//! Mistakes that could have been made, for the simulator to find. Pure.

/// A mistake in what a statement does, or in when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defect {
    /// An outcome is recorded without comparing owner and fencing number.
    NoFencing,
    /// The signs of life do not reach the database.
    LostBeats,
    /// A claim goes by "id > last seen", and not by state.
    ClaimById,
    /// A worker is taken for dead before its lease has ended.
    EarlyRescue,
    /// Leases are taken only of workers that are found dead in the same breath.
    BlindRescue,
    /// An effect is settled when its handler begins.
    EarlySettle,
    /// A claim does not look for the first of a key.
    KeysIgnored,
    /// A lease that nobody knows of is given back at once.
    HastyCompare,
    /// A start is not counted before it happens.
    StartsNotNoted,
    /// What is promoted is not removed where it was.
    CopyLeft,
    /// What stood behind a failure is only let go by whoever ended the failure.
    NoSweep,
}

impl Defect {
    pub(super) const ALL: [Self; 11] = [
        Self::NoFencing,
        Self::LostBeats,
        Self::ClaimById,
        Self::EarlyRescue,
        Self::BlindRescue,
        Self::EarlySettle,
        Self::KeysIgnored,
        Self::HastyCompare,
        Self::StartsNotNoted,
        Self::CopyLeft,
        Self::NoSweep,
    ];
}
