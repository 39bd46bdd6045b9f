//! The integration tests: what a message becomes, hostile input, and servers that are real or that fail.
#![expect(
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a run of random input says its seed"
)]

mod durable;
mod hostile;
mod messages;
mod scripted;
mod smtp;
