//! The number of a transaction, and of which server it is, by which a lookup finds its commit.

use std::sync::LazyLock;

use sqlx::postgres::PgRow;
use sqlx::{Executor, PgConnection, Row};

use crate::store::{Identity, Numbers, own_sql, without_comments};

/// The name of the column in which a number comes.
pub(super) const NUMBER: &str = "aftercommit_number";

/// The statements, without their comments.
struct Texts {
    epoch: String,
    epoch_simple: String,
    instance: String,
    instance_cached: String,
    learn: String,
    try_epoch: String,
    number: String,
    number_if_any: String,
    number_unflushed: String,
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts {
    epoch: without_comments(include_str!("epoch.sql")),
    epoch_simple: without_comments(include_str!("epoch_simple.sql")),
    instance: without_comments(include_str!("instance.sql")),
    instance_cached: without_comments(include_str!("instance_cached.sql")),
    learn: without_comments(include_str!("learn.sql")),
    try_epoch: without_comments(include_str!("try_epoch.sql")),
    number: without_comments(include_str!("number.sql")),
    number_if_any: without_comments(include_str!("number_if_any.sql")),
    number_unflushed: without_comments(include_str!("number_unflushed.sql")),
});

/// Asks for the number, for the message of BEGIN.
pub(super) fn at_once(numbers: &Numbers) -> String {
    TEXTS.number.replace("{server}", &server(numbers))
}

/// Asks for the number if there is one, for the message of COMMIT. `flushes`: it arrives before COMMIT begins. `durable`: what is asked
/// along with it.
pub(super) fn if_any(numbers: &Numbers, flushes: bool, durable: &str) -> String {
    let text = match flushes {
        true => &TEXTS.number_if_any,
        false => &TEXTS.number_unflushed,
    };
    text.replace("{server}", &server(numbers))
        .replace("{durable}", durable)
}

fn server(numbers: &Numbers) -> String {
    match numbers.by_instance {
        true => TEXTS.instance.clone(),
        false => TEXTS.instance_cached.replace("{epoch}", numbers.epoch_sql),
    }
}

/// What a row of [`at_once`] or [`if_any`] says; without a number the transaction has written nothing.
pub(super) fn identity(row: &PgRow, numbers: &Numbers) -> Result<Identity, sqlx::Error> {
    // All of it comes as text, whatever its type.
    let text = |at: usize| row.try_get_unchecked::<Option<String>, _>(at);
    let Some(number) = text(0)? else {
        return Ok(Identity::WroteNothing);
    };
    let (instance, epoch) = if numbers.by_instance {
        let instance = instance(text(1)?, text(2)?);
        let epoch = numbers.epoch_of(&instance);
        (instance, epoch)
    } else {
        (String::new(), text(1)?)
    };
    Ok(Identity::Number {
        number,
        instance,
        epoch,
    })
}

fn instance(reset: Option<String>, start: Option<String>) -> String {
    reset.unwrap_or_default() + "/" + &start.unwrap_or_default()
}

/// Asks a server who it is. The epoch is that of a primary only.
pub(super) async fn learn(
    conn: &mut PgConnection,
    numbers: &Numbers,
) -> Result<(String, Option<String>), sqlx::Error> {
    let sql = TEXTS
        .learn
        .replace("{server}", &TEXTS.instance)
        .replace("{epoch}", numbers.epoch_sql);
    let row = Executor::fetch_one(conn, own_sql(sql)).await?;
    let text = |at: usize| row.try_get_unchecked::<Option<String>, _>(at);
    let (instance, epoch) = (instance(text(0)?, text(1)?), text(2)?);
    if let Some(epoch) = &epoch {
        numbers.add(&instance, epoch);
    }
    Ok((instance, epoch))
}

/// How numbers can be asked for here; `None` if they cannot.
pub(super) async fn numbers(
    conn: &mut PgConnection,
    version: i32,
    control_file: bool,
) -> Result<Option<Numbers>, sqlx::Error> {
    if version < 130_000 {
        return Ok(None);
    }
    for (may, epoch_sql) in [(control_file, &TEXTS.epoch), (true, &TEXTS.epoch_simple)] {
        if !may {
            continue;
        }
        let numbers = Numbers::new(epoch_sql, version >= 150_000);
        let tried = async {
            Executor::fetch_optional(&mut *conn, own_sql(TEXTS.try_epoch.clone())).await?;
            learn(&mut *conn, &numbers).await
        };
        match tried.await {
            Ok(_) => return Ok(Some(numbers)),
            Err(sqlx::Error::Database(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
