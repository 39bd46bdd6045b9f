//! The search index: who can be found, and by what.

use std::path::Path;

use aftercommit_search::{Index, Indexed, Page, Query, Result, Tantivy};

use crate::users::User;

pub(crate) async fn open(folder: &Path) -> Result<Indexed<User>> {
    Index::of("users")
        .text("username", |user: &User| user.username.clone())
        .keyword("initial", |user| user.username.chars().take(1).collect())
        .open(Tantivy::in_folder(folder))
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
