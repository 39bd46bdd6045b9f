use aftercommit::{Outcome, Result, Signals};
use sqlx::Sqlite;

struct Saved;

async fn index(_saved: &Saved) -> Result<Outcome> {
    Ok(Outcome::discard("nobody would hear of it"))
}

fn main() {
    let _signals = Signals::<Sqlite>::new().after_commit("index", index);
}
