//! The texts of errors: one sentence each, which names the thing and the way out.

use std::fmt;

use super::at;
use super::kind::Kind;
use crate::effect::{DEEPEST, MOST_BYTES, Unfit};

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Database(error) => error.fmt(f),
            Kind::Other(error) => error.fmt(f),
            Kind::Broken { first, class } if class.is_connection_lost() => write!(
                f,
                "the block was aborted because its connection was lost ({first}); nothing of it is committed: the block can \
                 be run again"
            ),
            Kind::Broken { first, class } if class.is_conflict() => write!(
                f,
                "the block was aborted because it collided with another transaction ({first}); nothing of it is committed: \
                 run the block again, as `Db::retry` does"
            ),
            Kind::Broken { first, .. } => write!(
                f,
                "the block was aborted by an earlier failure ({first}); nothing of it is committed: \
                 put the statement that may fail into a nested `atomic` block"
            ),
            Kind::Doomed { place: Some(place) } => write!(
                f,
                "the block was marked for rollback at {}; no further statement is sent in it",
                at(place)
            ),
            Kind::Doomed { place: None } => f.write_str(
                "a joined block failed, so the block around it will roll back and sends no further statement: \
                 use `atomic` instead of `join` where a failure may be caught",
            ),
            Kind::RolledBack { place: Some(place) } => {
                write!(f, "the block was rolled back, as asked at {}", at(place))
            }
            Kind::RolledBack { place: None } => f.write_str(
                "the block was rolled back because a joined block in it had failed: \
                 use `atomic` instead of `join` where a failure may be caught",
            ),
            Kind::CommitInDoubt { why, .. } => write!(
                f,
                "the connection was lost during COMMIT and {why}, so the rows may or may not be there: \
                 look before trying again (no hook has run)"
            ),
            Kind::ConnectionLost { .. } => {
                f.write_str("the connection was lost before COMMIT, so nothing was committed: the block can be run again")
            }
            Kind::DurableNested { outer, inner } => write!(
                f,
                "the durable block at {} was opened inside the block at {}, whose rollback would undo it: \
                 open it outside, or use `atomic`",
                at(inner),
                at(outer)
            ),
            Kind::OptionNested { option } => write!(
                f,
                "{option} can only be chosen where the transaction begins: set it on the outermost block"
            ),
            #[cfg(any(feature = "mysql", feature = "sqlite"))]
            Kind::OptionUnsupported { option, database } => {
                write!(f, "{database} has no {option} transactions: leave the option out")
            }
            Kind::NestingTooDeep { limit } => write!(
                f,
                "blocks are nested more than {limit} deep: this is almost always recursion without an end"
            ),
            Kind::ControlStatement { keyword } => write!(
                f,
                "{keyword} was not sent, because it would change the transaction behind the block's back: \
                 use `atomic`, `join` or `set_rollback`"
            ),
            Kind::ImplicitCommit { keyword } => write!(
                f,
                "{keyword} was not sent, because this database commits the open transaction when it runs it: \
                 run it outside the block"
            ),
            Kind::StateMismatch { .. } => f.write_str(
                "the transaction was ended by something other than its block (a procedure that commits, a statement \
                 that commits by itself), or its connection broke before that could be asked: the block cannot say what \
                 was kept, and its hooks were dropped",
            ),
            Kind::Busy { holder: Some(holder), .. } => {
                write!(f, "the database is locked; {holder}: keep write transactions short, or run the block again")
            }
            Kind::Busy { holder: None, .. } => {
                f.write_str("the database is locked by another connection: run the block again")
            }
            Kind::NoConnection { holders: Some(holders), .. } => write!(
                f,
                "the pool had no connection in time; {holders}: do slow work outside of blocks, do not use the pool or \
                 `Db` inside a block, or give the pool more connections"
            ),
            Kind::NoConnection { holders: None, .. } => f.write_str(
                "the pool had no connection in time: give it more connections, or look for code that keeps them",
            ),
            Kind::TooManyHooks { limit } => write!(
                f,
                "more than {limit} hooks were registered in one transaction, which will not be committed: \
                 register one hook for the batch, or raise the limit with `Db::with_hook_limit`"
            ),
            Kind::TooManyEffects { limit } => write!(
                f,
                "more than {limit} effects were recorded in one transaction, which will not be committed: \
                 send one signal for the batch, or raise the limit with `Db::with_hook_limit`"
            ),
            Kind::NoTransaction { place } => write!(
                f,
                "`on_commit` at {} has no transaction to wait for and the handle is strict: register on the `Tx`",
                at(place)
            ),
            Kind::SignalRecursion { signal, limit } => write!(
                f,
                "signal {signal} was sent from its own receivers {limit} levels deep: one of them must stop"
            ),
            Kind::DuplicateReceiver { signal, name, first, second } => write!(
                f,
                "receiver \"{name}\" of {signal} is connected at {} already and again at {}: give it a name of its own, \
                 or disconnect the first",
                at(first),
                at(second)
            ),
            Kind::SideEffectInside { what, place, block } => write!(
                f,
                "{what} was used at {} inside the transaction at {}, whose rollback could not take it back: move it to \
                 an `after_commit` receiver or an `on_commit` hook, or put `guard::allow` around it if that is meant",
                at(place),
                at(block)
            ),
            Kind::Payload { receiver, unfit } => match unfit {
                Unfit::TooLarge { bytes } => write!(
                    f,
                    "the signal for \"{receiver}\" is {bytes} bytes long, and an effect keeps at most {MOST_BYTES}: keep the \
                     large thing elsewhere and send a reference to it"
                ),
                Unfit::TooDeep { path } => write!(
                    f,
                    "the signal for \"{receiver}\" is nested deeper than {DEEPEST} at {path}, which not every database keeps: \
                     send a flatter one, or the deep part as a text"
                ),
                Unfit::Nul { path } => write!(
                    f,
                    "the signal for \"{receiver}\" has a NUL character at {path}, which not every database keeps: remove it, \
                     or send bytes as a list or in base64"
                ),
                Unfit::Precision { path } => write!(
                    f,
                    "the signal for \"{receiver}\" has a number at {path} that does not fit 64 bits and would come back as \
                     another one: send it as a text"
                ),
                Unfit::NotFinite { path, number } => write!(
                    f,
                    "the signal for \"{receiver}\" has {number} at {path}, which JSON cannot say: send an `Option`, or a text"
                ),
                Unfit::SomeNull { path } => write!(
                    f,
                    "the signal for \"{receiver}\" has a `Some` at {path} whose inside is written as `null`, so it would come back as \
                     `None`: use an enum that tells the two apart"
                ),
                Unfit::KeyTwice { path } => write!(
                    f,
                    "the signal for \"{receiver}\" has two fields that are both called {path}, and only one of them would come back: \
                     rename one, or make the keys of the map differ"
                ),
                Unfit::NotJson { why } => write!(
                    f,
                    "the signal for \"{receiver}\" cannot be written as JSON ({why}): change its `Serialize`"
                ),
                Unfit::NoJson { why } => write!(
                    f,
                    "the payload given for \"{receiver}\" is no JSON ({why}): mend the text, and begin with the old one if in doubt"
                ),
            },
            Kind::HeadersTooLarge { receiver, bytes, limit } => write!(
                f,
                "the headers of a signal for \"{receiver}\" are {bytes} bytes long, and an effect keeps at most {limit}: let \
                 `Db::with_headers` return less"
            ),
            Kind::BadWord { receiver, what, limit } => write!(
                f,
                "the {what} of a signal for \"{receiver}\" is longer than {limit} bytes or has a NUL character: use an id, or a hash"
            ),
            Kind::BadName { name, place } => write!(
                f,
                "{name:?} at {} is no name for a durable receiver: it has 1 to 190 bytes, no control characters and no space \
                 at its end, because it is kept in the database",
                at(place)
            ),
            Kind::BadIdentifier { name, at, limit } => write!(
                f,
                "{name:?} is no name for tables (position {at}): use 1 to {limit} lower-case letters, digits and underscores, and \
                 no digit in front"
            ),
            Kind::BadSetting { setting, must_be } => {
                write!(f, "the setting `{setting}` of the worker cannot work: it must be {must_be}")
            }
            Kind::SchemaMissing => f.write_str(
                "the tables of aftercommit are not there: run `Db::migrate` once (at each start, if you like), or the statements of \
                 `Db::migration`",
            ),
            Kind::SchemaVersion { found, need } if found < need => write!(
                f,
                "the tables of aftercommit have version {found} and this program needs {need}: run `Db::migrate`"
            ),
            Kind::SchemaVersion { found, need } => write!(
                f,
                "the tables of aftercommit have version {found} and this program knows {need} only: deploy the newer program here too"
            ),
            Kind::WorkerRunning => f.write_str(
                "a worker of this `Db` is running already, and it serves all of its receivers: drain it before another one is started",
            ),
            Kind::LeaseLost => f.write_str(
                "the lease of the effect was lost while it was delivered, so nothing was committed: somebody else delivers it",
            ),
            Kind::Torn { copied, removed } => write!(
                f,
                "{copied} effects were copied and {removed} removed, so the move was undone: are triggers or rules on the tables?"
            ),
            Kind::EffectMissing { effect } => write!(
                f,
                "there is no effect {effect}: it was delivered or discarded meanwhile, or never recorded in this database"
            ),
            Kind::NotDead { effect, verb, found } => {
                write!(f, "effect {effect} was not {verb}, because it {found}")
            }
            Kind::BadPage { wanted, most } => write!(
                f,
                "a page has 1 to {most} effects and not {wanted}: ask for the next page with its cursor"
            ),
            Kind::BadCursor { why } => {
                write!(f, "the cursor {why}: begin with the first page, and leave cursors as they are")
            }
            Kind::NoReceiver { name } => write!(
                f,
                "{:?} is no name of a durable receiver: it has 1 to 190 bytes and no control characters",
                name.chars().take(200).collect::<String>()
            ),
            Kind::NoKey { limit } => write!(
                f,
                "no effect has a key like that: it has at most {limit} bytes and no NUL character"
            ),
            Kind::RowMissing { table, id: Some(id) } => write!(
                f,
                "{table} has no row with the id {id}: it was deleted, or never saved (`save` inserts where `update` insists)"
            ),
            Kind::RowMissing { table, id: None } => write!(
                f,
                "{table} has no row with the id that was given: it was deleted, or never saved (`save` inserts where \
                 `update` insists)"
            ),
            Kind::IdUnset { table } => write!(
                f,
                "the row of {table} has no id yet, so the database cannot find it: save it first"
            ),
            Kind::IdDoesNotFit { table, id, number } => write!(
                f,
                "{table} gave the id {number}, which does not fit {id}: use a wider type, or mark the id as \
                 `#[model(id, given)]` if the database does not number the rows"
            ),
            Kind::IdUnknown { table } => write!(
                f,
                "{table} gave no id for the new row, or one that this server does not tell (MySQL, and MariaDB before 10.5, \
                 tell those of AUTO_INCREMENT only): make the column AUTO_INCREMENT, or mark the id as `#[model(id, given)]`"
            ),
            Kind::IdZero { table } => write!(
                f,
                "{table} has a row whose id stands for \"not saved yet\" in its model, so that saving it would insert it again: \
                 make the id an `Option`, or mark it as `#[model(id, given)]`"
            ),
            Kind::IdStale { table, id } => write!(
                f,
                "the id {id} of {table} was given in a block that was rolled back, and may be that of another row by now: \
                 set it to 0 to insert the row, or use `update` to write over the one that is there"
            ),
            Kind::RowNotWritten { table, rows: 1, .. } => write!(
                f,
                "{table} did not write the row, and did not say why: look for a trigger or a rule that drops rows"
            ),
            Kind::RowNotWritten { table, rows, written } => write!(
                f,
                "{table} wrote {written} of {rows} rows, and did not say which: look for a trigger or a rule that drops rows"
            ),
            Kind::RowTooLong { table, bytes, limit } => write!(
                f,
                "a row of {table} takes {bytes} bytes, and the server reads statements of at most {limit}: raise its \
                 `max_allowed_packet`, or keep large values elsewhere"
            ),
            Kind::UnknownColumn { table, column, exists: false, known } => {
                write!(f, "{table} has no column \"{column}\" in its model: the columns are {known}")
            }
            Kind::UnknownColumn { table, column, exists: true, known } => write!(
                f,
                "column \"{column}\" of {table} is not the program's to update: those are {known}"
            ),
            #[cfg(feature = "axum")]
            Kind::NoTransactionLayer => f.write_str(
                "the handler takes a `Transaction`, and the router has no layer for it and this database: add \
                 `.layer(transaction_per_request(db))`",
            ),
            #[cfg(feature = "axum")]
            Kind::TransactionLent => f.write_str(
                "the transaction of the request is in use already: take it once in a handler and pass `&mut` on",
            ),
            #[cfg(feature = "axum")]
            Kind::TransactionKept => f.write_str(
                "the response was ready while a task or a streaming body still held the request's transaction, so \
                 nothing was committed: drop it before the response is returned",
            ),
            #[cfg(feature = "axum")]
            Kind::TransactionLayers { outer, inner } => write!(
                f,
                "the handler takes a `Transaction`, and the layers at {} and {} both have one, on two databases of one kind: \
                 name a layer with `.named::<Orders>()` and take a `Transaction<_, Orders>`",
                at(outer),
                at(inner)
            ),
            #[cfg(feature = "axum")]
            Kind::RequestTooLong { limit } => write!(
                f,
                "the request used its transaction for longer than {limit:?}, so it was rolled back: move slow work behind the \
                 commit, or set another `with_time_limit`"
            ),
            Kind::Panicked { what } => write!(f, "{what}"),
            Kind::RuntimeGone { what, after: Some(after) } => {
                write!(f, "{what} did not end within {after:?} because the runtime was shut down")
            }
            Kind::RuntimeGone { what, after: None } => {
                write!(f, "{what} was not finished because the runtime was shut down: keep it alive until blocks have ended")
            }
        }
    }
}
