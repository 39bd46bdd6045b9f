use aftercommit::Db;
use sqlx::Sqlite;

async fn run(db: &Db<Sqlite>) {
    let found = db
        .atomic(async |tx| {
            sqlx::query("SELECT 1").execute(&mut *tx).await?;
            Ok(1)
        })
        .await;
    assert!(found.is_ok());
}

fn main() {
    let _ = run;
}
