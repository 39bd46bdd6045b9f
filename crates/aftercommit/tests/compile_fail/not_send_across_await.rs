use std::rc::Rc;

use aftercommit::{Db, Ok, Result};
use sqlx::Sqlite;

async fn not_send(db: &Db<Sqlite>) -> Result<()> {
    db.atomic(async |tx| {
        let shared = Rc::new(1);
        sqlx::query("SELECT 1").execute(&mut *tx).await?;
        drop(shared);
        Ok(())
    })
    .await
}

fn main() {}
