use aftercommit::{Db, Ok, Result};
use sqlx::Sqlite;

async fn use_outer(db: &Db<Sqlite>) -> Result<()> {
    db.atomic(async |outer| {
        outer
            .atomic(async |_inner| {
                sqlx::query("SELECT 1").execute(&mut *outer).await?;
                Ok(())
            })
            .await
    })
    .await
}

fn main() {}
