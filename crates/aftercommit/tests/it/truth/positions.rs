//! The places where a commit can be cut: before and after every message, from COMMIT to the lookup's last answer.

use std::time::Duration;

use aftercommit_harness::{Passed, Point, Sender, Side};

use super::blocks::{Block, Wired};
use super::client::{Client, Cuts};

/// A kind of block, and where its commit is cut.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    pub block: Block,
    pub first: Point,
    pub second: Option<Point>,
}

/// Counts the messages of commits that are not cut, and of lookups that are not.
pub async fn enumerate<DB: Wired>(port: u16, next_id: &mut i64) -> Vec<Position> {
    let client = Client::<DB>::connect(port, Duration::from_secs(30)).await;
    let mut positions = Vec::new();
    let mut id = || {
        *next_id += 1;
        *next_id
    };
    for block in Block::ALL {
        client.warm_up(id()).await;
        let passed = run(&client, block, id(), None).await;
        let messages = until_ready(&passed);
        assert!(messages > 1, "{block:?}: {passed:?}");
        let mut firsts = Vec::new();
        for first in points(messages) {
            positions.push(Position {
                block,
                first,
                second: None,
            });
        }
        for first in [
            Point {
                message: 0,
                side: Side::Before,
            },
            Point {
                message: 0,
                side: Side::After,
            },
            Point {
                message: messages - 1,
                side: Side::Before,
            },
        ] {
            // A server that is still ending the transaction is asked again: the shortest of a few is one question.
            let mut shortest = usize::MAX;
            for _ in 0..3 {
                let passed = run(&client, block, id(), Some(first)).await;
                shortest = shortest.min(passed.iter().filter(|passed| passed.later).count());
            }
            firsts.push((first, shortest));
        }
        assert!(
            firsts.iter().any(|(_, lookup)| *lookup > 4),
            "{block:?}: nobody was asked"
        );
        for (first, lookup) in firsts {
            positions.extend(points(lookup).map(|second| Position {
                block,
                first,
                second: Some(second),
            }));
        }
    }
    positions
}

async fn run<DB: Wired>(
    client: &Client<DB>,
    block: Block,
    id: i64,
    first: Option<Point>,
) -> Vec<Passed> {
    let cuts = Cuts {
        first,
        second: None,
        hold: false,
    };
    client.commit(block, id, cuts).await.unwrap().1
}

fn points(messages: usize) -> impl Iterator<Item = Point> {
    (0..messages)
        .flat_map(|message| [Side::Before, Side::After].map(|side| Point { message, side }))
}

/// The messages up to the one that says that the server is ready; on MariaDB there is none, and what follows is few.
fn until_ready(passed: &[Passed]) -> usize {
    let ready = passed
        .iter()
        .position(|passed| passed.sender == Sender::Server && passed.kind == 'Z');
    ready.map_or(passed.len(), |ready| ready + 1)
}
