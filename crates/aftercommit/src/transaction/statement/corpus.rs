//! Statements that people send.
