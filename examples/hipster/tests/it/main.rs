//! The service as others see it: in the terminal, through its forms, in a browser, on each database.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod forms;
mod processes;
mod visitor;

use std::path::Path;
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hipster");

/// A process after another is killed for it, so the program itself tells it.
#[test]
fn the_story_ends_as_told() {
    let told = Command::new(PROGRAM).arg("--story").output().unwrap();
    let story = String::from_utf8(told.stdout).unwrap();
    assert!(
        told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );
    assert_eq!(story.matches("orphans: 1 mail, 1 document").count(), 1);
    assert_eq!(story.matches("orphans: 0 mail, 0 document").count(), 5);
    let crashes: Vec<&str> = story.split("killed with SIGKILL\n").skip(1).collect();
    assert!(crashes[0].contains("index 0   pending 0   in the end\n   lost: 1 mail, 1 document"));
    assert!(crashes[1].contains("index 0   pending 2   when it starts again"));
    assert!(crashes[1].contains("mailbox 1   index 1   pending 0   in the end\n   lost: 0 mail"));
}

#[tokio::test]
async fn a_story_that_ends_otherwise_is_an_error() {
    // Nobody is killed in this one.
    let error = hipster::tell(Path::new("true")).await.unwrap_err();
    assert!(
        error.to_string().contains("should have been killed"),
        "{error}"
    );
}
