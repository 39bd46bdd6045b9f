//! A transaction for each request.

use std::panic::AssertUnwindSafe;

use aftercommit::axum::{Transaction, transaction_per_request};
use aftercommit::{Db, Options, Result};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use futures_util::FutureExt;
use tower::ServiceExt;

use crate::support::{Labels, Server, Site};

on_each_database_and_the_pooler! {
    success_is_never_said_for_what_did_not_commit,
    errors_and_panics_roll_back,
    nothing_is_begun_for_nothing,
    hooks_have_run_when_the_response_leaves,
    a_client_that_goes_away_rolls_back,
    a_transaction_that_is_kept_is_an_error,
    a_transaction_that_cannot_be_begun_is_no_success,
}

async fn saves<DB: Server>(mut tx: Transaction<DB>) -> StatusCode {
    DB::insert(&mut tx, 1).await.expect("inserted");
    StatusCode::CREATED
}

async fn answer(app: Router) -> (StatusCode, String) {
    let request = Request::get("/").body(Body::empty()).expect("a request");
    let response = app.oneshot(request).await.expect("an answer");
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20)
        .await
        .expect("a body");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

fn app<DB: Server>(db: &Db<DB>, handler: axum::routing::MethodRouter) -> Router {
    Router::new()
        .route("/", handler)
        .layer(transaction_per_request(db.clone()))
}

async fn success_is_never_said_for_what_did_not_commit<DB: Server>() {
    let site = Site::<DB>::open().await;
    let (status, _) = answer(app(&site.db, get(saves::<DB>))).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(site.ids().await, [1]);

    // The statement failed, and the handler says that all is well.
    async fn swallows<DB: Server>(mut tx: Transaction<DB>) -> &'static str {
        assert!(DB::insert(&mut tx, 1).await.is_err());
        "all is well"
    }
    let (status, body) = answer(app(&site.db, get(swallows::<DB>))).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(body, "something went wrong, and nothing was changed");

    // The commit itself fails, where a constraint can wait for it.
    if DB::DEFERS {
        async fn orphan<DB: Server>(mut tx: Transaction<DB>) -> &'static str {
            DB::insert_orphan(&mut tx, 2)
                .await
                .expect("only the commit fails");
            "all is well"
        }
        let (status, _) = answer(app(&site.db, get(orphan::<DB>))).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    }

    // And the response can be the program's own.
    let own = transaction_per_request(site.db.clone())
        .with_options(Options::new())
        .on_failure(|error| Response::builder(StatusCode::IM_A_TEAPOT, &error));
    let own = Router::new().route("/", get(swallows::<DB>)).layer(own);
    assert_eq!(answer(own).await.0, StatusCode::IM_A_TEAPOT);
    assert_eq!(site.ids().await, [1]);
}

/// Short for a response with an error's code in it.
struct Response;

impl Response {
    fn builder(status: StatusCode, error: &aftercommit::Error) -> axum::response::Response {
        axum::response::IntoResponse::into_response((status, error.code().unwrap_or_default()))
    }
}

async fn errors_and_panics_roll_back<DB: Server>() {
    let site = Site::<DB>::open().await;
    async fn refuses<DB: Server>(mut tx: Transaction<DB>) -> StatusCode {
        DB::insert(&mut tx, 1).await.expect("inserted");
        StatusCode::CONFLICT
    }
    let (status, _) = answer(app(&site.db, get(refuses::<DB>))).await;
    assert_eq!(status, StatusCode::CONFLICT);

    async fn panics<DB: Server>(mut tx: Transaction<DB>) -> StatusCode {
        DB::insert(&mut tx, 2).await.expect("inserted");
        panic!("on purpose");
    }
    let panicked = AssertUnwindSafe(answer(app(&site.db, get(panics::<DB>))))
        .catch_unwind()
        .await;
    assert!(panicked.is_err());

    async fn redirects<DB: Server>(mut tx: Transaction<DB>) -> axum::response::Redirect {
        DB::insert(&mut tx, 3).await.expect("inserted");
        axum::response::Redirect::to("/")
    }
    let (status, _) = answer(app(&site.db, get(redirects::<DB>))).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(
        site.ids().await,
        [3],
        "what follows a form that was taken is no error"
    );
}

async fn nothing_is_begun_for_nothing<DB: Server>() {
    let site = Site::<DB>::open().await;
    let (status, _) = answer(app(&site.db, get(async || "hello"))).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(site.heard.all(), [""; 0], "no BEGIN");

    let bare = Router::new().route("/", get(saves::<DB>));
    let (status, body) = answer(bare).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        !body.contains("layer"),
        "what is wrong with the program is nobody else's business"
    );

    async fn twice<DB: Server>(_first: Transaction<DB>, _second: Transaction<DB>) -> StatusCode {
        StatusCode::OK
    }
    let (status, _) = answer(app(&site.db, get(twice::<DB>))).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

async fn hooks_have_run_when_the_response_leaves<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    let hook = labels.clone();
    let handler = get(async move |mut tx: Transaction<DB>| {
        DB::insert(&mut tx, 1).await.expect("inserted");
        tx.on_commit(hook.hook("mailed"));
        // A part of the work may go wrong and be taken back.
        let part: Result<()> = tx.atomic(async |tx| DB::insert(tx, 1).await).await;
        if part.is_err() { "partly" } else { "all" }
    });
    let (status, body) = answer(app(&site.db, handler)).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "partly"));
    assert_eq!(labels.all(), ["mailed"]);
    assert_eq!(site.ids().await, [1]);
}

async fn a_client_that_goes_away_rolls_back<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    let (inside, mut told) = tokio::sync::mpsc::channel(1);
    let handler = get(async move |mut tx: Transaction<DB>| {
        DB::insert(&mut tx, 1).await.expect("inserted");
        inside.send(()).await.expect("listening");
        std::future::pending::<&'static str>().await
    });
    let request = tokio::spawn(answer(app(&site.db, handler)));
    told.recv().await.expect("inside");
    request.abort();
    assert!(request.await.expect_err("aborted").is_cancelled());
    // The only connection is free again, and the row is not there.
    let count = site.db.atomic(async |tx| DB::count(tx).await).await;
    assert_eq!(count.expect("counted"), 0);
}

async fn a_transaction_that_is_kept_is_an_error<DB: Server>() {
    let site = Site::<DB>::open().await;
    let (give, mut kept) = tokio::sync::mpsc::channel(1);
    let handler = get(async move |mut tx: Transaction<DB>| {
        DB::insert(&mut tx, 1).await.expect("inserted");
        give.send(tx).await.expect("kept");
        "all is well"
    });
    let (status, _) = answer(app(&site.db, handler)).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    // Given back too late: it rolls back.
    drop(kept.recv().await);
    let count = site.db.atomic(async |tx| DB::count(tx).await).await;
    assert_eq!(count.expect("counted"), 0);
}

async fn a_transaction_that_cannot_be_begun_is_no_success<DB: Server>() {
    let site = Site::<DB>::open().await;
    site.db.pool().close().await;
    let handler = get(async move |mut tx: Transaction<DB>| {
        // Begun with the first statement; the handler says success all the same.
        DB::insert(&mut tx, 1).await.expect_err("a closed pool");
        "saved"
    });
    let (status, body) = answer(app(&site.db, handler)).await;
    assert!(status.is_server_error(), "{status}: {body}");

    // A handler that sends nothing is not held up.
    let handler = get(async move |_tx: Transaction<DB>| "hello");
    let (status, _) = answer(app(&site.db, handler)).await;
    assert_eq!(status, StatusCode::OK);
}
