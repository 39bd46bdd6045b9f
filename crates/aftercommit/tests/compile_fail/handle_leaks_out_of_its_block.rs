use aftercommit::{Db, Ok, Result, Tx};
use sqlx::Sqlite;

async fn leak(db: &Db<Sqlite>) -> Result<()> {
    let mut leaked: Option<&mut Tx<Sqlite>> = None;
    db.atomic(async |tx| {
        leaked = Some(tx);
        Ok(())
    })
    .await
}

fn main() {}
