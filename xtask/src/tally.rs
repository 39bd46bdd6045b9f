//! Counts the tests by database, and finds those that should have run. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Those that have releases.
pub(crate) const SERVERS: [&str; 2] = ["postgres", "mysql"];

/// The segment of a test's path that names the database it runs on.
pub(crate) const DATABASES: [&str; 3] = ["sqlite", "postgres", "mysql"];

/// What a run of `cargo test` printed, counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    passed: usize,
    failed: usize,
    ignored: Vec<String>,
    doc_tests: usize,
    without_database: usize,
    /// Those that ran on Postgres once more, through a pooler.
    pooler: usize,
    /// Those that must have a result.
    expected: BTreeSet<String>,
    /// By database: the tests that ran, without the segment that names it.
    on: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Tally {
    /// Reads one line of a list of tests, such as `commit::mysql::a_hook_dies: test`.
    pub(crate) fn expect(&mut self, line: &str) {
        self.expected
            .extend(line.strip_suffix(": test").map(str::to_owned));
    }

    pub(crate) fn expects_nothing(&self) -> bool {
        self.expected.is_empty()
    }

    /// Reads one line of the output, such as `test commit::mysql::a_hook_dies ... ok`.
    pub(crate) fn read(&mut self, line: &str) {
        let Some((name, outcome)) = line
            .strip_prefix("test ")
            .and_then(|line| line.split_once(" ... "))
        else {
            return;
        };
        let name = name.trim_end_matches(" - should panic");
        self.expected.remove(name);
        match outcome.split_whitespace().next() {
            Some("ok") => self.passed += 1,
            Some("ignored" | "ignored,") => return self.ignored.push(name.to_owned()),
            _ => self.failed += 1,
        }
        if name.contains(" - ") || name.contains("(line ") {
            self.doc_tests += 1;
            return;
        }
        if name.contains("::pooler::") {
            self.pooler += 1;
            return;
        }
        // A unit test of one database's adapter needs no server.
        let is_unit_test = name.contains("::tests::");
        match database_of(name).filter(|_| !is_unit_test) {
            Some((database, without)) => {
                self.on.entry(database).or_default().insert(without);
            }
            None => self.without_database += 1,
        }
    }

    pub(crate) fn passed(&self) -> usize {
        self.passed
    }

    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    /// What should have run on these databases and did not.
    pub(crate) fn complaints(&self, databases: &[&str]) -> Vec<String> {
        let mut complaints: Vec<String> = self
            .ignored
            .iter()
            .map(|name| format!("{name} was ignored: a test that cannot run must fail"))
            .collect();
        let unheard = self.expected.iter();
        complaints.extend(unheard.map(|name| format!("{name} was to run and has no result")));
        let all: BTreeSet<&String> = self
            .on
            .iter()
            .filter(|(database, _)| databases.contains(database))
            .flat_map(|(_, ran)| ran)
            .filter(|name| !is_for_one(name))
            .collect();
        if self.pooler == 0 {
            complaints.push("no test ran through the pooler".into());
        }
        for database in databases {
            let ran = self.on.get(database);
            if ran.is_none_or(BTreeSet::is_empty) {
                complaints.push(format!("no test ran on {database}"));
                continue;
            }
            for name in &all {
                if !ran.is_some_and(|ran| ran.contains(*name)) {
                    complaints.push(format!("{name} did not run on {database}"));
                }
            }
        }
        complaints
    }
}

/// The database that a test runs on, and the test's path without it: `commit::mysql::a`, or `commit::mysql_alone::a`.
fn database_of(name: &str) -> Option<(&'static str, String)> {
    let segments: Vec<&str> = name.split("::").collect();
    for database in DATABASES {
        let names_it = |segment: &&str| {
            segment
                .strip_prefix(database)
                .is_some_and(|rest| rest.is_empty() || rest == "_alone")
        };
        if segments.iter().any(names_it) {
            let rest: Vec<&str> = segments
                .iter()
                .copied()
                .filter(|segment| !names_it(segment))
                .collect();
            return Some((database, rest.join("::")));
        }
    }
    None
}

/// A test of something that only one database has says so at the end of its name.
fn is_for_one(name: &str) -> bool {
    DATABASES
        .iter()
        .any(|database| name.ends_with(&format!("_only_on_{database}")))
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "tests that ran:")?;
        for database in DATABASES {
            writeln!(
                f,
                "  on {database:<9} {:>5}",
                self.on.get(database).map_or(0, BTreeSet::len)
            )?;
        }
        writeln!(f, "  by the pooler{:>5}", self.pooler)?;
        writeln!(f, "  no database  {:>5}", self.without_database)?;
        writeln!(f, "  documentation{:>5}", self.doc_tests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for line in lines {
            tally.read(line);
        }
        tally
    }

    #[test]
    fn a_test_that_is_missing_on_one_database_is_named() {
        let tally = tally(&[
            "test commit::sqlite::a_hook_runs ... ok",
            "test commit::postgres::a_hook_runs ... ok",
            "test commit::mysql::another ... ok",
        ]);
        let complaints = tally.complaints(&DATABASES);
        assert!(
            complaints.contains(&"commit::a_hook_runs did not run on mysql".to_owned()),
            "{complaints:?}"
        );
        assert!(
            complaints.contains(&"commit::another did not run on sqlite".to_owned()),
            "{complaints:?}"
        );
    }

    #[test]
    fn what_one_database_alone_has_may_run_on_it_alone() {
        let tally = tally(&[
            "test commit::sqlite::a ... ok",
            "test commit::postgres::a ... ok",
            "test commit::mysql::a ... ok",
            "test commit::pooler::a ... ok",
            "test commit::mysql_alone::deadlock_only_on_mysql ... ok",
        ]);
        assert!(tally.complaints(&DATABASES).is_empty());
        assert_eq!((tally.passed(), tally.failed()), (5, 0));
        assert_eq!(tally.on["mysql"].len(), 2);
    }

    #[test]
    fn an_ignored_test_is_a_complaint() {
        let tally = tally(&["test a ... ignored, too slow"]);
        assert!(tally.complaints(&DATABASES)[0].contains("a was ignored"));
    }

    #[test]
    fn a_test_that_was_listed_and_is_not_heard_of_is_a_complaint() {
        let mut tally = tally(&[]);
        tally.expect("commit::postgres::a: test");
        tally.expect("commit::postgres::b: test");
        tally.expect("2 tests, 0 benchmarks");
        for line in [
            "test commit::postgres::a ... ok",
            "test commit::mysql::a ... ok",
            "test commit::pooler::a ... ok",
        ] {
            tally.read(line);
        }
        let complaints = tally.complaints(&SERVERS);
        assert_eq!(
            complaints,
            ["commit::postgres::b was to run and has no result"]
        );
    }

    #[test]
    fn documentation_and_failures_are_counted() {
        let tally = tally(&["test src/lib.rs - Db (line 3) ... ok", "test b ... FAILED"]);
        assert_eq!((tally.doc_tests, tally.passed(), tally.failed()), (1, 1, 1));
    }
}
