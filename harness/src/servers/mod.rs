//! Servers.

mod browser;
mod exim;
mod mariadb;
mod pgbouncer;
mod postgres;
mod process;

pub use browser::{Browser, find_browser};
pub use exim::{Exim, find_exim};
pub use mariadb::{MariaDb, MariaDbBuilder, Replica, Writes, find_mariadb};
pub use pgbouncer::{PgBouncer, PoolMode, find_pgbouncer};
pub use postgres::{Postgres, PostgresBuilder, Standby, Wait, find_postgres};
