//! One process commits, another one delivers.

use std::path::Path;
use std::process::Stdio;

use aftercommit_harness::Exim;
use sqlx::Connection;
use tokio::process::{Child, Command};

use crate::PROGRAM;
use crate::visitor::{Visitor, places};

fn worker(folder: &Path, smtp: &str) -> Child {
    let mut worker = Command::new(PROGRAM);
    worker.args(["--worker", "--smtp", smtp, "--data"]);
    worker.arg(folder).kill_on_drop(true);
    worker
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The payloads of what is pending in the service's own file.
async fn payloads(folder: &Path) -> Vec<String> {
    let url = format!("sqlite://{}", folder.join("service.db").display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query_scalar("SELECT payload FROM aftercommit_effects")
        .fetch_all(&mut database)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_worker_of_its_own_delivers_what_others_commit() {
    let server = Exim::start(None).unwrap();
    let smtp = format!("smtp://127.0.0.1:{}", server.port());
    let folder = tempfile::tempdir().unwrap();
    let mut visitor =
        Visitor::without_worker(&places(folder.path(), None, Some(smtp.clone()))).await;

    // There is no worker yet, and no index.
    visitor.register("eve", "mode=durable&fails=on").await;
    let page = visitor.register("ada", "mode=durable").await;
    assert!(
        page.contains("<span id=\"pending\">2</span> effects"),
        "{page}"
    );
    let again = "content=\"1; url=/?mode=durable&amp;happened=registered&amp;looked=1\"";
    assert!(page.contains(again), "{page}");
    let (_, page) = visitor
        .get("/?mode=durable&happened=registered&looked=5")
        .await;
    assert!(
        !page.contains("http-equiv") && page.contains("Look again"),
        "{page}"
    );
    let views = visitor.service.views().await.unwrap();
    assert_eq!((views.missing(), views.pending), ((1, 1), 2));

    // What is written down says nothing of the password.
    let payloads = payloads(folder.path()).await;
    assert_eq!(payloads.len(), 2);
    for payload in payloads {
        assert!(payload.contains("ada"), "{payload}");
        // The name of the column is no secret.
        assert!(
            !payload.contains("password_hash\":") && !payload.contains("argon2"),
            "{payload}"
        );
    }

    let mut delivering = worker(folder.path(), &smtp);
    let views = visitor.service.settled().await.unwrap();
    let all = (views.database, views.mailbox, views.index, views.dead);
    let ada = || vec!["ada".to_owned()];
    assert_eq!(all, (ada(), ada(), ada(), 0));
    let mails = server.delivered(1).await.unwrap();
    assert!(String::from_utf8_lossy(&mails[0]).contains("ada@example.org"));

    // One process writes the index: a second one says so, and what to do.
    let second = worker(folder.path(), &smtp)
        .wait_with_output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success(), "{told}");
    assert!(
        told.contains("SEARCH_LOCKED") && told.contains("--no-worker"),
        "{told}"
    );

    // Asked to stop, it drains and ends well.
    let pid = delivering.id().unwrap().to_string();
    let kill = Command::new("sh")
        .args(["-c", "kill -TERM $0", &pid])
        .status()
        .await;
    assert!(kill.unwrap().success());
    assert!(delivering.wait().await.unwrap().success());
}

#[tokio::test]
async fn a_process_that_only_commits_offers_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut visitor = Visitor::without_worker(&places(folder.path(), None, None)).await;
    let (_, page) = visitor.get("/").await;
    assert_eq!(page.matches(" disabled").count(), 2, "{page}");
    assert!(page.contains("value=\"durable\" checked"), "{page}");
    assert!(!page.contains("Start over"), "{page}");
    // Whoever writes the form by hand.
    for mode in ["during", "after_commit"] {
        let page = visitor.register("ada", &format!("mode={mode}")).await;
        assert!(page.contains("Nothing was committed."), "{page}");
    }
    assert_eq!(
        visitor.service.views().await.unwrap(),
        hipster::Views::default()
    );
    assert!(visitor.service.start_worker().await.is_err());
}
