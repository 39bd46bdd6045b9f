//! MariaDB, alone and with a replica, crashing, restarting, and with the address of the pool moved.

use std::time::Duration;

use aftercommit_harness::{MariaDb as Server, Replica, Writes};
use sqlx::MySql;
use tokio::task::block_in_place;

use super::arena::Arena;
use super::judge::Doubt;

const PATIENCE: Duration = Duration::from_secs(60);

fn server() -> Server {
    Server::builder().primary().start().unwrap()
}

async fn arena(name: &'static str, server: &Server, doubt: Doubt) -> Arena<MySql> {
    Arena::open(name, server.port(), doubt, PATIENCE).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cut_is_told_as_it_was_only_on_mysql() {
    let server = server();
    let mut arena = arena("alone", &server, Doubt::IsAFault).await;
    for _ in 0..arena.all_positions() {
        let round = arena.start(false);
        arena.finish(round).await;
    }
    arena.judge(server.port()).await;
    arena.assert_no_position_is_empty();
    arena.close(server.port()).await;
}

async fn happens(name: &'static str, busy: bool, mut event: impl FnMut(&mut Server)) {
    let mut server = server();
    let mut arena = arena(name, &server, Doubt::IsAFault).await;
    for number in 0..arena.rounds(2) {
        arena.warm_up().await;
        if !busy {
            block_in_place(|| event(&mut server));
        }
        let mut round = arena.start(busy && number % 2 == 0);
        if busy {
            arena.settled(&mut round).await;
            block_in_place(|| event(&mut server));
        }
        arena.let_go();
        arena.finish(round).await;
        arena.judge(server.port()).await;
    }
    arena.close(server.port()).await;
}

fn crash(server: &mut Server) {
    server.kill().unwrap();
    server.start_again().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crashes_while_the_pool_is_idle_only_on_mysql() {
    happens("crashes while idle", false, crash).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crashes_while_the_pool_is_busy_only_on_mysql() {
    happens("crashes while busy", true, crash).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_while_the_pool_is_busy_only_on_mysql() {
    let restart = |server: &mut Server| server.restart().unwrap();
    happens("restarts while busy", true, restart).await;
}

/// Lookups are led to a replica, and after a while back.
async fn is_led_astray(name: &'static str, writes: Writes) {
    let primary = server();
    let mut arena = arena(name, &primary, Doubt::IsAFault).await;
    let replica = block_in_place(|| Replica::of(&primary, writes)).unwrap();
    for number in 0..arena.rounds(2) {
        arena.warm_up().await;
        // Half of the time the replica has not got what it is asked about.
        if number % 2 == 0 {
            block_in_place(|| replica.pause()).unwrap();
        }
        let mut round = arena.start(true);
        arena.settled(&mut round).await;
        arena.move_to(replica.port());
        arena.let_go();
        arena.asked_twice().await;
        arena.move_to(primary.port());
        arena.finish(round).await;
        if number % 2 == 0 {
            block_in_place(|| replica.resume()).unwrap();
        }
        // Replication goes on: nobody has written there.
        block_in_place(|| replica.catch_up(&primary)).unwrap();
        arena.judge(primary.port()).await;
    }
    arena.close(primary.port()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_read_only_is_not_believed_only_on_mysql() {
    is_led_astray(
        "the address at a read-only replica, and back",
        Writes::Refused,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_takes_writes_is_not_believed_only_on_mysql() {
    is_led_astray("the address at a writable replica, and back", Writes::Taken).await;
}

/// The primary dies, and its replica is promoted: what had not reached it is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failover_to_a_replica_only_on_mysql() {
    let mut servers = vec![server()];
    let patience = Duration::from_millis(500);
    let name = "failover";
    let port = servers[0].port();
    let mut arena = Arena::<MySql>::open(name, port, Doubt::IsExcused, patience)
        .await
        .lossy();
    for number in 0..arena.rounds(2) {
        let primary = servers.last().unwrap();
        let replica = block_in_place(|| Replica::of(primary, Writes::Refused)).unwrap();
        arena.warm_up().await;
        block_in_place(|| replica.catch_up(primary)).unwrap();
        if number % 2 == 1 {
            block_in_place(|| replica.pause()).unwrap();
        }
        let mut round = arena.start(true);
        arena.settled(&mut round).await;
        let promoted = block_in_place(|| {
            servers.last_mut().unwrap().kill().unwrap();
            let promoted = replica.promote().unwrap();
            // The next replica has the number that this one had.
            let number = format!("SET GLOBAL server_id = {}", 100 + number);
            promoted.run(&number).unwrap();
            promoted
        });
        arena.move_to(promoted.port());
        arena.let_go();
        arena.finish(round).await;
        arena.judge(promoted.port()).await;
        servers = vec![promoted];
    }
    arena.close(servers[0].port()).await;
}
