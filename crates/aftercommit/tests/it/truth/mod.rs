//! What is told of a commit is true, on servers that crash, restart and fail over, wherever the connection is cut.
//!
//! Every block has a hook and writes a row or an effect. The network counts the messages of the protocol from COMMIT to the
//! lookup's last answer and cuts before or after one of them, or one of each connection. Then what was told is compared with
//! what is on the server that counts. `AFTERCOMMIT_TEST_LONG` makes it 2,000 cuts per topology.

mod arena;
mod asynchronous;
mod blocks;
mod client;
mod endings;
mod first_statements;
mod judge;
mod listeners;
mod on_mysql;
mod on_postgres;
mod positions;
mod prepared;
mod readers;
mod surroundings;
