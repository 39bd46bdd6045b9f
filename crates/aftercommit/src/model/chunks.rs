//! How many rows one INSERT takes. Pure.

/// The most rows of one statement: more are hardly faster.
const MAX_ROWS: usize = 1_024;

/// The most parameters of one statement that is kept prepared. Servers keep a plan of each, of a kilobyte per parameter
/// and more.
const MAX_PARAMETERS: usize = 8_192;

/// The most rows of one statement with so many parameters each.
pub(super) fn most_rows(parameters: usize, limit: usize) -> usize {
    (limit.min(MAX_PARAMETERS) / parameters.max(1)).clamp(1, MAX_ROWS)
}

/// How many of the rows, of which the lengths are given, the next statement takes.
///
/// A power of two, so that a connection keeps a dozen prepared statements of a table and not one for every count; and no
/// more than fit into a budget of bytes, but one.
pub(super) fn next_chunk(lengths: &[usize], most: usize, budget: Option<usize>) -> usize {
    let budget = budget.unwrap_or(usize::MAX);
    let mut total = 0usize;
    let fitting = lengths
        .iter()
        .take(most)
        .take_while(|length| {
            total = total.saturating_add(**length);
            total <= budget
        })
        .count();
    match fitting {
        0 => 1,
        rows => 1 << rows.ilog2(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_powers_of_two_within_the_limits() {
        for (lengths, most, budget, rows) in [
            (vec![1; 1], 1_024, None, 1),
            (vec![1; 7], 1_024, None, 4),
            (vec![1; 2_000], 1_024, None, 1_024),
            (vec![1; 2_000], 1_000, None, 512),
            (vec![10; 100], 1_024, Some(100), 8),
            (vec![10; 100], 1_024, Some(5), 1),
            (vec![usize::MAX; 3], 1_024, Some(5), 1),
        ] {
            assert_eq!(
                next_chunk(&lengths, most, budget),
                rows,
                "{most} {budget:?}"
            );
        }
    }

    #[test]
    fn wide_rows_make_short_statements() {
        for (parameters, limit, rows) in [
            (0, 65_535, 1_024),
            (2, 65_535, 1_024),
            (50, 65_535, 163),
            (50, 100, 2),
            (70_000, 65_535, 1),
        ] {
            assert_eq!(most_rows(parameters, limit), rows, "{parameters}");
        }
    }
}
