use aftercommit::{Result, Signals, Tx};
use sqlx::Sqlite;

struct Saved;

fn main() {
    let greeting = String::from("welcome");
    let _signals = Signals::<Sqlite>::new().during("greet", async move |_tx: &mut Tx<Sqlite>, _saved: &Saved| -> Result<()> {
        assert!(!greeting.is_empty());
        Ok(())
    });
}
