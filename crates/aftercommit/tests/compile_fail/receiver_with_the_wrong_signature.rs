use aftercommit::{Result, Signals, Tx};
use sqlx::Sqlite;

struct Saved;

async fn by_value(_tx: &mut Tx<Sqlite>, _saved: Saved) -> Result<()> {
    Ok(())
}

fn main() {
    let _signals = Signals::<Sqlite>::new().during::<Saved, _, _>("by_value", by_value);
}
