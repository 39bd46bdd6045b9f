//! Searching. Pure.

use aftercommit_search::Page;
use maud::{Markup, PreEscaped, html};

use super::{layout, orphan};

pub(crate) fn render(words: &str, found: &Page, known: &[String], who: Option<&str>) -> Markup {
    let content = html! {
        h1 { "Search" }
        form class="card search" method="get" action="/search" role="search" {
            label class="hidden" for="q" { "Words" }
            input id="q" name="q" type="search" value=(words) maxlength="200" placeholder="The beginning of a name";
            button { "Search" }
        }
        section class="card" {
            p class="what" { (found.total) @if found.total == 1 { " document" } @else { " documents" } }
            @if found.hits.is_empty() { p class="empty" { "nobody" } }
            ul {
                @for hit in &found.hits {
                    @let name = hit.texts.get("username").map_or("", String::as_str);
                    @let is_orphan = !known.iter().any(|known| known == name);
                    li class=[is_orphan.then_some("orphan")] {
                        span {
                            // The index has escaped it, but for the marks.
                            @match hit.highlights.get("username").filter(|html| !html.is_empty()) {
                                Some(html) => (PreEscaped(html)),
                                None => (name),
                            }
                        }
                        @if is_orphan { (orphan()) }
                    }
                }
            }
            @if found.pages > 1 { (pages(words, found)) }
        }
    };
    layout("Search", "/search", who, &content)
}

fn pages(words: &str, found: &Page) -> Markup {
    let link = |page: usize| {
        serde_urlencoded::to_string([("q", words), ("page", &page.to_string())]).unwrap_or_default()
    };
    html! {
        nav class="pages" aria-label="Pages" {
            @if found.number > 1 { a href={ "/search?" (link(found.number - 1)) } rel="prev" { "Back" } }
            span { "Page " (found.number) " of " (found.pages) }
            @if found.number < found.pages { a href={ "/search?" (link(found.number + 1)) } rel="next" { "On" } }
        }
    }
}
