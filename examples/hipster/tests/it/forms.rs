//! What a visitor does and sees.

use aftercommit_harness::Exim;
use axum::http::StatusCode;
use hipster::Views;

use crate::visitor::{Visitor, places};

/// The story as a visitor sees it, wherever the users are kept.
async fn the_orphan_appears_and_is_prevented(database: Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let mut visitor = Visitor::at(&places(folder.path(), database, None)).await;
    let page = visitor.register("ada", "mode=during&fails=on").await;
    assert!(page.contains("Rolled back, but the mail is out."), "{page}");
    assert_eq!(
        page.matches("class=\"orphan\"").count(),
        2,
        "one mail and one document"
    );

    visitor.service.start_over().await.unwrap();
    let page = visitor.register("ada", "mode=after_commit&fails=on").await;
    assert!(page.contains("Rolled back, and nobody was told."), "{page}");
    assert_eq!(page.matches("class=\"orphan\"").count(), 0);

    let page = visitor.register("ada", "mode=after_commit").await;
    assert!(page.contains("Registered."), "{page}");
    assert_eq!(
        page.matches("<li>ada</li>").count() + page.matches("<li><span>ada</span></li>").count(),
        3,
        "{page}"
    );
    let page = visitor.register("ada", "mode=after_commit").await;
    assert!(page.contains("That username is taken."), "{page}");

    // Logging in and out.
    let page = visitor
        .post("/login", "username=ada&password=wrong+horse")
        .await;
    assert!(page.contains("That did not work."), "{page}");
    let page = visitor
        .post("/login", "username=ada&password=correct+horse")
        .await;
    assert!(page.contains("Log out ada"), "{page}");
    let page = visitor.post("/logout", "").await;
    assert!(page.contains("Log in"), "{page}");

    let page = visitor
        .post("/login", "username=ada%00&password=correct+horse")
        .await;
    assert!(page.contains("That did not work."), "{page}");

    // Whoever starts over logs everybody out, without a broken page.
    visitor
        .post("/login", "username=ada&password=correct+horse")
        .await;
    let page = visitor.post("/start-over", "").await;
    assert!(
        page.contains("All three are empty.") && page.contains("Log in"),
        "{page}"
    );
    visitor.leave().await;
}

/// What is written down in the transaction follows it, once, and only if it was committed.
async fn what_is_written_down_follows(database: Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let mut visitor = Visitor::at(&places(folder.path(), database, None)).await;
    let page = visitor.register("eve", "mode=durable&fails=on").await;
    assert!(page.contains("Rolled back, and nobody was told."), "{page}");
    assert!(page.contains("is gone with it"), "{page}");
    assert_eq!(visitor.service.views().await.unwrap(), Views::default());

    let page = visitor.register("ada", "mode=durable").await;
    assert!(page.contains("Registered."), "{page}");
    let views = visitor.service.settled().await.unwrap();
    let ada = vec!["ada".to_owned()];
    let all = (&views.database, &views.mailbox, &views.index, views.dead);
    assert_eq!(all, (&ada, &ada, &ada, 0));
    let (_, page) = visitor.get("/?mode=durable&happened=registered").await;
    assert!(page.contains("A worker has delivered it"), "{page}");
    assert!(!page.contains("refresh") && !page.contains("Still to follow"));
    visitor.leave().await;
}

mod sqlite {
    #[tokio::test]
    async fn the_orphan_appears_and_is_prevented() {
        super::the_orphan_appears_and_is_prevented(None).await;
    }

    #[tokio::test]
    async fn what_is_written_down_follows() {
        super::what_is_written_down_follows(None).await;
    }
}

mod postgres {
    #[tokio::test]
    async fn the_orphan_appears_and_is_prevented() {
        let server = aftercommit_harness::Postgres::start().unwrap();
        super::the_orphan_appears_and_is_prevented(Some(server.url("postgres"))).await;
    }

    #[tokio::test]
    async fn what_is_written_down_follows() {
        let server = aftercommit_harness::Postgres::start().unwrap();
        super::what_is_written_down_follows(Some(server.url("postgres"))).await;
    }
}

mod mysql {
    #[tokio::test]
    async fn the_orphan_appears_and_is_prevented() {
        let server = aftercommit_harness::MariaDb::start().unwrap();
        super::the_orphan_appears_and_is_prevented(Some(server.url("test"))).await;
    }

    #[tokio::test]
    async fn what_is_written_down_follows() {
        let server = aftercommit_harness::MariaDb::start().unwrap();
        super::what_is_written_down_follows(Some(server.url("test"))).await;
    }
}

#[tokio::test]
async fn search_and_mail_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut visitor = Visitor::at(&places(folder.path(), None, None)).await;
    visitor.register("Adalbert", "mode=after_commit").await;
    visitor.register("bob", "mode=during&fails=on").await;
    let (_, page) = visitor.get("/search?q=ada").await;
    assert!(
        page.contains("<mark>Adalbert</mark>") && page.contains("1 document<"),
        "{page}"
    );
    let (_, page) = visitor.get("/search?q=bob").await;
    assert!(
        page.contains("class=\"tag\""),
        "an orphan is marked: {page}"
    );
    for n in 0..12 {
        visitor
            .register(&format!("many-{n}"), "mode=after_commit")
            .await;
    }
    let (_, page) = visitor.get("/search?q=many").await;
    assert!(
        page.contains("Page 1 of 2") && page.contains("q=many&amp;page=2"),
        "{page}"
    );
    for hostile in [
        "/search?q=%22%2A%28",
        "/search?q=%3Cscript%3E&page=99999999",
        "/search?page=x",
    ] {
        let (status, page) = visitor.get(hostile).await;
        assert_eq!(status, StatusCode::OK, "{hostile}");
        assert!(!page.contains("<script>"));
    }

    let (_, page) = visitor.get("/mail").await;
    assert!(
        page.contains("Welcome, Adalbert") && page.contains("orphan"),
        "{page}"
    );
    let link = page
        .split("href=\"/mail/")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap()
        .to_owned();
    let (_, page) = visitor.get(&format!("/mail/{link}")).await;
    assert!(page.contains("good to have you"), "{page}");
    for path in [
        "/mail/..%2F..%2Fservice",
        "/mail/.x",
        "/mail/nothing",
        "/nothing",
    ] {
        let (status, _) = visitor.get(path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    visitor.leave().await;
}

#[tokio::test]
async fn bad_input_is_answered_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut visitor = Visitor::at(&places(folder.path(), None, None)).await;
    visitor.register("ada", "mode=after_commit").await;
    for (form, words) in [
        (
            "username=%3Cscript%3E&email=ada%40example.org&password=correct+horse",
            "That username cannot be used.",
        ),
        (
            "username=bob&email=bob%0d%0aBcc%3a+x%40example.org&password=correct+horse",
            "does not look like an e-mail address",
        ),
        (
            "username=bob&email=a%40b%40example.org&password=correct+horse",
            "does not look like an e-mail address",
        ),
        (
            "username=bob&email=bob%40example.org&password=short",
            "That password cannot be used.",
        ),
    ] {
        let page = visitor.post("/register", form).await;
        assert!(
            page.contains(words) && !page.contains("<script>"),
            "{form}: {page}"
        );
    }
    let page = visitor
        .post(
            "/login",
            &format!("username=ada&password={}", "x".repeat(300)),
        )
        .await;
    assert!(page.contains("That did not work."), "{page}");
    assert_eq!(visitor.service.views().await.unwrap().mailbox, ["ada"]);
    visitor.leave().await;
}

/// With a mail server set, the mail goes there, once, and can be read here all the same.
#[tokio::test]
async fn mail_goes_to_a_server() {
    let server = Exim::start(None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let smtp = format!("smtp://127.0.0.1:{}", server.port());
    let mut visitor = Visitor::at(&places(folder.path(), None, Some(smtp))).await;
    visitor.register("ada", "mode=after_commit").await;
    visitor.register("bob", "mode=after_commit&fails=on").await;
    let delivered = server.delivered(1).await.unwrap();
    assert!(String::from_utf8_lossy(&delivered[0]).contains("ada@example.org"));
    assert_eq!(visitor.service.views().await.unwrap().mailbox, ["ada"]);

    visitor.register("bob", "mode=durable&fails=on").await;
    visitor.register("grace", "mode=durable").await;
    let views = visitor.service.settled().await.unwrap();
    server.delivered(2).await.unwrap();
    assert_eq!(views.mailbox.len(), 2, "{views:?}");
    visitor.leave().await;
}

/// A mail that fails behind the commit takes nothing back, and the page does not say that it went out.
#[tokio::test]
async fn a_mail_that_fails_is_not_passed_over() {
    let server = Exim::start(None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let smtp = format!("smtp://127.0.0.1:{}", server.port());
    let mut visitor = Visitor::at(&places(folder.path(), None, Some(smtp))).await;
    let form = "username=ada&email=refused%40example.com&password=correct+horse&mode=after_commit";
    let page = visitor.post("/register", form).await;
    assert!(
        page.contains("Registered, but not everybody was told."),
        "{page}"
    );
    let views = visitor.service.views().await.unwrap();
    assert_eq!(
        (views.database, views.index),
        (vec!["ada".into()], vec!["ada".into()])
    );
    assert!(views.mailbox.is_empty());

    // What was written down and cannot be delivered is a dead letter, and the page says so.
    let form = "username=bob&email=refused%40example.com&password=correct+horse&mode=durable";
    visitor.post("/register", form).await;
    let views = visitor.service.settled().await.unwrap();
    assert_eq!((views.missing(), views.dead), ((2, 0), 1));
    let (_, page) = visitor.get("/?mode=durable&happened=registered").await;
    assert!(page.contains("Given up: 1 effect."), "{page}");
    assert!(!page.contains("A worker has delivered it"), "{page}");
    visitor.leave().await;
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for (database, smtp, words) in [
        (
            Some("oracle://x"),
            None,
            "begins with sqlite:, postgres: or mysql:",
        ),
        (None, Some("ftp://x"), "it begins with smtp:// or smtps://"),
    ] {
        let places = places(
            folder.path(),
            database.map(str::to_owned),
            smtp.map(str::to_owned),
        );
        let error = hipster::Service::open(&places).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}
