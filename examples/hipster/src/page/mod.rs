//! The pages. Pure.

pub(crate) mod home;
pub(crate) mod login;
pub(crate) mod mail;
pub(crate) mod search;

use maud::{DOCTYPE, Markup, html};

pub(crate) const STYLE: &str = include_str!("style.css");

/// What is around every page.
fn layout(title: &str, here: &str, who: Option<&str>, content: &Markup) -> Markup {
    reloading(title, here, who, None, content)
}

/// The same for a page that leads to another one by itself, after a second.
fn reloading(
    title: &str,
    here: &str,
    who: Option<&str>,
    next: Option<&str>,
    content: &Markup,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if let Some(next) = next { meta http-equiv="refresh" content={ "1; url=" (next) }; }
                title { (title) " · hipster" }
                link rel="stylesheet" href="/style.css";
            }
            body {
                header {
                    a class="brand" href="/" { "hipster" }
                    nav {
                        @for (path, name) in [("/", "Register"), ("/search", "Search"), ("/mail", "Outgoing mail")] {
                            a href=(path) aria-current=[(path == here).then_some("page")] { (name) }
                        }
                        @match who {
                            Some(who) => form method="post" action="/logout" { button class="link" { "Log out " (who) } },
                            None => a href="/login" aria-current=[(here == "/login").then_some("page")] { "Log in" },
                        }
                    }
                }
                main { (content) }
                footer {
                    p { "One word decides: " code { ".during(…)" } ", " code { ".after_commit(…)" } " or " code { ".durable(…)" } " in " code { "receivers.rs" } "." }
                }
            }
        }
    }
}

pub(crate) fn gone() -> Markup {
    let content = html! {
        h1 { "There is nothing here" }
        p { "It may have been there before somebody started over. " a href="/" { "To the front page" } }
    };
    layout("Not found", "", None, &content)
}

pub(crate) fn broken() -> Markup {
    let content = html! {
        h1 { "Something went wrong" }
        p { "Database, mailbox or index did not answer. The log of the service says which, and why. " a href="/" { "Try again" } }
    };
    layout("Error", "", None, &content)
}

/// A mark beside a name that the database does not know.
fn orphan() -> Markup {
    html! { span class="tag" title="The database does not know this user" { "orphan" } }
}
