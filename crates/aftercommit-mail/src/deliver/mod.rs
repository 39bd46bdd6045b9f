//! Mail by effect: what a durable receiver sends.

mod outcome;
mod served;

use std::future::Future;
use std::panic::Location;
use std::time::{Duration, SystemTime};

use aftercommit::{Delivery, EffectId, Outcome};

use crate::mailer::Mailer;
use crate::message::Message;

pub(crate) use served::Served;

impl Mailer {
    /// Sends the message of a durable receiver, and says what becomes of its effect.
    ///
    /// The Message-ID is the effect's id, and the date that of its making: so a repeat is the same mail for whoever receives
    /// it. One mail for each delivery; for a second one, connect a second receiver. The answer is the receiver's:
    ///
    /// | what happened | the effect |
    /// | --- | --- |
    /// | everybody got it | is done |
    /// | somebody may get it later, or it is in doubt ([`Why::Later`], [`Why::InDoubt`]) | is tried again, for those only |
    /// | the server is not there, or the settings are wrong ([`Why::Unavailable`], [`Why::Settings`]) | is tried again, without an attempt less |
    /// | the message is not sound, or those who are left never get it ([`Why::Never`]) | is a dead letter, with the reason |
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use aftercommit::signal::with_state;
    /// use aftercommit::{Db, Delivery, Outcome, Signals, Worker};
    /// use aftercommit_mail::{Mailer, Memory, Message};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Registered { address: String }
    ///
    /// async fn welcome(mailer: &Mailer, registered: Delivery<Registered>) -> aftercommit::Result<Outcome> {
    ///     let message = Message::new("Hipster <hello@example.com>")
    ///         .to(&*registered.address)
    ///         .subject("Welcome")
    ///         .text("Good to have you.");
    ///     mailer.deliver(&registered, message).await
    /// }
    ///
    /// let outbox = Memory::new();
    /// let mailer = Mailer::new(outbox.clone());
    /// let signals = Signals::new().durable("welcome", with_state(mailer, welcome));
    /// let db: Db<sqlx::Sqlite> = Db::connect("sqlite::memory:").await?.with_signals(signals);
    /// db.migrate().await?;
    /// let worker = Worker::new(&db).start().await?;
    ///
    /// db.send(Registered { address: "ada@example.com".into() }).await?;
    /// # while outbox.sent().is_empty() { tokio::task::yield_now().await; }
    /// worker.drain().await;
    /// assert_eq!(outbox.sent()[0].subject(), "Welcome");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Several recipients
    ///
    /// Who got it is remembered in this mailer and its clones until the effect has ended, so that a repeat goes to the others
    /// alone. After a crash, or in another process, nobody remembers: then everybody gets the repeat, with the same Message-ID.
    /// Where that is too much, send the signal once for each recipient: an effect of its own is remembered by the database.
    ///
    /// # Errors
    ///
    /// What the worker is to try again: an error uses up an attempt. Inside an open transaction, what [`aftercommit::guard`]
    /// says.
    ///
    /// # Cancel safety
    ///
    /// As for [`send`](Self::send). A receiver that is cut off by its timeout was not told who got the mail: give it more time
    /// than the backend takes (`Smtp` gives up after 60 s, which is also a receiver's limit unless set).
    ///
    /// [`Why::Later`]: crate::Why::Later
    /// [`Why::InDoubt`]: crate::Why::InDoubt
    /// [`Why::Unavailable`]: crate::Why::Unavailable
    /// [`Why::Settings`]: crate::Why::Settings
    /// [`Why::Never`]: crate::Why::Never
    #[track_caller]
    pub fn deliver<S>(
        &self,
        delivery: &Delivery<S>,
        message: Message,
    ) -> impl Future<Output = aftercommit::Result<Outcome>> + Send + use<S> {
        let (mailer, place, effect) = (self.clone(), Location::caller(), delivery.id());
        let made = made_at(effect).unwrap_or(delivery.about().created_at);
        let message = message.id(effect.to_string()).date(made);
        async move {
            let mut outgoing = match mailer.checked(&message, place) {
                Ok(outgoing) => outgoing,
                Err(error) => return outcome::of_error(error),
            };
            let everybody = outgoing.recipients();
            mailer.served.leave_out(effect, &mut outgoing);
            let sent = match outgoing.recipients.is_empty() {
                true => Vec::new(),
                false => match mailer.backend.send(&outgoing).await {
                    Ok(receipt) => receipt.outcomes,
                    Err(error) => return outcome::of_error(error),
                },
            };
            let receipt = mailer.served.with(effect, &everybody, sent);
            let answer = outcome::of_receipt(receipt);
            mailer.served.answered(effect, &answer);
            answer
        }
    }
}

/// The time in the id, which is the same for every repeat, whichever clock looks at the effect.
fn made_at(effect: EffectId) -> Option<SystemTime> {
    let (seconds, _) = effect.as_uuid().get_timestamp()?.to_unix();
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}
