//! The server dies.

use std::time::Duration;

use aftercommit_harness::{Postgres as PostgresServer, Storm};
use sqlx::Postgres;

use super::{Sea, blocking};
use crate::support::{Files, long};

mod postgres_alone {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nothing_is_lost_when_the_server_crashes_only_on_postgres() {
        let crashes = if long() { 1_000 } else { 20 };
        let mut server = PostgresServer::start().unwrap();
        let files = Files::new();
        let sea = Sea::<Postgres>::at(server.url("postgres"), files).await;
        let roles = vec![sea.role("service", 2), sea.role("worker", 1)];
        let (mut storm, server) = blocking(move || {
            let mut storm = Storm::start(roles, 1)?;
            let mut random = fastrand::Rng::with_seed(2);
            for _ in 0..crashes {
                storm.keep_alive(Duration::from_millis(random.u64(150..600)))?;
                server.kill()?;
                server.start_again()?;
            }
            Ok((storm, server))
        })
        .await;
        let storm = blocking(move || {
            storm.keep_alive(Duration::from_millis(500))?;
            storm.dismiss("service")?;
            Ok(storm)
        })
        .await;
        sea.until_calm().await;
        blocking(move || storm.end()).await;
        let verdict = sea.check(&format!("{crashes} crashes of the server")).await;
        assert!(verdict.committed > crashes, "{verdict}");
        drop(server);
    }
}
