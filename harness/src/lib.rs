//! What the tests need of the world: servers that are really there, a network that fails on demand, processes that
//! are killed at random, and the books that show what became of it all.
//!
//! Servers listen on 127.0.0.1 only, keep their data in a directory of their own, and are ended by the process
//! that started them, by their process id.

mod ledger;
mod proxy;
mod servers;
mod storm;
mod wire;

pub use ledger::{
    Claim, ClaimLog, Claims, Deliveries, Delivery, DeliveryLog, Left, OutOfOrder, State, Told,
    Truth, Verdict, Which, Wrong, monotonic_now,
};
pub use proxy::{Cut, Proxy};
pub use servers::{
    Browser, Exim, MariaDb, MariaDbBuilder, PgBouncer, PoolMode, Postgres, PostgresBuilder,
    Replica, Standby, Wait, Writes, find_browser, find_exim, find_mariadb, find_pgbouncer,
    find_postgres,
};
pub use storm::{Counts, Role, Storm};
pub use wire::{Passed, Plan, Point, Protocol, Sender, Side, Wire};
