use aftercommit::{Result, Signals};
use serde::{Deserialize, Serialize};
use sqlx::Sqlite;

#[derive(Serialize, Deserialize)]
struct Saved;

async fn greet(greeting: &str, _saved: &Saved) -> Result<()> {
    assert!(!greeting.is_empty());
    Ok(())
}

fn main() {
    let greeting = String::from("welcome");
    let _signals = Signals::<Sqlite>::new().durable("greet", async move |saved: &Saved| greet(&greeting, saved).await);
}
