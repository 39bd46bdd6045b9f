//! The shape of a block's body: an async closure whose future can be named.

use std::future::Future;

/// An async closure that may be called once, with a future that can be asked to be `Send`.
///
/// Implemented by every `async |tx| …` closure and by every `async fn` that takes the one argument. It
/// exists because stable Rust cannot name the future of an [`AsyncFnOnce`]; a trait that also requires the
/// plain [`FnOnce`] can.
#[diagnostic::on_unimplemented(
    message = "this block is not an `async |tx| …` closure whose future is `Send`",
    note = "write `async |tx| {{ … }}` and end it with `Ok(…)`",
    note = "a value that is not `Send` (an `Rc`, a `RefCell` guard) must not live across an `.await` in it"
)]
pub trait AsyncBlock<A, R>:
    AsyncFnOnce(A) -> R + FnOnce(A) -> <Self as AsyncBlock<A, R>>::Fut
{
    /// The future of the body.
    type Fut: Future<Output = R>;
}

impl<F, A, R, Fut> AsyncBlock<A, R> for F
where
    F: AsyncFnOnce(A) -> R + FnOnce(A) -> Fut,
    Fut: Future<Output = R>,
{
    type Fut = Fut;
}

/// The same for a body that may be called again: see [`Begin::retry`](crate::Begin::retry).
#[diagnostic::on_unimplemented(
    message = "this block cannot be tried again",
    note = "write `async |tx| {{ … }}` without `move`, and change nothing outside it: a failed try must leave no trace"
)]
pub trait AsyncRepeat<A, R>: AsyncFn(A) -> R + Fn(A) -> <Self as AsyncRepeat<A, R>>::Fut {
    /// The future of the body.
    type Fut: Future<Output = R>;
}

impl<F, A, R, Fut> AsyncRepeat<A, R> for F
where
    F: AsyncFn(A) -> R + Fn(A) -> Fut,
    Fut: Future<Output = R>,
{
    type Fut = Fut;
}
