//! 1: something happened.

mod calls;
mod failures;
mod errors;
mod connections;
mod recursion;

use aftercommit::{Error, Ok, Result, Tx};

use crate::support::{Labels, Server};

#[derive(Debug, serde::Serialize)]
struct Saved(i64);

struct Other;

async fn insert<DB: Server>(tx: &mut Tx<DB>, saved: &Saved) -> Result<()> {
    DB::insert(tx, saved.0).await
}

async fn note(labels: &(Labels, &'static str), saved: &Saved) -> Result<()> {
    labels.0.note(format!("{} {}", labels.1, saved.0));
    Ok(())
}

async fn fail(labels: &Labels, _saved: &Saved) -> Result<()> {
    labels.note("fail");
    Err(Error::other("veto"))
}
