//! The service as others see it: in the terminal, through its forms, in a browser, on each database.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod forms;
mod visitor;

#[tokio::test]
async fn the_story_ends_as_told() {
    let story = hipster::tell().await.unwrap();
    assert!(story.contains("orphans: 1 mail, 1 document"), "{story}");
    assert_eq!(
        story.matches("orphans: 0 mail, 0 document").count(),
        3,
        "{story}"
    );
}
