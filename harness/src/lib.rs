//! What the tests need of the world: servers that are really there, and a network that fails on demand.
//!
//! Servers listen on 127.0.0.1 only, keep their data in a directory of their own, and are ended by the process
//! that started them, by their process id.

mod ledger;
mod proxy;
mod servers;

pub use ledger::{
    Claim, ClaimLog, Claims, Deliveries, Delivery, DeliveryLog, Left, OutOfOrder, State, Told,
    Truth, Verdict, Which, Wrong, monotonic_now,
};
pub use proxy::{Cut, Proxy};
pub use servers::{
    Browser, Exim, MariaDb, PgBouncer, PoolMode, Postgres, find_browser, find_exim, find_mariadb,
    find_pgbouncer, find_postgres,
};
