//! The number of a transaction, and of which server it is, by which a lookup finds its commit.

use std::sync::{Arc, LazyLock};

use sqlx::postgres::PgRow;
use sqlx::{Executor, PgConnection, Row};

use super::in_session;
use crate::store::{Identity, Numbers, Prepared, own_sql, without_comments};

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
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts {
    epoch: without_comments(include_str!("epoch.sql")),
    epoch_simple: without_comments(include_str!("epoch_simple.sql")),
    instance: without_comments(include_str!("instance.sql")),
    instance_cached: without_comments(include_str!("instance_cached.sql")),
    learn: without_comments(include_str!("learn.sql")),
    try_epoch: without_comments(include_str!("try_epoch.sql")),
    number: without_comments(include_str!("number.sql")),
    number_if_any: without_comments(include_str!("number_if_any.sql"))
        .replace("{flush}", &without_comments(include_str!("flush.sql"))),
});

/// Asks for the number, for the message of BEGIN.
pub(super) fn at_once(numbers: &Numbers, prepared: Option<&Prepared>) -> String {
    match prepared {
        Some(prepared) => prepared.number.clone(),
        None => TEXTS.number.replace("{server}", &server(numbers)),
    }
}

/// Asks for the number if there is one, for the message of COMMIT: it arrives before COMMIT begins.
pub(super) fn if_any(numbers: &Numbers, prepared: Option<&Prepared>) -> String {
    match prepared {
        Some(prepared) => prepared.at_commit.clone(),
        None => TEXTS.number_if_any.replace("{server}", &server(numbers)),
    }
}

fn server(numbers: &Numbers) -> String {
    match numbers.by_instance {
        true => TEXTS.instance.clone(),
        false => TEXTS.instance_cached.replace("{epoch}", numbers.epoch_sql),
    }
}

/// What a row of [`at_once`] or [`if_any`] says; without a number the transaction has written nothing.
pub(super) fn identity(
    row: &PgRow,
    numbers: &Numbers,
    prepared: Option<&Prepared>,
) -> Result<Identity, sqlx::Error> {
    // All of it comes as text, whatever its type.
    let text = |at: usize| row.try_get_unchecked::<Option<String>, _>(at);
    let Some(number) = text(0)? else {
        return Ok(Identity::WroteNothing);
    };
    let by_instance = |instance: Arc<str>| {
        let epoch = numbers.epoch_of(&instance);
        (instance, epoch)
    };
    let (instance, epoch) = match prepared {
        Some(prepared) => match text(1)? {
            Some(changed) => by_instance(changed.into()),
            None => {
                let epoch = Arc::clone(&prepared.epoch);
                (Arc::clone(&prepared.instance), Some(epoch))
            }
        },
        None if numbers.by_instance => by_instance(instance(text(1)?, text(2)?)),
        None => (Arc::default(), text(1)?.map(Arc::from)),
    };
    Ok(Identity::Number {
        number,
        instance,
        epoch,
    })
}

fn instance(reset: Option<String>, start: Option<String>) -> Arc<str> {
    (reset.unwrap_or_default() + "/" + &start.unwrap_or_default()).into()
}

/// Who a server says that it is.
pub(super) struct Learned {
    pub(super) instance: Arc<str>,
    /// That of a primary only.
    pub(super) epoch: Option<Arc<str>>,
    /// When its statistics were reset, as every session reads it alike.
    pub(super) reset: String,
}

/// Asks a server who it is.
pub(super) async fn learn(
    conn: &mut PgConnection,
    numbers: &Numbers,
) -> Result<Learned, sqlx::Error> {
    let sql = TEXTS
        .learn
        .replace("{server}", &TEXTS.instance)
        .replace("{epoch}", numbers.epoch_sql);
    let row = Executor::fetch_one(conn, own_sql(sql)).await?;
    let text = |at: usize| row.try_get_unchecked::<Option<String>, _>(at);
    let learned = Learned {
        reset: text(3)?.unwrap_or_default(),
        instance: instance(text(0)?, text(1)?),
        epoch: text(2)?.map(Arc::from),
    };
    if let Some(epoch) = &learned.epoch {
        numbers.add(&learned.instance, epoch);
        if numbers.by_instance {
            in_session::announce(numbers, &learned.instance, epoch);
        }
    }
    Ok(learned)
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
