//! The story in a real browser, on a desk and on a phone.

use std::time::Duration;

use aftercommit::guard;
use aftercommit_harness::Browser;
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hipster::{Service, router};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use crate::visitor::places;

/// Opens a window: that of a phone, if it is to be so many pixels wide.
async fn open(browser: &Browser, phone: Option<u32>) -> Client {
    let mut options = json!({ "args": browser.arguments(), "binary": "/usr/bin/chromium" });
    if let Some(width) = phone {
        // A desktop's window cannot be that narrow.
        let metrics = json!({ "width": width, "height": 844, "pixelRatio": 1 });
        options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
    }
    let capabilities = json!({ "goog:chromeOptions": options });
    let capabilities = capabilities.as_object().unwrap().clone();
    ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(&browser.url())
        .await
        .unwrap()
}

/// A visitor in front of the browser.
struct Visitor(Client);

impl Visitor {
    async fn type_into(&self, field: &str, text: &str) {
        let field = self
            .0
            .find(Locator::Css(&format!("input[name={field}]")))
            .await
            .unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn click(&self, css: &str) {
        let element = self.0.find(Locator::Css(css)).await.unwrap();
        element.click().await.unwrap();
    }

    /// Clicks on what leads to another page, and waits until that is there as a whole.
    async fn follow(&self, css: &str) {
        let page = self.0.find(Locator::Css("html")).await.unwrap();
        self.click(css).await;
        // The page that was left is gone as soon as nothing is known of its elements.
        while page.tag_name().await.is_ok() {}
        self.wait_for("footer").await;
    }

    async fn wait_for(&self, css: &str) -> Element {
        let wait = self.0.wait().at_most(Duration::from_secs(30));
        wait.for_element(Locator::Css(css)).await.unwrap()
    }

    /// Registers, and waits for the page that says what came of it.
    async fn register(&self, username: &str, mode: &str, fails: bool) -> String {
        self.type_into("username", username).await;
        self.type_into("email", &format!("{username}@example.org"))
            .await;
        self.type_into("password", "correct horse").await;
        self.click(&format!("input[value={mode}]")).await;
        let switch = self
            .0
            .find(Locator::Css("input[name=fails]"))
            .await
            .unwrap();
        if switch.is_selected().await.unwrap() != fails {
            switch.click().await.unwrap();
        }
        self.follow("form[action='/register'] button").await;
        self.banner().await
    }

    async fn banner(&self) -> String {
        self.wait_for(".banner strong").await.text().await.unwrap()
    }

    async fn count(&self, css: &str) -> usize {
        self.0.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// The numbers over the three lists.
    async fn counts(&self) -> Vec<String> {
        let mut counts = Vec::new();
        for count in self.0.find_all(Locator::Css(".count")).await.unwrap() {
            counts.push(count.text().await.unwrap());
        }
        counts
    }

    /// Waits until the page, which loads itself again, shows that nothing is pending.
    async fn wait_until_settled(&self) {
        while self.count("#pending").await > 0 {}
        self.wait_for("footer").await;
    }

    /// How far the page is wider than the window, and how many marks are broken in two.
    async fn misfits(&self) -> serde_json::Value {
        let script = "const page = document.documentElement;
            const tags = [...document.querySelectorAll('.tag')];
            return [page.scrollWidth - page.clientWidth, tags.filter(tag => tag.offsetHeight > 28).length]";
        self.0.execute(script, Vec::new()).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_in_a_browser() {
    guard::set_policy(guard::Policy::Off);
    let folder = tempfile::tempdir().unwrap();
    let service = Service::open(&places(folder.path(), None, None))
        .await
        .unwrap();
    let worker = service.start_worker().await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let home = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router(service)).await });

    let browser = Browser::start().unwrap();
    let visitor = Visitor(open(&browser, None).await);
    visitor.0.goto(&home).await.unwrap();

    // The orphan appears, …
    assert_eq!(
        visitor.register("ada", "during", true).await,
        "Rolled back, but the mail is out."
    );
    assert_eq!(visitor.counts().await, ["0", "1", "1"]);
    assert_eq!(visitor.count("li.orphan").await, 2);
    // … and is prevented.
    visitor.follow(".over button").await;
    assert_eq!(visitor.banner().await, "All three are empty.");
    assert_eq!(
        visitor.register("ada", "after_commit", true).await,
        "Rolled back, and nobody was told."
    );
    assert_eq!(visitor.counts().await, ["0", "0", "0"]);
    assert_eq!(
        visitor.register("ada", "after_commit", false).await,
        "Registered."
    );
    assert_eq!(visitor.counts().await, ["1", "1", "1"]);
    // What is written down follows, and the page shows it by itself.
    assert_eq!(
        visitor.register("eve", "durable", true).await,
        "Rolled back, and nobody was told."
    );
    assert_eq!(
        visitor.register("bob", "durable", false).await,
        "Registered."
    );
    visitor.wait_until_settled().await;
    assert_eq!(visitor.counts().await, ["2", "2", "2"]);
    assert_eq!(visitor.count("li.orphan").await, 0);

    // Ada logs in, finds herself and reads her mail.
    visitor.follow("a[href='/login']").await;
    visitor.type_into("username", "ada").await;
    visitor.type_into("password", "correct horse").await;
    visitor.follow("form[action='/login'] button").await;
    visitor.wait_for("form[action='/logout']").await;
    visitor.type_into("q", "ad").await;
    visitor.follow("form[action='/search'] button").await;
    assert_eq!(visitor.wait_for("mark").await.text().await.unwrap(), "ada");
    visitor.follow("a[href='/mail']").await;
    visitor.follow("main li:last-child a").await;
    let mail = visitor.wait_for("pre").await;
    assert!(mail.text().await.unwrap().contains("Hello ada"));

    visitor.0.close().await.unwrap();

    // On a phone nothing sticks out on any page, however long the name.
    let name = "m".repeat(40);
    let visitor = Visitor(open(&browser, Some(390)).await);
    visitor.0.goto(&home).await.unwrap();
    visitor.register("orphan", "during", true).await;
    assert_eq!(
        visitor.register(&name, "after_commit", false).await,
        "Registered."
    );
    visitor.follow("a[href='/login']").await;
    visitor.type_into("username", &name).await;
    visitor.type_into("password", "correct horse").await;
    visitor.follow("form[action='/login'] button").await;
    visitor.wait_for("form[action='/logout']").await;
    for path in [
        "/",
        "/login",
        "/search?q=mm",
        "/search?q=orphan",
        "/mail",
        "/nowhere",
    ] {
        visitor.0.goto(&format!("{home}{path}")).await.unwrap();
        assert_eq!(visitor.misfits().await, json!([0, 0]), "{path}");
    }
    visitor.0.goto(&format!("{home}/mail")).await.unwrap();
    visitor.follow("main li a").await;
    assert_eq!(visitor.misfits().await, json!([0, 0]));
    visitor.0.close().await.unwrap();
    worker.drain().await;
}
