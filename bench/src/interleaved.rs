//! Two sides that take turns, round by round, until their ratio is known well enough.

use std::future::Future;
use std::time::{Duration, Instant};

/// The 95 % interval of the median ratio may be this wide at most.
const MAX_WIDTH: f64 = 0.04;
/// Fewer rounds have no 95 % interval worth the name.
const MIN_ROUNDS: usize = 30;
/// Whatever else the machine does, a comparison ends.
const MAX_ROUNDS: usize = 600;

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The median of the rounds' ratios of throughputs, ours to theirs.
    pub median: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How many rounds that took.
    pub rounds: usize,
    /// Transactions per second of the other side, median.
    pub theirs: f64,
}

/// Runs both sides in turns, so that what else the machine does meets both. A side answers with its throughput.
pub async fn compare<A, B>(ours: impl Fn() -> A, theirs: impl Fn() -> B) -> Ratio
where
    A: Future<Output = f64>,
    B: Future<Output = f64>,
{
    let (mut ratios, mut rates) = (Vec::new(), Vec::new());
    // The first round warms up.
    let _warm = (ours().await, theirs().await);
    loop {
        let (mine, other) = if ratios.len().is_multiple_of(2) {
            let mine = ours().await;
            (mine, theirs().await)
        } else {
            let other = theirs().await;
            (ours().await, other)
        };
        ratios.push(mine / other);
        rates.push(other);
        if ratios.len() < MIN_ROUNDS || !ratios.len().is_multiple_of(10) {
            continue;
        }
        let (median, low, high) = median_with_interval(&ratios);
        if high - low < MAX_WIDTH || ratios.len() >= MAX_ROUNDS {
            return Ratio {
                median,
                low,
                high,
                rounds: ratios.len(),
                theirs: median_with_interval(&rates).0,
            };
        }
    }
}

/// The median, and the 95 % interval that the order of the values gives without any assumption about their distribution
/// (W. J. Conover, Practical Nonparametric Statistics, "confidence interval for a quantile": ranks n/2 ± 0.98 √n).
fn median_with_interval(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let spread = 0.98 * count.sqrt();
    let at = |rank: f64| sorted[(rank.max(0.0) as usize).min(sorted.len() - 1)];
    (
        at(count / 2.0),
        at((count / 2.0 - spread).floor()),
        at((count / 2.0 + spread).ceil()),
    )
}

/// Transactions per second of so many clients that work at the same time for about so long.
pub async fn throughput<Fut: Future<Output = ()> + Send + 'static>(
    clients: usize,
    lasting: Duration,
    transaction: impl Fn() -> Fut + Clone + Send + 'static,
) -> f64 {
    let began = Instant::now();
    let clients: Vec<_> = (0..clients)
        .map(|_| {
            let transaction = transaction.clone();
            tokio::spawn(async move {
                let mut done = 0_u32;
                while began.elapsed() < lasting {
                    transaction().await;
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut total = 0;
    for client in clients {
        total += client.await.unwrap_or(0);
    }
    f64::from(total) / began.elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_holds_the_median_and_narrows() {
        let values =
            |count: usize| -> Vec<f64> { (0..count).map(|n| n as f64 / count as f64).collect() };
        let (median, low, high) = median_with_interval(&values(100));
        assert_eq!((median, low, high), (0.5, 0.4, 0.6));
        let (_, low, high) = median_with_interval(&values(10_000));
        assert!(high - low < 0.03, "{low} {high}");
    }
}
