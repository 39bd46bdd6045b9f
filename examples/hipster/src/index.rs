//! The search index: who can be found, and by what.

use std::path::Path;

use aftercommit_search::{Index, Indexed, Page, Query, Result, Tantivy};

use crate::users::User;

/// What a process does with the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It writes the index, which one process can.
    Write,
    /// It only asks.
    Read,
}

pub(crate) async fn open(folder: &Path, access: Access) -> Result<Indexed<User>> {
    let engine = match access {
        Access::Write => Tantivy::in_folder(folder),
        Access::Read => Tantivy::in_folder(folder).read_only(),
    };
    Index::of("users")
        .text("username", |user: &User| user.username.clone())
        .keyword("initial", |user| user.username.chars().take(1).collect())
        .open(engine)
        .await
}

/// How many hits are on a page.
pub(crate) const PAGE: usize = 10;

/// Who matches these words.
pub(crate) async fn search(index: &Indexed<User>, words: &str, page: usize) -> Result<Page> {
    let query = Query::words(words).show("username").highlight("username");
    index.search(query.page(page.clamp(1, 1_000), PAGE)).await
}

/// Everybody, as far as a page shows them.
pub(crate) async fn usernames(index: &Indexed<User>) -> Result<Vec<String>> {
    let page = index
        .search(Query::all().show("username").page(1, 1_000))
        .await?;
    let mut names: Vec<String> = page
        .hits
        .into_iter()
        .filter_map(|mut hit| hit.texts.remove("username"))
        .collect();
    names.sort();
    Ok(names)
}
