//! What the answer of a server means for a commit that was cut. Pure.
//!
//! A server numbers its transactions, and knows how each ended. Three things make an answer worthless: it comes from a standby,
//! which knows only what it has replayed; the number was given out a second time, after a crash or a promotion lost the
//! first; or another server answers. The epoch (see `epoch.sql`) tells them apart: when the statistics were reset, the timeline,
//! and the cluster.

use crate::store::CommitStatus;

/// What a server said about a transaction number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is a standby.
    Standby,
    /// The status of the number, and the epoch in which it is answered.
    Status { status: String, epoch: String },
    /// The number was never given out, as far as this server knows.
    InTheFuture { epoch: String },
}

/// `Ok`: that is what became of it. `Err`: ask again, and here is why it is in doubt if nobody says more.
pub(super) fn decide(then: &str, answer: &Answer) -> Result<CommitStatus, &'static str> {
    let (status, now) = match answer {
        Answer::Standby => return Err("only a standby could be asked"),
        Answer::Status { status, epoch } => (Some(status.as_str()), Epoch::parse(epoch)),
        Answer::InTheFuture { epoch } => (None, Epoch::parse(epoch)),
    };
    let since = now.since(&Epoch::parse(then));
    match (status, since) {
        (_, Since::Before) => {
            Err("a server answered that is behind the one which had the transaction")
        }
        (Some("in progress"), _) => Err("the transaction was still being ended"),
        (Some("committed"), Since::Nothing) => Ok(CommitStatus::Committed),
        (Some("aborted"), Since::Nothing | Since::NumbersLost) | (None, Since::NumbersLost) => {
            Ok(CommitStatus::RolledBack)
        }
        (Some("committed"), Since::NumbersLost) => Ok(CommitStatus::Unknown {
            why: "the server crashed, was replaced or had its statistics reset since, so its answer may be about another transaction",
        }),
        (Some("forgotten"), _) => Ok(CommitStatus::Unknown {
            why: "the server does not remember the transaction any more",
        }),
        (_, Since::Unclear) => Ok(CommitStatus::Unknown {
            why: "it is not known whether the server that answered had the transaction",
        }),
        _ => Ok(CommitStatus::Unknown {
            why: "the server gave an answer that makes no sense",
        }),
    }
}

/// What happened between two epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    /// The same server, and it has not crashed.
    Nothing,
    /// The same cluster, crashed or promoted: numbers of transactions that were never written to disk are given out again.
    NumbersLost,
    /// The server is on an older timeline: what came later it cannot know.
    Before,
    /// Perhaps not even the same cluster.
    Unclear,
}

/// The parts of an epoch.
#[derive(Debug, PartialEq, Eq)]
struct Epoch<'e> {
    statistics: &'e str,
    timeline: &'e str,
    cluster: Option<&'e str>,
}

impl<'e> Epoch<'e> {
    fn parse(text: &'e str) -> Option<Self> {
        let mut parts = text.split('/');
        Some(Self {
            statistics: parts.next().filter(|part| !part.is_empty())?,
            timeline: parts.next()?,
            cluster: parts.next(),
        })
    }
}

trait SinceThen {
    fn since(&self, then: &Self) -> Since;
}

impl SinceThen for Option<Epoch<'_>> {
    fn since(&self, then: &Self) -> Since {
        let (Some(now), Some(then)) = (self, then) else {
            return Since::Unclear;
        };
        if now == then {
            return Since::Nothing;
        }
        if now.cluster.is_none() || now.cluster != then.cluster {
            return Since::Unclear;
        }
        // Hexadecimal digits of one length: their order is that of the numbers.
        if now.timeline < then.timeline {
            Since::Before
        } else {
            Since::NumbersLost
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEN: &str = "2026-01-01 00:00:00.5+00/00000002/77";

    fn told(status: &str, epoch: &str) -> Result<CommitStatus, &'static str> {
        decide(
            THEN,
            &Answer::Status {
                status: status.into(),
                epoch: epoch.into(),
            },
        )
    }

    fn in_doubt(answer: Result<CommitStatus, &'static str>) -> bool {
        matches!(answer, Ok(CommitStatus::Unknown { .. }))
    }

    #[test]
    fn the_server_that_had_the_transaction_knows() {
        assert_eq!(told("committed", THEN), Ok(CommitStatus::Committed));
        assert_eq!(told("aborted", THEN), Ok(CommitStatus::RolledBack));
        assert!(in_doubt(told("forgotten", THEN)));
    }

    #[test]
    fn in_progress_is_asked_again_whatever_happened() {
        for epoch in [
            THEN,
            "later/00000002/77",
            "later/00000003/77",
            "x/00000002/78",
            "",
        ] {
            assert!(told("in progress", epoch).is_err(), "{epoch}");
        }
    }

    #[test]
    fn after_a_crash_or_a_promotion_a_number_may_be_somebody_elses() {
        for epoch in ["later/00000002/77", "2026-01-01 00:00:00.5+00/00000003/77"] {
            assert!(in_doubt(told("committed", epoch)), "{epoch}");
            assert_eq!(
                told("aborted", epoch),
                Ok(CommitStatus::RolledBack),
                "{epoch}"
            );
            let future = Answer::InTheFuture {
                epoch: epoch.into(),
            };
            assert_eq!(
                decide(THEN, &future),
                Ok(CommitStatus::RolledBack),
                "{epoch}"
            );
        }
    }

    #[test]
    fn a_standby_and_a_server_left_behind_are_asked_again() {
        assert!(decide(THEN, &Answer::Standby).is_err());
        for status in ["committed", "aborted", "in progress"] {
            assert!(told(status, "earlier/00000001/77").is_err(), "{status}");
        }
    }

    #[test]
    fn another_cluster_knows_nothing() {
        for epoch in ["later/00000002/78", "later/00000002", ""] {
            for status in ["committed", "aborted"] {
                assert!(in_doubt(told(status, epoch)), "{status} {epoch}");
            }
            assert!(in_doubt(decide(
                THEN,
                &Answer::InTheFuture {
                    epoch: epoch.into()
                }
            )));
            assert!(in_doubt(decide(
                "",
                &Answer::InTheFuture {
                    epoch: epoch.into()
                }
            )));
        }
        // The same server cannot have lost a number without a crash.
        assert!(in_doubt(decide(
            THEN,
            &Answer::InTheFuture { epoch: THEN.into() }
        )));
    }
}
