//! What the fate of a mail means for its effect. Pure.

use aftercommit::Outcome;

use crate::error::Error;
use crate::receipt::{Receipt, Why};

/// Nobody got it.
pub(super) fn of_error(error: Error) -> aftercommit::Result<Outcome> {
    match error.why() {
        Some(why) => of_why(&[why], error),
        // The program's own mistake, which another one may have made good by the next try.
        None if error.field_name().is_none() => Err(error.into()),
        None => Ok(Outcome::discard(error.to_string())),
    }
}

/// Some got it, or all.
pub(super) fn of_receipt(receipt: Receipt) -> aftercommit::Result<Outcome> {
    let whys: Vec<Why> = receipt.refused().map(|(_, refusal)| refusal.why).collect();
    if whys.is_empty() {
        return Ok(Outcome::Done);
    }
    of_why(&whys, Error::recipients(receipt))
}

/// As long as there is hope for one of them, it is tried again.
fn of_why(whys: &[Why], error: Error) -> aftercommit::Result<Outcome> {
    let some = |such: &[Why]| whys.iter().any(|why| such.contains(why));
    if some(&[Why::Later, Why::InDoubt]) {
        Err(error.into())
    } else if some(&[Why::Unavailable, Why::Settings]) {
        Ok(Outcome::unavailable(error.to_string()))
    } else {
        Ok(Outcome::discard(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::Refusal;

    fn refusal(why: Why) -> Refusal {
        Refusal::new(why, "RCPT", "no")
    }

    fn word(answer: &aftercommit::Result<Outcome>) -> &'static str {
        match answer {
            Ok(Outcome::Done) => "done",
            Ok(Outcome::Discard(_)) => "discard",
            Ok(Outcome::Unavailable(_)) => "unavailable",
            Ok(_) => "other",
            Err(_) => "again",
        }
    }

    #[test]
    fn each_reason_has_its_outcome() {
        for (why, expected) in [
            (Why::Later, "again"),
            (Why::InDoubt, "again"),
            (Why::Unavailable, "unavailable"),
            (Why::Settings, "unavailable"),
            (Why::Never, "discard"),
        ] {
            let answer = of_error(Error::backend(refusal(why)));
            assert_eq!(word(&answer), expected, "{why:?}");
        }
        let unsound = of_error(Error::field("MAIL_ADDRESS", "to", "no".into()));
        assert_eq!(word(&unsound), "discard");
    }

    #[test]
    fn who_may_get_it_later_is_not_given_up_with_the_others() {
        for (outcomes, expected) in [
            (vec![Ok(())], "done"),
            (vec![Ok(()), Err(Why::Never)], "discard"),
            (vec![Err(Why::Never), Err(Why::Later)], "again"),
            (vec![Ok(()), Err(Why::InDoubt), Err(Why::Settings)], "again"),
            (vec![Err(Why::Never), Err(Why::Unavailable)], "unavailable"),
        ] {
            let told = outcomes.iter().map(|outcome| {
                let outcome = outcome.map_err(refusal);
                ("a@example.com".to_owned(), outcome)
            });
            let answer = of_receipt(Receipt::new(told.collect()));
            assert_eq!(word(&answer), expected, "{outcomes:?}");
        }
    }
}
