//! Replays programs of the Django comparison: JSON lines in, one line of JSON out for each.
//!
//! `--native` leaves out what `differences.rs` does to bridge the intended differences, and so shows what the
//! library does by itself.

#[path = "replay/mod.rs"]
mod replay;

use std::io::{BufRead, Write};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let native = std::env::args().any(|flag| flag == "--native");
    let bridges = replay::Bridges::all(!native);
    let stage = replay::Stage::new().await?;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let given: serde_json::Value = serde_json::from_str(&line)?;
        let program = given.get("program").unwrap_or(&given);
        let result = stage.play(program, bridges).await?;
        serde_json::to_writer(&mut out, &result)?;
        writeln!(out)?;
        out.flush()?;
    }
    Ok(())
}
