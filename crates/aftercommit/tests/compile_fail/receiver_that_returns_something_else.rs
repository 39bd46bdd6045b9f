use aftercommit::{Signals, Tx};
use sqlx::Sqlite;

struct Saved;

async fn count(_tx: &mut Tx<Sqlite>, _saved: &Saved) -> Result<(), u32> {
    Err(1)
}

fn main() {
    let _signals = Signals::<Sqlite>::new().during("count", count);
}
