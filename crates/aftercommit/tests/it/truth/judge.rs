//! Compares what a client was told with what is there. Pure.

use std::collections::BTreeMap;
use std::fmt;

use aftercommit_harness::{Point, Side};

/// What a client was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Committed,
    NotCommitted,
    InDoubt,
}

/// One commit, and how it was told.
#[derive(Clone, Debug)]
pub struct Report {
    pub id: i64,
    pub told: Told,
    /// The error's text.
    pub why: String,
    /// Its hook ran.
    pub hooked: bool,
    /// What the lookup asks for had arrived at the client, as the network saw it.
    pub identified: bool,
    /// Where the connection was cut, if it was.
    pub first: Option<Point>,
    pub second: Option<Point>,
    /// The client was told before the servers changed places.
    pub before_failover: bool,
}

/// Whether a commit may be in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The primary could be asked, and had neither crashed nor had its statistics reset.
    IsAFault,
    IsExcused,
}

/// What is wrong with a report, in words. `lossy`: the failover may have lost what was confirmed before it.
pub fn wrong(report: &Report, there: bool, doubt: Doubt, lossy: bool) -> Option<&'static str> {
    if lossy && report.before_failover && !there && report.told == Told::Committed {
        return None;
    }
    match (report.told, there, report.hooked) {
        (Told::Committed, false, _) => Some("told committed, and it is not there"),
        (Told::Committed, true, false) => Some("told committed, and its hook did not run"),
        (Told::NotCommitted, true, _) => Some("told not committed, and it is there"),
        (Told::NotCommitted | Told::InDoubt, _, true) => {
            Some("a hook ran without a confirmed commit")
        }
        (Told::InDoubt, ..) if doubt == Doubt::IsAFault && report.identified => {
            Some("in doubt, although a server that knows could be asked")
        }
        _ => None,
    }
}

/// Counts.
#[derive(Debug, Default)]
pub struct Tally {
    pub committed: usize,
    pub not_committed: usize,
    /// The number had arrived.
    pub in_doubt: usize,
    pub in_doubt_unidentified: usize,
    pub lost_by_failover: usize,
    pub wrong: Vec<String>,
    positions: BTreeMap<(Option<Point>, Option<Point>), usize>,
}

impl Tally {
    pub fn add(&mut self, report: &Report, there: bool, doubt: Doubt, lossy: bool) {
        match report.told {
            Told::Committed if !there && lossy => self.lost_by_failover += 1,
            Told::Committed => self.committed += 1,
            Told::NotCommitted => self.not_committed += 1,
            Told::InDoubt if report.identified => self.in_doubt += 1,
            Told::InDoubt => self.in_doubt_unidentified += 1,
        }
        if let Some(wrong) = wrong(report, there, doubt, lossy) {
            self.wrong
                .push(format!("{wrong}: {report:?}: {}", report.why));
        }
        *self
            .positions
            .entry((report.first, report.second))
            .or_default() += 1;
    }

    pub fn cuts(&self) -> usize {
        self.sum(|first, _| first.is_some())
    }

    /// Cuts at this place of the first connection only.
    pub fn first(&self, point: Point) -> usize {
        self.sum(|first, second| first == Some(point) && second.is_none())
    }

    /// Cuts at this place of the lookup.
    pub fn second(&self, point: Point) -> usize {
        self.sum(|_, second| second == Some(point))
    }

    fn sum(&self, which: impl Fn(Option<Point>, Option<Point>) -> bool) -> usize {
        let counts = self.positions.iter();
        counts
            .filter(|((first, second), _)| which(*first, *second))
            .map(|(_, count)| count)
            .sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.committed
            + self.not_committed
            + self.in_doubt
            + self.in_doubt_unidentified
            + self.lost_by_failover;
        #[expect(clippy::cast_precision_loss, reason = "a share in per cent")]
        let share = 100.0 * (self.in_doubt + self.in_doubt_unidentified) as f64 / all.max(1) as f64;
        writeln!(
            f,
            "{} cuts in {all} commits: {} committed, {} not committed, {} in doubt, {} in doubt because the number had \
             not arrived ({share:.1} % in doubt), {} confirmed and lost by the failover, {} told wrong",
            self.cuts(),
            self.committed,
            self.not_committed,
            self.in_doubt,
            self.in_doubt_unidentified,
            self.lost_by_failover,
            self.wrong.len()
        )?;
        let shown = |point: &Point| match point.side {
            Side::Before => format!("<{}", point.message),
            Side::After => format!("{}>", point.message),
        };
        f.write_str("    cut before (<n) and after (n>) a message, first connection:")?;
        for ((first, second), count) in &self.positions {
            if let (Some(first), None) = (first, second) {
                write!(f, " {}:{count}", shown(first))?;
            }
        }
        f.write_str("\n    and a second time in the lookup:")?;
        let mut seconds: BTreeMap<Point, usize> = BTreeMap::new();
        for ((_, second), count) in &self.positions {
            if let Some(second) = second {
                *seconds.entry(*second).or_default() += count;
            }
        }
        for (second, count) in &seconds {
            write!(f, " {}:{count}", shown(second))?;
        }
        Ok(())
    }
}

#[test]
fn every_lie_is_found() {
    let report = |told, hooked| Report {
        id: 1,
        told,
        why: String::new(),
        hooked,
        identified: true,
        first: None,
        second: None,
        before_failover: true,
    };
    let fault = |told, there, hooked| wrong(&report(told, hooked), there, Doubt::IsAFault, false);
    assert_eq!(fault(Told::Committed, true, true), None);
    assert_eq!(fault(Told::NotCommitted, false, false), None);
    for lie in [
        (Told::Committed, false, true),
        (Told::Committed, true, false),
        (Told::NotCommitted, true, false),
        (Told::NotCommitted, false, true),
        (Told::InDoubt, true, true),
        (Told::InDoubt, true, false),
    ] {
        assert!(fault(lie.0, lie.1, lie.2).is_some(), "{lie:?}");
    }
    let excused = |report: &Report| wrong(report, true, Doubt::IsExcused, false);
    assert_eq!(excused(&report(Told::InDoubt, false)), None);
    let unidentified = Report {
        identified: false,
        ..report(Told::InDoubt, false)
    };
    assert_eq!(wrong(&unidentified, true, Doubt::IsAFault, false), None);
    assert_eq!(
        wrong(
            &report(Told::Committed, true),
            false,
            Doubt::IsExcused,
            true
        ),
        None
    );
}
