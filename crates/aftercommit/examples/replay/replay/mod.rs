//! An interpreter for the programs of the Django comparison, on the library's public interface.
//!
//! The interpreter walks the program. Every library call that takes a closure runs as an *actor* of its own: its
//! body serves the interpreter's requests until it is told to return. So the interpreter can be in the middle
//! of a block on one database, a receiver, and a hook on another database at once, as the programs demand,
//! while each `Tx` stays where the borrow checker wants it.

mod actor;
mod differences;
mod interpreter;
mod lifetimes;
mod models;
mod rows;
mod signals;
mod stage;
mod test_kit;
mod trace;
mod writes;

pub use differences::Bridges;
pub use stage::Stage;
