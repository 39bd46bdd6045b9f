//! The integration tests: one binary, a file or a folder per stage of the path, each test on every database.
//!
//! `cargo xtask test` starts the servers; without them a test that needs one fails and says so.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and nobody links to it"
)]

#[macro_use]
mod support;

mod cancel;
mod commit;
mod effect;
mod delivery;
mod storm;
mod statement_faults;
mod operate;
mod compile_fail;
mod dialects;
mod django;
mod error_classes;
mod errors;
mod model;
mod faults;
mod guard;
mod observe;
mod request;
mod test_kit;
mod rules;
mod signal;
mod transaction;
mod truth;
mod behind;
