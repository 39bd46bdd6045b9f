//! 3: it is true now.

mod which_hooks;
mod surroundings;
mod failures;
mod limits;

async fn planned_panic() {
    panic!("as planned")
}
