use aftercommit::{Result, Signals, Tx};
use sqlx::{Postgres, Sqlite};

struct Saved;

async fn receive(_tx: &mut Tx<Postgres>, _saved: &Saved) -> Result<()> {
    Ok(())
}

fn main() {
    let _signals = Signals::<Sqlite>::new().during::<Saved, _, _>("receive", receive);
}
