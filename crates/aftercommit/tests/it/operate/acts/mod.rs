//! Acting: retry, edit, discard, skip, pause, prune.

mod retry;
mod discard_and_skip;
mod in_bulk;
mod answers;
