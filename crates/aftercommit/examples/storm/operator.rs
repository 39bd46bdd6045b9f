//! Retries what was set aside: in a storm of kills most dead letters are innocent.

use std::time::Duration;

use aftercommit::{BoxError, Db};

use crate::database::Database;
use crate::sink;

/// Between two looks: long enough that most letters are dead for a while, and block their key.
const REST: Duration = Duration::from_millis(50);

pub(crate) async fn retry_for_ever<DB: Database>(db: &Db<DB>) -> Result<(), BoxError> {
    let operator = db.operate();
    loop {
        for receiver in sink::RECEIVERS {
            match operator.retry_all(receiver).await {
                Ok(_) => {}
                // The next look finds what is left.
                Err(error) if error.is_retryable() => {}
                Err(error) => return Err(error.into()),
            }
        }
        tokio::time::sleep(REST).await;
    }
}
