//! The servers of the tests, which end with this, and how the tests find them.

use aftercommit_harness::{MariaDb, PgBouncer, PoolMode, Postgres};

use crate::newer::Newer;
use crate::steps::Environment;
use crate::{Result, django, prerequisites};

pub(crate) struct Servers {
    pub(crate) environment: Environment,
    _running: (PgBouncer, Postgres, MariaDb),
    /// Their programs, if they are not Debian's.
    _unpacked: Option<Newer>,
}

impl Servers {
    /// The servers of Debian's packages.
    pub(crate) fn start() -> Result<Self> {
        prerequisites::install()?;
        println!("==> starting PostgreSQL, PgBouncer and MariaDB");
        Self::around(Postgres::start()?, MariaDb::start()?, None)
    }

    /// Newer releases. Servers that a test starts for itself are of these too.
    pub(crate) fn start_newer(newer: Newer) -> Result<Self> {
        println!(
            "==> starting {}, PgBouncer and {}",
            Newer::POSTGRES,
            Newer::MARIADB
        );
        let postgres = Postgres::builder().programs(&newer.postgres).start()?;
        let mariadb = MariaDb::builder().programs(&newer.mariadb).start()?;
        Self::around(postgres, mariadb, Some(newer))
    }

    fn around(postgres: Postgres, mariadb: MariaDb, newer: Option<Newer>) -> Result<Self> {
        let python = django::python()?;
        let pooler = PgBouncer::start(postgres.port(), PoolMode::Transaction)?;
        let mut environment = vec![
            ("AFTERCOMMIT_TEST_POSTGRES", postgres.url("postgres")),
            ("AFTERCOMMIT_TEST_POOLER", pooler.url("postgres")),
            ("AFTERCOMMIT_TEST_MYSQL", mariadb.url("test")),
            ("AFTERCOMMIT_TEST_PYTHON", python.display().to_string()),
        ];
        if let Some(newer) = &newer {
            environment.extend([
                (
                    "AFTERCOMMIT_TEST_POSTGRES_PROGRAMS",
                    newer.postgres.display().to_string(),
                ),
                (
                    "AFTERCOMMIT_TEST_MARIADB_PROGRAMS",
                    newer.mariadb.display().to_string(),
                ),
            ]);
        }
        Ok(Self {
            environment,
            _running: (pooler, postgres, mariadb),
            _unpacked: newer,
        })
    }
}
