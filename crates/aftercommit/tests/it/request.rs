//! A transaction for each request.

use std::panic::AssertUnwindSafe;
use std::task::Poll;

use aftercommit::request::{Transaction, transaction_per_request};
use aftercommit::{Db, Options, Result};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use futures_util::FutureExt;
use futures_util::stream::poll_fn;
use tokio::sync::oneshot;
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
    a_response_means_what_the_program_says,
    a_preview_is_answered_and_rolled_back,
    two_databases_of_one_kind_have_names,
    a_request_that_takes_too_long_is_rolled_back,
    uploads_that_are_half_sent_keep_nobody_waiting,
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

/// Answers 200, and says in another way that it failed.
async fn fails_with_200<DB: Server>(
    mut tx: Transaction<DB>,
) -> ([(&'static str, &'static str); 1], &'static str) {
    DB::insert(&mut tx, 1).await.expect("inserted");
    ([("grpc-status", "13")], "{\"errors\":[]}")
}

async fn a_response_means_what_the_program_says<DB: Server>() {
    let site = Site::<DB>::open().await;
    let (status, body) = answer(app(&site.db, get(fails_with_200::<DB>))).await;
    assert_eq!((status, &*body), (StatusCode::OK, "{\"errors\":[]}"));
    assert_eq!(site.ids().await, [0; 0], "a gRPC error is none to commit");

    // A program's own idea, which may capture.
    let failing = StatusCode::ACCEPTED;
    let layer = transaction_per_request(site.db.clone())
        .with_success(move |response| response.status() != failing);
    async fn accepts<DB: Server>(mut tx: Transaction<DB>) -> StatusCode {
        DB::insert(&mut tx, 2).await.expect("inserted");
        StatusCode::ACCEPTED
    }
    let own = Router::new()
        .route("/", get(accepts::<DB>))
        .layer(layer.clone());
    assert_eq!(answer(own).await.0, StatusCode::ACCEPTED);
    assert_eq!(site.ids().await, [0; 0]);
    let own = Router::new()
        .route("/", get(fails_with_200::<DB>))
        .layer(layer);
    assert_eq!(answer(own).await.0, StatusCode::OK);
    assert_eq!(site.ids().await, [1], "it does not ask for gRPC");
}

async fn a_preview_is_answered_and_rolled_back<DB: Server>() {
    let site = Site::<DB>::open().await;
    let labels = Labels::default();
    let hook = labels.clone();
    let handler = get(async move |mut tx: Transaction<DB>| {
        DB::insert(&mut tx, 1).await.expect("inserted");
        tx.on_commit(hook.hook("mailed"));
        tx.set_rollback(true).expect("marked");
        "a preview"
    });
    let (status, body) = answer(app(&site.db, handler)).await;
    assert_eq!((status, &*body), (StatusCode::OK, "a preview"));
    assert_eq!(labels.all(), [""; 0]);

    // A block that joined and failed is no wish of the handler's.
    async fn joins<DB: Server>(mut tx: Transaction<DB>) -> &'static str {
        let joined: Result<()> = tx
            .join(async |tx| {
                DB::insert(tx, 2).await?;
                Err(aftercommit::Error::other("no stock"))
            })
            .await;
        assert!(joined.is_err());
        "all is well"
    }
    let (status, _) = answer(app(&site.db, get(joins::<DB>))).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(site.ids().await, [0; 0]);
}

struct Second;

async fn two_databases_of_one_kind_have_names<DB: Server>() {
    let (first, second) = (Site::<DB>::open().await, Site::<DB>::open().await);
    async fn both<DB: Server>(mut one: Transaction<DB>, mut two: Transaction<DB, Second>) {
        DB::insert(&mut one, 1).await.expect("inserted");
        DB::insert(&mut two, 2).await.expect("inserted");
    }
    let named = Router::new()
        .route("/", get(both::<DB>))
        .layer(transaction_per_request(first.db.clone()))
        .layer(transaction_per_request(second.db.clone()).named::<Second>());
    assert_eq!(answer(named).await.0, StatusCode::OK);
    assert_eq!((first.ids().await, second.ids().await), (vec![1], vec![2]));

    // Without a name the handler is not called, and the log names both layers.
    let extracted = async |tx: std::result::Result<
        Transaction<DB>,
        aftercommit::request::Refused,
    >| { tx.expect_err("refused").0.to_string() };
    let unnamed = Router::new()
        .route("/", get(extracted))
        .layer(transaction_per_request(first.db.clone()))
        .layer(transaction_per_request(second.db.clone()));
    let (_, why) = answer(unnamed).await;
    assert!(why.starts_with("TRANSACTION_LAYERS"), "{why}");
    assert_eq!(why.matches("request.rs:").count(), 2, "{why}");

    // On one pool, the inner layer has other options for some routes.
    let app = Router::new().route(
        "/",
        get(async |mut tx: Transaction<DB>| {
            DB::insert(&mut tx, 7).await.expect("inserted");
        }),
    );
    let inner = transaction_per_request(first.db.clone()).with_success(|_| false);
    let same = app
        .layer(inner)
        .layer(transaction_per_request(first.db.clone()));
    assert_eq!(answer(same).await.0, StatusCode::OK);
    assert_eq!(first.ids().await, [1]);
}

async fn a_request_that_takes_too_long_is_rolled_back<DB: Server>() {
    let site = Site::<DB>::with_pool_of(1).await;
    async fn hangs<DB: Server>(mut tx: Transaction<DB>) -> &'static str {
        DB::insert(&mut tx, 1).await.expect("inserted");
        std::future::pending().await
    }
    let layer = transaction_per_request(site.db.clone())
        .with_time_limit(std::time::Duration::from_millis(1));
    let hanging = Router::new()
        .route("/", get(hangs::<DB>))
        .layer(layer.clone());
    let (status, body) = answer(hanging.clone()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body, "the request took too long, and nothing was changed");
    // The only connection is free again.
    let count = site.db.atomic(async |tx| DB::count(tx).await).await;
    assert_eq!(count.expect("counted"), 0);

    let own = layer.on_failure(|error| Response::builder(StatusCode::IM_A_TEAPOT, &error));
    let hanging = Router::new().route("/", get(hangs::<DB>)).layer(own);
    let (status, body) = answer(hanging).await;
    assert_eq!(
        (status, &*body),
        (StatusCode::IM_A_TEAPOT, "REQUEST_TOO_LONG")
    );
}

/// The transaction is the first argument, because axum wants the body to be the last: it is not begun before the body is there.
async fn uploads_that_are_half_sent_keep_nobody_waiting<DB: Server>() {
    async fn stores<DB: Server>(mut tx: Transaction<DB>, body: String) -> StatusCode {
        let id = body.parse().expect("a number");
        DB::insert(&mut tx, id).await.expect("inserted");
        StatusCode::CREATED
    }
    let site = Site::<DB>::with_pool_of(2).await;
    let app = app(&site.db, axum::routing::post(stores::<DB>));
    let post = |body| {
        let request = Request::post("/").body(body).expect("a request");
        app.clone().oneshot(request)
    };
    let mut uploads = Vec::new();
    for id in [1, 2] {
        let (rest, mut end) = oneshot::channel::<()>();
        let (waits, waiting) = oneshot::channel();
        let (mut begun, mut waits) = (Some(id.to_string()), Some(waits));
        let chunks = poll_fn(move |context| {
            if let Some(chunk) = begun.take() {
                return Poll::Ready(Some(Ok::<_, std::io::Error>(chunk)));
            }
            if let Some(waits) = waits.take() {
                waits.send(()).expect("the test waits for it");
            }
            end.poll_unpin(context).map(|_| None)
        });
        let upload = tokio::spawn(post(Body::from_stream(chunks)));
        waiting.await.expect("it has read what there is");
        uploads.push((rest, upload));
    }
    let whole = post(Body::from("3")).await.expect("an answer");
    assert_eq!(whole.status(), StatusCode::CREATED);
    assert_eq!(site.ids().await, [3]);
    for (rest, upload) in uploads {
        drop(rest);
        let response = upload.await.expect("no panic").expect("an answer");
        assert_eq!(response.status(), StatusCode::CREATED);
    }
    assert_eq!(site.ids().await, [1, 2, 3]);
}
