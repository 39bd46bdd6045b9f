//! A service that is made to be killed: it commits, delivers, and keeps books of both outside of the database.
//!
//! `storm <role> <database url> <folder for the books>`, where the role is `service` (commits and delivers), `client` (only
//! commits), `worker` (only delivers), `stranded` (delivers to a target that is not there) or `operator` (retries dead letters).
//! It never ends by itself. With `STORM_POINT=<point>:<time>:<act>,…` something happens when a boundary between two steps is
//! reached for that time: see `aftercommit::delivery::Point`.
#![expect(clippy::print_stderr, reason = "whoever started it reads why it ended")]

mod client;
mod database;
mod operator;
mod sink;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use aftercommit::delivery::Point;
use aftercommit::testing::{Act, Faults};
use aftercommit::{BoxError, Db, Signals, Worker};
use sqlx::pool::PoolOptions;
use sqlx::{MySql, Postgres, Sqlite};

use database::Database;

/// What the process is here for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Service,
    Client,
    Worker,
    Stranded,
    Operator,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("storm: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [role, url, folder] = arguments.as_slice() else {
        return Err("usage: storm service|client|worker|stranded|operator URL FOLDER".into());
    };
    let role = match role.as_str() {
        "service" => Role::Service,
        "client" => Role::Client,
        "worker" => Role::Worker,
        "stranded" => Role::Stranded,
        "operator" => Role::Operator,
        other => return Err(format!("{other} is no role").into()),
    };
    let folder = PathBuf::from(folder);
    match url.split(':').next() {
        Some("sqlite") => serve::<Sqlite>(role, url, &folder).await,
        Some("postgres") => serve::<Postgres>(role, url, &folder).await,
        Some("mysql") => serve::<MySql>(role, url, &folder).await,
        _ => Err("the URL begins with sqlite:, postgres: or mysql:".into()),
    }
}

async fn serve<DB: Database>(role: Role, url: &str, folder: &Path) -> Result<(), BoxError> {
    // The server may be down at this moment: it will be back.
    let pool = PoolOptions::<DB>::new()
        .max_connections(6)
        .acquire_timeout(Duration::from_secs(20))
        .connect_lazy_with(DB::connect(url)?);
    let signals = match role {
        Role::Stranded => sink::stranded::<DB>(),
        Role::Service | Role::Client | Role::Worker => sink::signals::<DB>(folder)?,
        Role::Operator => Signals::new(),
    };
    let db = Db::new(pool).with_signals(signals).with_faults(&faults()?);
    match role {
        Role::Client => return client::commit_for_ever(&db, folder).await,
        Role::Operator => return operator::retry_for_ever(&db).await,
        Role::Service | Role::Worker | Role::Stranded => {}
    }
    let running = loop {
        let worker = Worker::new(&db)
            .lease(Duration::from_secs(1))
            .poll_every(Duration::from_millis(100));
        match worker.start().await {
            Ok(running) => break running,
            Err(error) if error.is_retryable() => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error.into()),
        }
    };
    if role == Role::Service {
        client::commit_for_ever(&db, folder).await?;
    }
    std::future::pending::<()>().await;
    running.drain().await;
    Ok(())
}

fn faults() -> Result<Faults, BoxError> {
    let plans = std::env::var("STORM_POINT").unwrap_or_default();
    let plans = plans.split(',').filter(|plan| !plan.is_empty());
    plans.into_iter().try_fold(Faults::new(), fault)
}

fn fault(faults: Faults, plan: &str) -> Result<Faults, BoxError> {
    let parts: Vec<&str> = plan.split(':').collect();
    let [name, time, act] = parts.as_slice() else {
        return Err(format!("STORM_POINT={plan} is not point:time:act").into());
    };
    let point = Point::ALL.into_iter().find(|point| point.name() == *name);
    let act = match *act {
        "kill" => Act::Kill,
        "panic" => Act::Panic,
        "error" => Act::Fail,
        "stall" => Act::Stall(Duration::from_secs(3)),
        other => return Err(format!("{other} is no act").into()),
    };
    let point = point.ok_or_else(|| format!("{name} is no point"))?;
    Ok(faults.at_point(point, time.parse()?, act))
}
