//! `cargo xtask test`: every test there is, on real servers, on a machine that has only Rust.
//!
//! `cargo xtask test --only tests` leaves out formatting, lints and documentation. `cargo xtask test-newer` runs the databases'
//! suites on newer releases than Debian's, and `cargo xtask ci` both. `cargo xtask long` is the long run of the fault suites and
//! of the simulator, whose results are in `docs/reliability.md`. `cargo xtask with-servers` runs any command with the servers of
//! the tests in reach, such as `cargo test -p aftercommit --all-features --test it effect::`, and `cargo xtask
//! with-newer-servers` with the newer ones.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks to its user"
)]

mod django;
mod minutes;
mod newer;
mod prerequisites;
mod runs;
mod servers;
mod steps;
mod tally;

use std::process::{Command, ExitCode};

use minutes::Minutes;
use newer::Newer;
use servers::Servers;

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut minutes = Minutes::default();
    let done = match words.as_slice() {
        ["ci"] => runs::ci(&mut minutes),
        ["test"] => runs::test(true, &mut minutes),
        ["test", "--only", "tests"] => runs::test(false, &mut minutes),
        ["test-newer"] => runs::test_newer(&mut minutes),
        ["long"] => runs::long(&mut minutes),
        ["with-servers", program, arguments @ ..] => {
            Servers::start().and_then(|servers| with(servers, program, arguments))
        }
        ["with-newer-servers", program, arguments @ ..] => Newer::get()
            .and_then(Servers::start_newer)
            .and_then(|servers| with(servers, program, arguments)),
        _ => {
            eprintln!(
                "usage: cargo xtask test [--only tests] | cargo xtask test-newer | cargo xtask ci | cargo xtask long\n       \
                 cargo xtask with-servers COMMAND… | cargo xtask with-newer-servers COMMAND…"
            );
            return ExitCode::from(2);
        }
    };
    print!("{minutes}");
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs any command with the servers in reach.
fn with(servers: Servers, program: &str, arguments: &[&str]) -> Result<bool> {
    let environment = servers.environment.iter();
    let status = Command::new(program)
        .args(arguments)
        .envs(environment.map(|(name, value)| (name, value)))
        .status()
        .map_err(|error| format!("{program} cannot be run: {error}"))?;
    Ok(status.success())
}
