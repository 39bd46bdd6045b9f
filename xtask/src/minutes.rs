//! How long each step took. Pure.

use std::fmt;
use std::time::Duration;

/// The steps of a run, in their order.
#[derive(Debug, Default)]
pub(crate) struct Minutes(Vec<(&'static str, Duration)>);

impl Minutes {
    pub(crate) fn add(&mut self, step: &'static str, took: Duration) {
        self.0.push((step, took));
    }
}

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        writeln!(f, "minutes:")?;
        let mut all = Duration::ZERO;
        for (step, took) in &self.0 {
            all += *took;
            writeln!(f, "  {step:<44} {:>6.1}", took.as_secs_f64() / 60.0)?;
        }
        writeln!(f, "  {:<44} {:>6.1}", "all", all.as_secs_f64() / 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_are_added_up() {
        let mut minutes = Minutes::default();
        minutes.add("lints", Duration::from_secs(90));
        minutes.add("tests", Duration::from_secs(60));
        let table = minutes.to_string();
        let last = table.lines().last().unwrap_or_default();
        assert!(
            last.trim_start().starts_with("all") && last.ends_with(" 2.5"),
            "{table}"
        );
    }
}
