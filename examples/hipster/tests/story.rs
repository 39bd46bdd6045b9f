//! The story, in the terminal and through the page.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use hipster::{Service, router};
use tower::ServiceExt;

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

/// Registers through the form, follows the redirect, and returns the page.
async fn register(service: &Service, form: &str) -> String {
    let request = Request::post("/register")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap();
    let answer = router(service.clone()).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let location = answer.headers()[header::LOCATION]
        .to_str()
        .unwrap()
        .to_owned();
    let page = router(service.clone())
        .oneshot(Request::get(location).body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    String::from_utf8(to_bytes(page.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_visitor_sees_the_orphan_appear_and_then_sees_it_prevented() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::open(folder.path()).await.unwrap();
    let page = register(
        &service,
        "username=ada&email=ada%40example.org&mode=during&fails=on",
    )
    .await;
    assert!(page.contains("Rolled back, but the mail is out."), "{page}");
    assert_eq!(
        page.matches("class=\"orphan\"").count(),
        2,
        "one mail and one document"
    );

    service.start_over().await.unwrap();
    let page = register(
        &service,
        "username=ada&email=ada%40example.org&mode=after_commit&fails=on",
    )
    .await;
    assert!(page.contains("Rolled back, and nobody was told."), "{page}");
    assert_eq!(page.matches("class=\"orphan\"").count(), 0);

    let page = register(
        &service,
        "username=ada&email=ada%40example.org&mode=after_commit",
    )
    .await;
    assert!(page.contains("Registered."), "{page}");
    assert_eq!(page.matches("<li>ada</li>").count(), 3);
}

#[tokio::test]
async fn bad_input_is_answered_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::open(folder.path()).await.unwrap();
    register(
        &service,
        "username=ada&email=ada%40example.org&mode=after_commit",
    )
    .await;
    let page = register(&service, "username=ada&email=ada%40example.org&mode=during").await;
    assert!(page.contains("That username is taken."), "{page}");
    let page = register(&service, "username=%3Cscript%3E&email=ada%40example.org").await;
    assert!(
        page.contains("That username cannot be used.") && !page.contains("<script>"),
        "{page}"
    );
    let page = register(
        &service,
        "username=bob&email=bob%0d%0aBcc%3a+x%40example.org",
    )
    .await;
    assert!(
        page.contains("does not look like an e-mail address"),
        "{page}"
    );
    assert_eq!(service.views().await.unwrap().mailbox, ["ada"]);
}
