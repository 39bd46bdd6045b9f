//! The statements that write effects, as texts that travel in one message with COMMIT. Pure.
//!
//! Values stand in them as literals, and not as parameters, because a message with parameters is one statement: COMMIT would
//! be a round trip of its own. A literal is either made of characters that mean themselves in every database, or of the
//! hexadecimal digits of its bytes; so there is nothing to escape.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::effect::{Effect, lane};
use super::{EffectId, Headers};
use crate::store::{Dialect, ServerInfo, Tables, UniqueSql, effect_text};

/// An effect on its way into the database.
#[derive(Clone, Debug)]
pub(crate) struct Birth {
    pub(crate) id: EffectId,
    pub(crate) effect: Effect,
    /// The worker of this process that gets it as soon as it is committed.
    pub(crate) owner: Option<i64>,
}

/// The most bytes of one message, but for a single effect that is longer.
const MESSAGE: usize = 1024 * 1024;

/// The statements for these effects. All but the last are sent before the message that has COMMIT in it.
pub(crate) fn append<DB: Dialect>(
    births: &[Birth],
    tables: &Tables,
    server: &ServerInfo,
) -> Vec<String> {
    let births = joined(births);
    let current = current::<DB>(tables, server);
    let mut messages = vec![places::<DB>(&births, tables, &current)];
    if let Some(unique_lane) = DB::effects().unique_lane {
        messages[0].push_str(&unique_lanes::<DB>(unique_lane, &births, tables));
    }
    if let Some(unique) = &DB::effects().unique {
        for statement in names::<DB>(unique, &births, tables, &current) {
            put(&mut messages, statement);
        }
    }
    let mut back = places_to_give(&births);
    for late in [false, true] {
        let mut rows = String::new();
        for birth in births
            .iter()
            .filter(|birth| birth.effect.delay.is_some() == late)
        {
            if rows.len() > MESSAGE {
                put(
                    &mut messages,
                    statement::<DB>(late, &rows, tables, &current),
                );
                rows.clear();
            }
            if !rows.is_empty() {
                rows.push_str(",\n");
            }
            rows.push_str(&row::<DB>(birth, &mut back, tables));
        }
        if !rows.is_empty() {
            put(
                &mut messages,
                statement::<DB>(late, &rows, tables, &current),
            );
        }
    }
    messages
}

/// Adds a statement to the last message, or a new one if that is long already.
fn put(messages: &mut Vec<String>, statement: String) {
    match messages.last_mut() {
        Some(last) if last.len() + statement.len() <= MESSAGE || last.is_empty() => {
            last.push_str(&statement);
            last.push_str(";\n");
        }
        _ => messages.push(statement + ";\n"),
    }
}

/// Of effects with the same unique key the first stays, with the payload of the last.
///
/// Each of them may wait for another transaction that has it, so they stand in one order for all transactions. Those that have
/// a key for their order too stay in it: what is taken first, a lane or the name itself, keeps them apart.
fn joined(births: &[Birth]) -> Vec<Birth> {
    let mut seen = HashMap::new();
    let mut joined: Vec<Birth> = Vec::with_capacity(births.len());
    for birth in births {
        let effect = &birth.effect;
        let unique = effect.unique.as_ref();
        let same = unique.map(|unique| (&effect.receiver, unique, effect.delay.is_some()));
        match same.and_then(|same| seen.get(&same).copied()) {
            Some(at) => {
                let first: &mut Birth = &mut joined[at];
                first.effect.payload.clone_from(&effect.payload);
                first.effect.headers.clone_from(&effect.headers);
            }
            None => {
                if let Some(same) = same {
                    seen.insert(same, joined.len());
                }
                joined.push(birth.clone());
            }
        }
    }
    joined.sort_by(|a, b| waits(a).cmp(&waits(b)));
    joined
}

fn waits(birth: &Birth) -> Option<(&str, &str)> {
    let effect = &birth.effect;
    let unique = effect.unique.as_deref().filter(|_| effect.key.is_none());
    unique.map(|unique| (&*effect.receiver, unique))
}

type Lanes = BTreeMap<u8, u64>;

fn places_to_give(births: &[Birth]) -> Lanes {
    let mut lanes = Lanes::new();
    for Birth { effect, .. } in births {
        if let Some(key) = &effect.key {
            *lanes.entry(lane(&effect.receiver, key)).or_default() += 1;
        }
    }
    lanes
}

/// Takes the lanes, in one order for all transactions, so that two of them cannot wait for each other.
fn places<DB: Dialect>(births: &[Birth], tables: &Tables, current: &str) -> String {
    let mut text = String::new();
    for (lane, count) in places_to_give(births) {
        let (lane, count) = (lane.to_string(), count.to_string());
        let given = [
            ("lane", lane.as_str()),
            ("count", &count),
            ("current", current),
        ];
        text.push_str(&effect_text::<DB>(DB::effects().place, tables, &given));
        text.push_str(";\n");
    }
    text
}

/// Takes the lanes of unique keys, after those of keys and in one order too.
fn unique_lanes<DB: Dialect>(template: &str, births: &[Birth], tables: &Tables) -> String {
    let both = births.iter().filter(|birth| birth.effect.key.is_some());
    let lanes: BTreeSet<u8> = both
        .filter_map(name)
        .map(|(receiver, unique, _)| lane(receiver, unique))
        .collect();
    let mut text = String::new();
    for lane in lanes {
        text.push_str(&effect_text::<DB>(
            template,
            tables,
            &[("lane", &lane.to_string())],
        ));
        text.push_str(";\n");
    }
    text
}

/// What makes a statement lock rows as they are, whatever the transaction's snapshot says of them.
fn current<DB: Dialect>(tables: &Tables, server: &ServerInfo) -> String {
    let needed = DB::effects().current.filter(|_| server.snapshot_isolation);
    needed.map_or_else(String::new, |current| {
        effect_text::<DB>(current, tables, &[]) + " "
    })
}

/// Takes the unique keys, in one order for all transactions.
fn names<DB: Dialect>(
    sql: &UniqueSql,
    births: &[Birth],
    tables: &Tables,
    current: &str,
) -> Vec<String> {
    let mut named: Vec<_> = births
        .iter()
        .filter_map(|birth| Some((name(birth)?, birth)))
        .collect();
    named.sort_by_key(|(name, _)| *name);
    let mut statements = Vec::new();
    let mut rows = String::new();
    let take =
        |rows: &str| effect_text::<DB>(sql.take, tables, &[("rows", rows), ("current", current)]);
    for (name, birth) in named {
        if rows.len() > MESSAGE {
            statements.push(take(&rows));
            rows.clear();
        }
        if !rows.is_empty() {
            rows.push_str(",\n");
        }
        rows.push_str(&name_text::<DB>(sql.row, name, birth, tables));
    }
    if !rows.is_empty() {
        statements.push(take(&rows));
    }
    statements
}

/// The receiver, the unique key, and whether the effect is due later.
type Name<'b> = (&'b str, &'b str, bool);

fn name(birth: &Birth) -> Option<Name<'_>> {
    let effect = &birth.effect;
    let unique = effect.unique.as_deref()?;
    Some((&effect.receiver, unique, effect.delay.is_some()))
}

fn name_text<DB: Dialect>(
    template: &str,
    (receiver, unique, late): Name<'_>,
    birth: &Birth,
    tables: &Tables,
) -> String {
    let given = [
        ("receiver", text_literal::<DB>(receiver)),
        ("unique_key", text_literal::<DB>(unique)),
        ("late", u8::from(late).to_string()),
        ("id", id_literal::<DB>(birth)),
    ];
    let given = given.each_ref().map(|(name, text)| (*name, text.as_str()));
    effect_text::<DB>(template, tables, &given)
}

fn id_literal<DB: Dialect>(birth: &Birth) -> String {
    let hex = birth.id.as_uuid().simple().to_string();
    DB::effects().id_literal.replace("{hex}", &hex)
}

fn statement<DB: Dialect>(late: bool, rows: &str, tables: &Tables, current: &str) -> String {
    let sql = DB::effects();
    let template = if late { sql.delay } else { sql.append };
    effect_text::<DB>(template, tables, &[("rows", rows), ("current", current)])
}

fn row<DB: Dialect>(birth: &Birth, back: &mut Lanes, tables: &Tables) -> String {
    let (sql, effect) = (DB::effects(), &birth.effect);
    let null = || "NULL".to_owned();
    let word = |word: &Option<String>| word.as_deref().map_or_else(null, text_literal::<DB>);
    let place = effect.key.as_deref().map_or_else(null, |key| {
        let lane = lane(&effect.receiver, key);
        let left = back.get_mut(&lane).map_or(0, |left| {
            *left = left.saturating_sub(1);
            *left
        });
        let (lane, left) = (lane.to_string(), left.to_string());
        let given = [("lane", lane.as_str()), ("back", &left)];
        effect_text::<DB>(sql.place_of, tables, &given)
    });
    let id = match (&sql.unique, name(birth)) {
        (Some(unique), Some(name)) => name_text::<DB>(unique.id, name, birth, tables),
        _ => id_literal::<DB>(birth),
    };
    let delay = effect.delay.unwrap_or_default().as_micros();
    let template = if effect.delay.is_some() {
        sql.delay_row
    } else {
        sql.append_row
    };
    let given = [
        ("id", id),
        ("receiver", text_literal::<DB>(&effect.receiver)),
        ("order_key", word(&effect.key)),
        ("place", place),
        ("unique_key", word(&effect.unique)),
        ("version", effect.version.to_string()),
        ("payload", text_literal::<DB>(&effect.payload)),
        (
            "headers",
            headers_text(&effect.headers).map_or_else(null, |text| text_literal::<DB>(&text)),
        ),
        (
            "owner",
            birth.owner.map_or_else(null, |owner| owner.to_string()),
        ),
        // Beyond a century it is not waited for anyway, and the sum must fit.
        ("delay", delay.min(3_000_000_000_000_000).to_string()),
    ];
    let given: Vec<(&str, &str)> = given
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    effect_text::<DB>(template, tables, &given)
}

/// Headers as they are kept; `None` for none.
pub(crate) fn headers_text(headers: &Headers) -> Option<String> {
    // A list of texts is always JSON.
    let text = serde_json::to_string(headers).ok()?;
    (!headers.is_empty()).then_some(text)
}

/// A text in which nothing has to be escaped.
fn text_literal<DB: Dialect>(text: &str) -> String {
    let means_itself = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'\'' && byte != b'\\';
    if text.bytes().all(means_itself) {
        return format!("'{text}'");
    }
    let mut hex = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
    DB::effects().text_literal.replace("{hex}", &hex)
}

#[cfg(all(test, feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use sqlx::{MySql, Postgres, Sqlite};

    use super::*;

    fn birth(number: u128, payload: &str) -> Birth {
        Birth {
            id: EffectId::from(uuid::Uuid::from_u128(number)),
            effect: Effect {
                receiver: Arc::from("ship"),
                key: None,
                unique: None,
                delay: None,
                version: 1,
                payload: payload.into(),
                headers: Headers::new(),
            },
            owner: None,
        }
    }

    #[test]
    fn nothing_in_a_literal_can_end_it() {
        for text in ["'; DROP TABLE users; --", "\\'", "\u{0}", "é", "\n", "😀"] {
            for literal in [
                text_literal::<Postgres>(text),
                text_literal::<MySql>(text),
                text_literal::<Sqlite>(text),
            ] {
                let inner = literal.split('\'').nth(1).expect("a quote");
                assert!(inner.chars().all(|c| c.is_ascii_hexdigit()), "{literal}");
            }
        }
        assert_eq!(text_literal::<MySql>(r#"{"a":1}"#), r#"'{"a":1}'"#);
    }

    #[test]
    fn a_place_in_braces_is_not_filled_in_a_payload() {
        let births = [birth(1, r#"{"effects":"{effects} {now} {owner}"}"#)];
        let text = append::<Sqlite>(&births, &Tables::default(), &ServerInfo::default()).concat();
        assert!(text.contains("{effects} {now} {owner}"), "{text}");
    }

    #[test]
    fn a_long_list_is_sent_in_pieces() {
        let payload = format!("\"{}\"", "x".repeat(300_000));
        let births: Vec<Birth> = (0..10).map(|number| birth(number, &payload)).collect();
        let messages = append::<Postgres>(&births, &Tables::default(), &ServerInfo::default());
        assert!(messages.len() > 1);
        assert!(messages.iter().all(|message| message.len() < 2 * MESSAGE));
        let rows: usize = messages
            .iter()
            .map(|text| text.matches("'ship'").count())
            .sum();
        assert_eq!(rows, 10);
    }

    #[test]
    fn keys_get_places_in_the_order_of_sending() {
        let mut births = [birth(1, "1"), birth(2, "2"), birth(3, "3")];
        for birth in &mut births {
            birth.effect.key = Some("7".into());
        }
        let text = append::<MySql>(&births, &Tables::default(), &ServerInfo::default()).concat();
        let at = |piece: &str| text.find(piece).expect(piece);
        assert!(at("SET place = place + 3") < at(" - 2"));
        assert!(at(" - 2") < at(" - 1") && at(" - 1") < at(" - 0"));
    }

    #[test]
    fn the_last_payload_of_a_unique_key_counts() {
        let mut births = [
            birth(1, "\"old\""),
            birth(2, "\"new\""),
            birth(3, "\"late\""),
        ];
        for birth in &mut births {
            birth.effect.unique = Some("7".into());
        }
        births[2].effect.delay = Some(Duration::from_secs(5));
        let joined = joined(&births);
        let payloads: Vec<_> = joined
            .iter()
            .map(|birth| birth.effect.payload.as_str())
            .collect();
        assert_eq!(payloads, ["\"new\"", "\"late\""]);
        assert_eq!(joined[0].id, births[0].id);
    }
}
