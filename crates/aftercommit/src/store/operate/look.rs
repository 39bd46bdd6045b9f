//! What an operator sees.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use crate::delivery::attempts;
use crate::effect::EffectId;
use crate::error::Result;
use crate::operate::{
    Counted, Detail, Filter, State, Status, Summary, Suspicion, Suspicious, Violation,
    WorkerOverview,
};
use crate::store::outbox::micros;
use crate::store::{Dialect, Outbox, Value, fill, one};

/// The most violations of a kind that are told.
const MOST_SUSPICIONS: i64 = 500;

impl<DB: Dialect> Outbox<DB> {
    /// Counts, a part for each receiver and table.
    pub(crate) async fn counted(&self) -> Result<Vec<Counted>> {
        let answer = self.run(DB::operate().overview, &[]).await?;
        let part = |row: &DB::Row| -> Result<Counted, sqlx::Error> {
            let count = |at| Ok::<_, sqlx::Error>(unsigned(DB::int(row, at)?));
            Ok(Counted {
                name: DB::text(row, 0)?.unwrap_or_default(),
                pending: count(1)?,
                claimed: count(2)?,
                waiting: count(3)?,
                parked: count(4)?,
                dead: count(5)?,
                blocking: count(6)?,
                oldest_pending: DB::int(row, 7)?.map(span),
                paused: DB::int(row, 8)?.map(span),
                handled_here: false,
            })
        };
        Ok(answer.rows.iter().map(part).collect::<Result<_, _>>()?)
    }

    pub(crate) async fn workers(&self) -> Result<Vec<WorkerOverview>> {
        let answer = self.run(DB::operate().workers, &[]).await?;
        let worker = |row: &DB::Row| -> Result<WorkerOverview, sqlx::Error> {
            let time = |at| Ok::<_, sqlx::Error>(span(DB::int(row, at)?.unwrap_or_default()));
            Ok(WorkerOverview {
                id: DB::int(row, 0)?.unwrap_or_default(),
                name: DB::text(row, 1)?.unwrap_or_default(),
                started: time(2)?,
                silent: time(3)?,
                lease: time(4)?,
                leases: unsigned(DB::int(row, 5)?),
            })
        };
        Ok(answer.rows.iter().map(worker).collect::<Result<_, _>>()?)
    }

    /// Up to `limit` effects of each table that the filter concerns.
    pub(crate) async fn listed(
        &self,
        filter: &Filter,
        after: Option<EffectId>,
        limit: usize,
    ) -> Result<Vec<Summary>> {
        let text = |text: &Option<String>| one(text.clone().map_or(Value::NoText, Value::Text));
        let values = [
            ("receiver", text(&filter.receiver)),
            ("key", text(&filter.key)),
            (
                "after",
                one(Value::Id(after.unwrap_or(EffectId::LOWEST).as_uuid())),
            ),
            (
                "limit",
                one(Value::Int(limit.try_into().unwrap_or(i64::MAX))),
            ),
        ];
        let answer = self.run(&list::<DB>(filter, after), &values).await?;
        let rows = answer.rows.iter().map(summary::<DB>);
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) async fn found(&self, id: EffectId) -> Result<Option<Detail>> {
        let values = [("id", one(Value::Id(id.as_uuid())))];
        let answer = self.run(DB::operate().get, &values).await?;
        let detail = |row: &DB::Row| -> Result<Detail, sqlx::Error> {
            let headers = DB::text(row, 16)?;
            Ok(Detail {
                summary: summary::<DB>(row)?,
                payload: DB::text(row, 15)?.unwrap_or_default(),
                headers: headers
                    .and_then(|headers| serde_json::from_str(&headers).ok())
                    .unwrap_or_default(),
                attempts: attempts(DB::text(row, 17)?.as_deref()),
                starts: small(DB::int(row, 18)?),
                rescues: small(DB::int(row, 19)?),
            })
        };
        Ok(answer.rows.first().map(detail).transpose()?)
    }

    /// What looks wrong at this moment.
    pub(crate) async fn suspicions(&self, tolerance: Duration) -> Result<Vec<Suspicion>> {
        let values = [
            ("tolerance", one(Value::Int(micros(tolerance)))),
            ("limit", one(Value::Int(MOST_SUSPICIONS))),
        ];
        let mut suspicions = Vec::new();
        for kind in Suspicious::ALL {
            let answer = self.run(statement::<DB>(kind), &values).await?;
            for row in &answer.rows {
                let violation = Violation {
                    effect: DB::uuid(row, 0)?.into(),
                    receiver: DB::text(row, 1)?.unwrap_or_default(),
                    key: DB::text(row, 2)?,
                    wrong: kind.wrong(DB::int(row, 4)?, DB::int(row, 5)?),
                };
                suspicions.push(Suspicion {
                    violation,
                    fence: DB::int(row, 3)?.unwrap_or_default(),
                });
            }
        }
        Ok(suspicions)
    }
}

fn statement<DB: Dialect>(kind: Suspicious) -> &'static str {
    let sql = DB::operate();
    match kind {
        Suspicious::Twice => sql.twice,
        Suspicious::Abandoned => sql.abandoned,
        Suspicious::Unblocked => sql.unblocked,
        Suspicious::Overdue => sql.overdue,
        Suspicious::SamePlace => sql.same_place,
        Suspicious::NoPlace => sql.no_place,
    }
}

/// The statement of a list: one part for each table, with places left for values.
fn list<DB: Dialect>(filter: &Filter, after: Option<EffectId>) -> String {
    let sql = DB::operate();
    let (tables, state) = match filter.state {
        None => (
            vec![sql.list_effects, sql.list_waiting, sql.list_dead],
            None,
        ),
        Some(State::Pending) => (vec![sql.list_effects], Some("e.owner IS NULL")),
        Some(State::Claimed) => (vec![sql.list_effects], Some("e.owner IS NOT NULL")),
        Some(State::Waiting) => (vec![sql.list_waiting], Some("e.due_at IS NOT NULL")),
        Some(State::Parked) => (vec![sql.list_waiting], Some("e.due_at IS NULL")),
        Some(State::Dead) => (vec![sql.list_dead], None),
    };
    let next = if filter.oldest_first {
        "e.id > {after}"
    } else {
        "e.id < {after}"
    };
    let which: Vec<&str> = [
        state,
        filter.receiver.as_ref().map(|_| "e.receiver = {receiver}"),
        filter.key.as_ref().map(|_| "e.order_key = {key}"),
        after.map(|_| next),
    ]
    .into_iter()
    .flatten()
    .collect();
    let which = if which.is_empty() {
        Cow::Borrowed("1 = 1")
    } else {
        Cow::Owned(which.join(" AND "))
    };
    let order = if filter.oldest_first { "ASC" } else { "DESC" };
    let part = |table: &&str| {
        fill(table, |place, text| match place {
            "which" => text.push_str(&which),
            "order" => text.push_str(order),
            value => text.extend(["{", value, "}"]),
        })
    };
    let parts: Vec<String> = tables.iter().map(part).collect();
    parts.join("\nUNION ALL\n")
}

fn summary<DB: Dialect>(row: &DB::Row) -> Result<Summary, sqlx::Error> {
    let why = || Ok::<_, sqlx::Error>(DB::text(row, 13)?.unwrap_or_default());
    let status = match (DB::int(row, 8)?, DB::int(row, 9)?, DB::int(row, 11)?) {
        (Some(0), None, _) => Status::Pending,
        (Some(0), Some(worker), _) => Status::Claimed {
            worker,
            name: DB::text(row, 10)?,
        },
        (Some(1), _, None) => Status::Parked,
        (Some(1), _, Some(due_at)) => Status::Waiting {
            due_at: moment(due_at),
            why: why()?,
        },
        _ => Status::Dead {
            died_at: moment(DB::int(row, 12)?.unwrap_or_default()),
            why: why()?,
            blocks: DB::int(row, 14)? == Some(1),
        },
    };
    Ok(Summary {
        id: DB::uuid(row, 0)?.into(),
        receiver: DB::text(row, 1)?.unwrap_or_default(),
        key: DB::text(row, 2)?,
        place: DB::int(row, 3)?,
        version: small(DB::int(row, 4)?),
        created_at: moment(DB::int(row, 5)?.unwrap_or_default()),
        failures: small(DB::int(row, 6)?),
        bytes: unsigned(DB::int(row, 7)?),
        status,
    })
}

fn span(micros: i64) -> Duration {
    Duration::from_micros(micros.try_into().unwrap_or_default())
}

fn moment(micros: i64) -> SystemTime {
    let moment = SystemTime::UNIX_EPOCH.checked_add(span(micros));
    moment.unwrap_or(SystemTime::UNIX_EPOCH)
}

fn unsigned(number: Option<i64>) -> u64 {
    number.unwrap_or_default().try_into().unwrap_or_default()
}

fn small(number: Option<i64>) -> u32 {
    u32::try_from(number.unwrap_or_default()).unwrap_or(u32::MAX)
}
