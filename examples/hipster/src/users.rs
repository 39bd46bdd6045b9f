//! The rows, and what may become one.

use std::fmt;

use aftercommit::Model;
use serde::{Deserialize, Serialize};

use crate::mailbox::Mailbox;

/// Someone who has registered.
#[derive(Model, Clone, Serialize, Deserialize)]
#[model(table = "users")]
pub struct User {
    #[model(id)]
    pub id: i64,
    pub username: String,
    pub email: String,
    /// Nobody's business but the table's: it is not written down with an effect.
    #[serde(skip)]
    pub password_hash: String,
}

/// What belongs to a user and is made with them.
#[derive(Model, Clone, Debug)]
#[model(table = "profiles")]
pub struct Profile {
    #[model(id, given)]
    pub user_id: i64,
    pub about: String,
}

/// Somebody is logged in.
#[derive(Model, Clone)]
#[model(table = "sessions")]
pub struct Session {
    #[model(id, given)]
    pub token_hash: String,
    pub user_id: i64,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What someone typed into the form, checked.
#[derive(Clone)]
pub struct NewUser {
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) password: String,
}

/// Input that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadInput {
    Username,
    Email,
    Password,
}

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadInput::Username => "a username has 1 to 40 letters, digits, “-” or “_”",
            BadInput::Email => "that does not look like an e-mail address",
            BadInput::Password => "a password has 8 to 200 characters",
        })
    }
}

impl std::error::Error for BadInput {}

impl NewUser {
    /// Checks the input: a name of 1 to 40 letters, digits, `-` or `_`, an address that mail can go to, and a password of 8 to
    /// 200 characters. More is hashed for nothing.
    ///
    /// # Errors
    ///
    /// What cannot be used.
    pub fn new(username: &str, email: &str, password: &str) -> Result<Self, BadInput> {
        let (username, email) = (username.trim(), email.trim());
        let allowed = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        if username.is_empty() || username.chars().count() > 40 || !username.chars().all(allowed) {
            return Err(BadInput::Username);
        }
        if email.len() > 200 || !Mailbox::takes(email) {
            return Err(BadInput::Email);
        }
        if !(8..=200).contains(&password.chars().count()) {
            return Err(BadInput::Password);
        }
        Ok(Self {
            username: username.into(),
            email: email.into(),
            password: password.into(),
        })
    }
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_is_judged() {
        let long = format!("{}@b.c", "x".repeat(65));
        assert!(NewUser::new(" ada ", "ada@example.org", "correct horse").is_ok());
        for (username, email, password, bad) in [
            ("", "a@b.c", "12345678", BadInput::Username),
            ("a b", "a@b.c", "12345678", BadInput::Username),
            ("a", "a@b", "12345678", BadInput::Email),
            ("a", "a b@c.d", "12345678", BadInput::Email),
            ("a", "a@b@c.d", "12345678", BadInput::Email),
            ("a", "<a@b.c>", "12345678", BadInput::Email),
            ("a", &long, "12345678", BadInput::Email),
            ("a", "a@b.c", "1234567", BadInput::Password),
        ] {
            assert_eq!(NewUser::new(username, email, password).err(), Some(bad));
        }
    }
}
