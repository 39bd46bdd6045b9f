//! What a handler is given.

use std::fmt;
use std::ops::Deref;
use std::time::SystemTime;

use super::{EffectId, Headers};

/// A signal that is delivered to a durable receiver, and what is known about its effect. It stands for the signal.
pub struct Delivery<S> {
    pub(crate) signal: S,
    pub(crate) about: About,
}

/// What is known about the effect that is delivered.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct About {
    /// The same for every repeat: what a receiver needs that must not do a thing twice.
    pub id: EffectId,
    /// The receiver's name.
    pub receiver: String,
    /// The key of its order.
    pub key: Option<String>,
    /// Which attempt this is, counted from 1. Attempts that found the target unavailable are not counted.
    pub attempt: u32,
    /// When it was written down, by the database's clock; by this process's for one that it committed itself a moment ago.
    pub created_at: SystemTime,
    /// What travels with it.
    pub headers: Headers,
}

impl<S> Delivery<S> {
    /// The effect's id: the same for every repeat.
    pub fn id(&self) -> EffectId {
        self.about.id
    }

    /// Which attempt this is, counted from 1.
    pub fn attempt(&self) -> u32 {
        self.about.attempt
    }

    /// What is known about the effect.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// A header by its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.about.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The signal alone.
    pub fn into_signal(self) -> S {
        self.signal
    }
}

impl<S> Deref for Delivery<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.signal
    }
}

impl<S> fmt::Debug for Delivery<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("id", &self.about.id)
            .field("attempt", &self.about.attempt)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the key and the headers' values: they are the user's, and may say who a customer is.
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("About")
            .field("id", &self.id)
            .field("receiver", &self.receiver)
            .field("has_key", &self.key.is_some())
            .field("attempt", &self.attempt)
            .field("created_at", &self.created_at)
            .field("headers", &headers)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_about_an_effect_is_shown_without_what_is_the_users() {
        let about = About {
            id: EffectId::LOWEST,
            receiver: "welcome".into(),
            key: Some("ada@example.org".into()),
            attempt: 1,
            created_at: SystemTime::UNIX_EPOCH,
            headers: vec![("authorization".into(), "Bearer secret".into())],
        };
        let shown = format!("{about:?}");
        assert!(shown.contains("has_key: true") && shown.contains("authorization"));
        assert!(!shown.contains("ada@") && !shown.contains("secret"));
    }
}
