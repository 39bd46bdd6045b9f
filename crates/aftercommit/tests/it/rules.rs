//! The repository's own rules, checked.

use std::fs;
use std::path::{Path, PathBuf};

/// The files of a folder in every crate.
fn sources(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, extension: &str, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, extension, found);
            } else if path.extension().is_some_and(|found| found == extension) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for one in fs::read_dir(crates).unwrap() {
        let folder = one.unwrap().path().join(folder);
        if folder.exists() {
            walk(&folder, extension, &mut found);
        }
    }
    found
}

/// A file that says in its first line that it is pure has no I/O, clock, randomness or logging.
#[test]
fn a_pure_file_is_pure() {
    let impure = [
        "async ",
        ".await",
        "tokio",
        "tracing",
        "metrics::",
        "fastrand",
        "Instant",
        "std::io",
        "std::fs",
    ];
    let mut pure = 0;
    for (path, text) in sources("src", "rs") {
        if !text.lines().next().unwrap_or_default().ends_with("Pure.") {
            continue;
        }
        pure += 1;
        let code: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        for word in impure {
            assert!(
                !code.contains(word),
                "{} says that it is pure and has `{word}`",
                path.display()
            );
        }
    }
    assert!(pure >= 12, "{pure} pure files");
}

/// Each guarantee in a module's documentation names a test that is there.
#[test]
fn every_guarantee_names_a_test_that_exists() {
    let tests: String = sources("tests/it", "rs")
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    let mut named = 0;
    for (path, text) in sources("src", "rs") {
        let docs: String = text
            .lines()
            .filter_map(|line| line.strip_prefix("//!"))
            .collect();
        for piece in docs.split("(`").skip(1) {
            let Some((test, _)) = piece.split_once("`)") else {
                continue;
            };
            let Some((_, name)) = test.split_once("::") else {
                continue;
            };
            named += 1;
            let exists = name == "*"
                || tests.contains(&format!("fn {name}<"))
                || tests.contains(&format!("fn {name}("));
            assert!(
                exists,
                "{} names the test {test}, which is not there",
                path.display()
            );
        }
    }
    assert!(named >= 24, "{named} tests are named");
}

/// SQL stands in `.sql` files: the code only names them.
#[test]
fn statements_stand_in_files_of_their_own() {
    for (path, text) in sources("src/store", "rs") {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code: String = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        for verb in [
            "\"SELECT",
            "\"INSERT",
            "\"UPDATE",
            "\"DELETE",
            "\"COMMIT",
            "\"ROLLBACK",
            "\"BEGIN",
            "\"SAVEPOINT",
        ] {
            assert!(
                !code.contains(verb),
                "{} has a statement in it: {verb}",
                path.display()
            );
        }
    }
    assert!(sources("src/store", "sql").len() >= 20);
}
