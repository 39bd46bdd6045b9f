//! Passwords and the tokens of sessions.

use aftercommit::{Error, Result};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use sha2::{Digest, Sha256};

/// With Argon2id, 19 MiB of memory, 2 passes, 1 lane: the OWASP Password Storage Cheat Sheet's first choice, and the
/// crate's default.
pub(crate) async fn hash(password: String) -> Result<String> {
    blocking(move || {
        Ok(Argon2::default()
            .hash_password(password.as_bytes())
            .map_err(failed)?
            .to_string())
    })
    .await
}

/// Whether the password is the one of the hash. Without a hash it takes as long, and is wrong.
pub(crate) async fn is_right(password: String, hash: Option<String>) -> Result<bool> {
    blocking(move || {
        let Some(hash) = hash else {
            let _: argon2::password_hash::phc::PasswordHash = Argon2::default()
                .hash_password(password.as_bytes())
                .map_err(failed)?;
            return Ok(false);
        };
        let hash =
            PasswordHash::new(&hash).map_err(|_| Error::other("a password hash that is none"))?;
        Ok(Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok())
    })
    .await
}

/// 256 bits of randomness, in hexadecimal.
pub(crate) fn token() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::other(error.to_string()))?;
    Ok(hexadecimal(&bytes))
}

/// What is kept of a token: who reads the table cannot log in with it.
pub(crate) fn token_hash(token: &str) -> String {
    hexadecimal(&Sha256::digest(token.as_bytes()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn failed(error: argon2::password_hash::Error) -> Error {
    Error::other(error.to_string())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_recognised_and_another_is_not() {
        let hashed = hash("correct horse".into()).await.expect("hashed");
        assert!(
            hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hashed}"
        );
        assert!(
            is_right("correct horse".into(), Some(hashed.clone()))
                .await
                .expect("checked")
        );
        assert!(
            !is_right("wrong horse".into(), Some(hashed))
                .await
                .expect("checked")
        );
        assert!(!is_right("anything".into(), None).await.expect("checked"));
    }

    #[test]
    fn tokens_differ_and_are_not_kept() {
        let (one, two) = (token().expect("random"), token().expect("random"));
        assert_ne!(one, two);
        assert_eq!(token_hash(&one).len(), 64);
        assert_ne!(token_hash(&one), one);
    }
}
