use aftercommit::Db;
use sqlx::Sqlite;

async fn run(db: &Db<Sqlite>) -> aftercommit::Result<()> {
    let mut tries = 0;
    db.retry(3)
        .atomic(async |tx| {
            tries += 1;
            sqlx::query("SELECT 1").execute(&mut *tx).await?;
            aftercommit::Ok(())
        })
        .await
}

fn main() {
    let _ = run;
}
