//! `#[derive(Model)]`: what is written on the struct, and what it becomes.

mod expand;
mod read;
mod sqlx;

use proc_macro2::TokenStream;
use syn::{DeriveInput, Result};

/// The implementations of the traits, or an error that points at what is wrong.
pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    read::read(input).map(|model| expand::expand(&model))
}
