//! 2: it happens as one.

mod ends;
mod nested;
mod broken;
mod block_options;
mod guard_form;
mod queries;
mod surroundings;
