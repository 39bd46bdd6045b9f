//! PostgreSQL, alone and with a standby, crashing, restarting and failing over.

use std::time::Duration;

use aftercommit_harness::{Postgres as Server, Standby, Wait};
use sqlx::Postgres;
use tokio::task::block_in_place;

use super::arena::Arena;
use super::judge::Doubt;

const PATIENCE: Duration = Duration::from_secs(60);

async fn arena(name: &'static str, server: &Server, doubt: Doubt) -> Arena<Postgres> {
    Arena::open(name, server.port(), doubt, PATIENCE).await
}

/// Returns when each COMMIT that was neither cut nor told waits for the standby.
async fn all_wait(arena: &Arena<Postgres>, primary: &Server) {
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    loop {
        let waiting: usize = block_in_place(|| primary.run(&[waits]))
            .unwrap()
            .parse()
            .unwrap();
        if arena.waiting().is_some_and(|expected| waiting >= expected) {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cut_is_told_as_it_was_only_on_postgres() {
    let server = Server::start().unwrap();
    let mut arena = arena("alone", &server, Doubt::IsAFault).await;
    for _ in 0..arena.all_positions() {
        let round = arena.start(false);
        arena.finish(round).await;
    }
    arena.judge(server.port()).await;
    arena.assert_no_position_is_empty();
    arena.close(server.port()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deferred_trigger_is_waited_for_only_on_postgres() {
    let server = Server::start().unwrap();
    let mut arena = arena("deferred triggers", &server, Doubt::IsAFault).await;
    let seconds = if crate::support::long() { 2.0 } else { 0.2 };
    let trigger = format!(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END $$"
    );
    let attach = "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION slow()";
    server.run(&[&trigger, attach]).unwrap();
    for _ in 0..arena.rounds(2) {
        let round = arena.start(false);
        arena.finish(round).await;
        arena.judge(server.port()).await;
    }
    arena.close(server.port()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_waits_for_a_standby_is_told_when_it_goes_on_only_on_postgres() {
    let mut primary = Server::start().unwrap();
    let mut arena = arena(
        "a synchronous standby that pauses",
        &primary,
        Doubt::IsAFault,
    )
    .await;
    let mut standby = Standby::of(&mut primary, Wait::Synchronous).unwrap();
    for _ in 0..arena.rounds(2) {
        arena.warm_up().await;
        block_in_place(|| standby.pause()).unwrap();
        let round = arena.start(false);
        all_wait(&arena, &primary).await;
        block_in_place(|| standby.resume());
        arena.finish(round).await;
        arena.judge(primary.port()).await;
    }
    arena.close(primary.port()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_waits_for_longer_than_patience_is_in_doubt_only_on_postgres() {
    let mut primary = Server::start().unwrap();
    let patience = Duration::from_millis(300);
    let name = "a synchronous standby that pauses for longer than the patience";
    let mut arena = Arena::<Postgres>::open(name, primary.port(), Doubt::IsExcused, patience).await;
    let mut standby = Standby::of(&mut primary, Wait::Synchronous).unwrap();
    for _ in 0..arena.rounds(2) {
        arena.warm_up().await;
        block_in_place(|| standby.pause()).unwrap();
        let mut round = arena.start(true);
        all_wait(&arena, &primary).await;
        arena.note_told(&mut round);
        arena.let_go();
        // Those that were not cut are told when the standby goes on, the others before.
        arena.finish_cut(&mut round).await;
        block_in_place(|| standby.resume());
        arena.finish(round).await;
        arena.judge(primary.port()).await;
    }
    arena.close(primary.port()).await;
}

/// What happens to the server, while its clients are idle or while they are cut.
async fn happens(name: &'static str, doubt: Doubt, busy: bool, mut event: impl FnMut(&mut Server)) {
    let mut server = Server::start().unwrap();
    let mut arena = arena(name, &server, doubt).await;
    for number in 0..arena.rounds(2) {
        arena.warm_up().await;
        if !busy {
            block_in_place(|| event(&mut server));
        }
        // Half of the lookups are under way when it happens.
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
async fn crashes_while_the_pool_is_idle_only_on_postgres() {
    happens("crashes while idle", Doubt::IsAFault, false, crash).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crashes_while_the_pool_is_busy_only_on_postgres() {
    happens("crashes while busy", Doubt::IsExcused, true, crash).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_while_the_pool_is_idle_only_on_postgres() {
    let restart = |server: &mut Server| server.restart().unwrap();
    happens("restarts while idle", Doubt::IsAFault, false, restart).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_while_the_pool_is_busy_only_on_postgres() {
    let restart = |server: &mut Server| server.restart().unwrap();
    happens("restarts while busy", Doubt::IsAFault, true, restart).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statistics_that_are_reset_while_the_pool_is_idle_only_on_postgres() {
    let reset = |server: &mut Server| server.reset_statistics("postgres").unwrap();
    happens("statistics reset while idle", Doubt::IsAFault, false, reset).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statistics_that_are_reset_while_the_pool_is_busy_only_on_postgres() {
    let reset = |server: &mut Server| server.reset_statistics("postgres").unwrap();
    happens("statistics reset while busy", Doubt::IsExcused, true, reset).await;
}

/// The primary dies, its standby is promoted, and the address of the pool leads there.
async fn fails_over(name: &'static str, wait: Wait) {
    let mut primary = Server::start().unwrap();
    let mut arena = arena(name, &primary, Doubt::IsExcused).await;
    if wait == Wait::Asynchronous {
        arena = arena.lossy();
    }
    // Where commits wait for the standby, the primary dies before some of them are cut.
    let waiting = match wait {
        Wait::Synchronous => arena.rounds(2) / 3,
        Wait::Asynchronous => 0,
    };
    for number in 0..arena.rounds(2) + waiting {
        let mut standby = block_in_place(|| Standby::of(&mut primary, wait)).unwrap();
        arena.warm_up().await;
        block_in_place(|| standby.catch_up(&primary)).unwrap();
        let paused = number % 2 == 1;
        if paused {
            block_in_place(|| standby.pause()).unwrap();
        }
        let mut round = arena.start(true);
        if paused && wait == Wait::Synchronous {
            all_wait(&arena, &primary).await;
            arena.note_told(&mut round);
        } else {
            arena.settled(&mut round).await;
        }
        primary = block_in_place(|| {
            primary.kill().unwrap();
            standby.promote().unwrap()
        });
        arena.move_to(primary.port());
        arena.let_go();
        arena.finish(round).await;
        arena.judge(primary.port()).await;
    }
    arena.close(primary.port()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failover_to_a_synchronous_standby_only_on_postgres() {
    fails_over("failover, synchronous", Wait::Synchronous).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failover_to_an_asynchronous_standby_only_on_postgres() {
    fails_over("failover, asynchronous", Wait::Asynchronous).await;
}
