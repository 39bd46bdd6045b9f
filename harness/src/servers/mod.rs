//! Database servers.

mod mariadb;
mod postgres;
mod process;

pub use mariadb::{MariaDb, find_mariadb};
pub use postgres::{Postgres, find_postgres};
