//! Postgres has no unsigned numbers.
use aftercommit::Model;
use aftercommit::model::Stored;

#[derive(Model, Clone)]
#[model(table = "users")]
struct User {
    #[model(id)]
    id: i64,
    visits: u64,
}

fn stored<M: Stored<sqlx::Postgres>>() {}

fn main() {
    stored::<User>();
    stored::<String>();
}
