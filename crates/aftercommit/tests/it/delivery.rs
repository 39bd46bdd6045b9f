//! Effects are delivered.
