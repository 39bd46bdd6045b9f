//! 2: it happens as one.

mod ends;
mod first_statement;
mod lending;
mod first_texts;
mod nested;
mod broken;
mod block_options;
mod guard_form;
mod queries;
mod surroundings;
