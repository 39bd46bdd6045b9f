//! Commits, and writes down what it was told.

use std::path::Path;

use aftercommit::{BoxError, Db, Error, Result, Tx};
use aftercommit_harness::{Claim, ClaimLog, Told};

use crate::database::Database;
use crate::sink::{Counted, Sent};

const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// What one transaction is to do.
#[derive(Clone)]
struct Plan {
    token: String,
    effects: u32,
    key: Option<&'static str>,
    fails: bool,
    undoes: bool,
}

pub(crate) async fn commit_for_ever<DB: Database>(
    db: &Db<DB>,
    folder: &Path,
) -> Result<(), BoxError> {
    // Two at a time, so that keys are fought for within a process too.
    let one = commit_one_after_another(db, folder);
    let other = commit_one_after_another(db, folder);
    tokio::try_join!(one, other).map(drop)
}

async fn commit_one_after_another<DB: Database>(
    db: &Db<DB>,
    folder: &Path,
) -> Result<(), BoxError> {
    let mut log = ClaimLog::create_in(folder)?;
    loop {
        let plan = Plan {
            token: uuid::Uuid::new_v4().to_string(),
            effects: fastrand::u32(1..=3),
            key: fastrand::bool().then(|| KEYS[fastrand::usize(..KEYS.len())]),
            fails: fastrand::u8(..10) == 0,
            undoes: fastrand::u8(..4) == 0,
        };
        let claim = |told| Claim {
            token: plan.token.clone(),
            told,
            effects: plan.effects,
            key: plan.key.map(str::to_owned),
        };
        log.append(&claim(Told::Invoked))?;
        // On a task of its own: a panic is to be survived.
        let (own, its) = (db.clone(), plan.clone());
        let block = async move { own.atomic(async |tx| transact(tx, &its).await).await };
        let told = match tokio::spawn(block).await {
            Ok(Ok(())) => Told::Committed,
            Ok(Err(error)) if error.is_commit_in_doubt() => Told::Unknown,
            Ok(Err(_)) => Told::Failed,
            Err(_) => Told::Unknown,
        };
        log.append(&claim(told))?;
        tokio::time::sleep(std::time::Duration::from_millis(fastrand::u64(0..24))).await;
    }
}

async fn transact<DB: Database>(tx: &mut Tx<DB>, plan: &Plan) -> Result<()> {
    DB::note(tx, &plan.token, plan.effects).await?;
    tx.send(Counted(plan.token.clone())).await?;
    for index in 0..plan.effects {
        send(tx, plan, index).await?;
    }
    if plan.undoes {
        // Must never be heard of.
        let undone = tx
            .atomic(async |tx| {
                send(tx, plan, 99).await?;
                Err::<(), _>(Error::other("undone on purpose"))
            })
            .await;
        undone.err().map(drop).unwrap_or_default();
    }
    if plan.fails {
        return Err(Error::other("fails on purpose"));
    }
    Ok(())
}

async fn send<DB: Database>(tx: &mut Tx<DB>, plan: &Plan, index: u32) -> Result<()> {
    let number = match plan.key {
        Some(key) => DB::number(tx, key).await?,
        None => 0,
    };
    tx.send(Sent {
        token: plan.token.clone(),
        index,
        key: plan.key.map(str::to_owned),
        number: number.unsigned_abs(),
    })
    .await
}
