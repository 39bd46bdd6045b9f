//! Somebody who uses the service without a browser.

use std::path::Path;

use aftercommit::delivery::Running;
use aftercommit::guard;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use hipster::{Places, Service, router};
use tower::ServiceExt;

pub struct Visitor {
    pub service: Service,
    /// Delivers as long as the visitor is there.
    worker: Option<Running>,
    cookie: Option<String>,
}

pub fn places(folder: &Path, database: Option<String>, smtp: Option<String>) -> Places {
    Places {
        folder: folder.to_owned(),
        database,
        smtp,
    }
}

impl Visitor {
    pub async fn at(places: &Places) -> Self {
        // The visitor may choose the mistake.
        guard::set_policy(guard::Policy::Off);
        let service = Service::open(places).await.unwrap();
        Self {
            worker: Some(service.start_worker().await.unwrap()),
            service,
            cookie: None,
        }
    }

    /// In front of a process that only commits.
    pub async fn without_worker(places: &Places) -> Self {
        Self {
            service: Service::open_without_worker(places).await.unwrap(),
            worker: None,
            cookie: None,
        }
    }

    /// The worker ends with the test.
    pub async fn leave(self) {
        if let Some(worker) = self.worker {
            worker.drain().await;
        }
    }

    async fn ask(&mut self, request: Request<Body>) -> Response {
        let answer = router(self.service.clone()).oneshot(request).await.unwrap();
        assert!(
            answer
                .headers()
                .contains_key(header::CONTENT_SECURITY_POLICY)
        );
        if let Some(set) = answer.headers().get(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            assert!(
                set.contains("HttpOnly") && set.contains("SameSite=Lax")
                    || set.contains("Max-Age=0"),
                "{set}"
            );
            self.cookie = set.split(';').next().map(str::to_owned);
        }
        answer
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(path);
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    pub async fn get(&mut self, path: &str) -> (StatusCode, String) {
        let request = self.request("GET", path).body(Body::empty()).unwrap();
        let answer = self.ask(request).await;
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Sends a form, follows the redirect, and returns the page.
    pub async fn post(&mut self, path: &str, form: &str) -> String {
        let request = self
            .request("POST", path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        let answer = self.ask(request).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let location = answer.headers()[header::LOCATION]
            .to_str()
            .unwrap()
            .to_owned();
        let (status, page) = self.get(&location).await;
        assert_eq!(status, StatusCode::OK);
        page
    }

    pub async fn register(&mut self, username: &str, rest: &str) -> String {
        let form = format!(
            "username={username}&email={username}%40example.org&password=correct+horse&{rest}"
        );
        self.post("/register", &form).await
    }
}
