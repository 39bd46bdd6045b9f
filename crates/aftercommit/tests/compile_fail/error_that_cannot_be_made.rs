use aftercommit::Db;
use sqlx::Sqlite;

struct Mine;

async fn register(db: &Db<Sqlite>) -> Result<(), Mine> {
    db.atomic(async |_tx| Err(Mine)).await
}

fn main() {}
