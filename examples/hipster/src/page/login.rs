//! Logging in. Pure.

use maud::{Markup, html};

use super::layout;

pub(crate) fn render(who: Option<&str>, wrong: bool) -> Markup {
    let content = html! {
        h1 { "Log in" }
        @if let Some(who) = who { p { "You are logged in as " strong { (who) } "." } }
        @if wrong {
            div class="banner bad" role="alert" {
                strong { "That did not work." }
                p { "Either nobody has that name, or the password is another one." }
            }
        }
        form class="card narrow" method="post" action="/login" {
            label { "Username" input name="username" required maxlength="40" autocomplete="username" autocapitalize="none"; }
            label { "Password" input name="password" type="password" required maxlength="200" autocomplete="current-password"; }
            button { "Log in" }
        }
    };
    layout("Log in", "/login", who, &content)
}
