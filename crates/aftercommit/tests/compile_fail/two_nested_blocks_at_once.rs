use aftercommit::{Db, Ok, Result};
use sqlx::Sqlite;

async fn both(db: &Db<Sqlite>) -> Result<()> {
    db.atomic(async |tx| {
        let first = tx.atomic(async |_tx| Ok(()));
        let second = tx.atomic(async |_tx| Ok(()));
        first.await?;
        second.await
    })
    .await
}

fn main() {}
