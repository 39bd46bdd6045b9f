//! Postgres has no unsigned numbers, for an id neither.
use aftercommit::{Db, Model};

#[derive(Model, Clone)]
#[model(table = "users")]
struct User {
    #[model(id)]
    id: u64,
    name: String,
}

async fn save(db: &Db<sqlx::Postgres>, user: &mut User) -> aftercommit::Result<()> {
    db.save(user).await
}

fn main() {}
