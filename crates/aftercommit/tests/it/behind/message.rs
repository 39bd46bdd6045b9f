//! Messages that end a transaction in words that are hard to see, made from a seed. Pure.

use fastrand::Rng;

/// A way to end a transaction behind its block's back.
#[derive(Debug)]
pub struct Hole {
    pub name: &'static str,
    /// Whether this way is open once the probe is taken away.
    pub open_without_probe: bool,
    /// Each a message, or several that are sent one after another. `{veil}`, `{end}` and `{text}` are filled in.
    pub forms: &'static [&'static [&'static str]],
}

/// What a dialect's messages are made of.
#[derive(Debug)]
pub struct Parts {
    pub holes: &'static [Hole],
    /// Harmless statements behind which the lexer is lost, or believes that it knows what follows.
    pub veils: &'static [&'static str],
    /// Statements that end or move the transaction.
    pub ends: &'static [&'static str],
    /// What may stand behind everything. `{id}` is a row of the block.
    pub tails: &'static [&'static str],
}

/// The messages of one block. `id`: a row that they may insert.
pub fn messages(parts: &Parts, hole: &Hole, id: i64, random: &mut Rng) -> Vec<String> {
    let form = random.choice(hole.forms).copied().unwrap_or_default();
    form.iter()
        .map(|message| fill(parts, message, id, random))
        .collect()
}

fn fill(parts: &Parts, message: &str, id: i64, random: &mut Rng) -> String {
    let veil = if random.u8(..4) == 0 {
        ""
    } else {
        pick(parts.veils, random)
    };
    let end = pick(parts.ends, random);
    let text = end.replace('\'', "''");
    let mut sql = message
        .replace("{veil}", veil)
        .replace("{end}", end)
        .replace("{text}", &text);
    if random.bool() {
        sql.push_str(pick(parts.tails, random));
    }
    let sql = sql.replace("{id}", &id.to_string());
    spell(&sql, random)
}

fn pick(from: &'static [&'static str], random: &mut Rng) -> &'static str {
    random.choice(from).copied().unwrap_or_default()
}

/// The same statements with other blanks, comments and letters.
fn spell(sql: &str, random: &mut Rng) -> String {
    let letters = random.u8(..4);
    let mut spelled = String::with_capacity(sql.len() + 32);
    for c in sql.chars() {
        match c {
            ' ' if random.u8(..8) == 0 => {
                spelled.push_str(pick(&["\n", "\t", "  ", "\r\n"], random))
            }
            ';' if random.u8(..4) == 0 => spelled.push_str(pick(
                &[";;", "; /* COMMIT; */ ", "; -- ROLLBACK;\n", ";\n\n", " ;"],
                random,
            )),
            _ => spelled.push(c),
        }
    }
    match letters {
        0 => spelled.to_ascii_lowercase(),
        _ => spelled,
    }
}
