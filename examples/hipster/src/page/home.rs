//! The front page: a form, what came of it, and three lists side by side. Pure.

use maud::{Markup, html};

use super::{orphan, reloading};
use crate::receivers::Mode;
use crate::views::Views;
use crate::web::{Happened, Shown};

/// How often the page looks again by itself, while something is pending.
const LOOKS: u8 = 5;

/// `only_commits`: another process delivers, and writes the index.
pub(crate) fn render(
    views: &Views,
    shown: &Shown,
    who: Option<&str>,
    only_commits: bool,
) -> Markup {
    let content = html! {
        h1 { "Who is left with a welcome mail?" }
        p class="lead" { "Register someone, let the code behind the save fail, and see what each of the three says." }
        @if let Some(happened) = shown.happened { (banner(happened, views, shown)) }
        (form(shown, only_commits))
        (to_follow(views, shown))
        section class="views" aria-label="What each of them says now" {
            (list("Database", "rows in users", &views.database, views))
            (list("Mailbox", "welcome mails sent", &views.mailbox, views))
            (list("Search index", "documents found", &views.index, views))
        }
        @if !only_commits {
            form class="over" method="post" action="/start-over" { button class="quiet" { "Start over" } }
        }
    };
    // Right after a registration only, and not for ever: it would take away what somebody is typing.
    let looks = views.pending > 0 && shown.happened.is_some() && shown.looked < LOOKS;
    let next = looks.then(|| shown.looked_again());
    reloading("Register", "/", who, next.as_deref(), &content)
}

/// What was committed and is not delivered.
fn to_follow(views: &Views, shown: &Shown) -> Markup {
    let effects = |count| if count == 1 { "effect" } else { "effects" };
    html! {
        @if views.pending > 0 {
            div class="banner pending" role="status" {
                strong { "Still to follow: " span id="pending" { (views.pending) } " " (effects(views.pending)) "." }
                p { "Committed with the row, and waiting for a worker. " a href=(shown.looked_again()) { "Look again" } }
            }
        }
        @if views.dead > 0 {
            div class="banner bad" role="status" {
                strong { "Given up: " (views.dead) " " (effects(views.dead)) "." }
                p { "Among the dead letters, in the table " code { "aftercommit_dead" } ", each with the reason." }
            }
        }
    }
}

fn banner(happened: Happened, views: &Views, shown: &Shown) -> Markup {
    let (mails, documents) = views.orphans();
    let orphans = mails + documents > 0;
    let (tone, title, text) = match happened {
        Happened::RolledBack if orphans && shown.mode == Mode::During => (
            "bad",
            "Rolled back, but the mail is out.",
            "The receivers ran inside the transaction. The row is gone; the mail and the document cannot be called back.",
        ),
        Happened::RolledBack if shown.mode == Mode::Durable => (
            "good",
            "Rolled back, and nobody was told.",
            "What was to follow was written in the same transaction, and is gone with it. There is no mail and no document.",
        ),
        Happened::RolledBack => (
            "good",
            "Rolled back, and nobody was told.",
            "The receivers were waiting for the commit. It did not come, so there is no mail and no document.",
        ),
        Happened::Registered if shown.mode == Mode::Durable && views.pending + views.dead > 0 => (
            "good",
            "Registered.",
            "The transaction was committed, and with it what must follow, whatever happens to this process.",
        ),
        Happened::Registered if shown.mode == Mode::Durable => (
            "good",
            "Registered.",
            "The transaction was committed, and with it what must follow. A worker has delivered it: one mail, one document.",
        ),
        Happened::Registered => (
            "good",
            "Registered.",
            "The transaction was committed: one row, one mail, one document.",
        ),
        Happened::Untold => (
            "bad",
            "Registered, but not everybody was told.",
            "The transaction was committed; the mail or the index failed behind it. The log of the service says why.",
        ),
        Happened::Taken => (
            "plain",
            "That username is taken.",
            "Nothing was changed. Choose another one.",
        ),
        Happened::BadName => (
            "plain",
            "That username cannot be used.",
            "It has 1 to 40 letters, digits, “-” or “_”.",
        ),
        Happened::BadAddress => (
            "plain",
            "That does not look like an e-mail address.",
            "Nothing was changed.",
        ),
        Happened::BadPassword => (
            "plain",
            "That password cannot be used.",
            "It has 8 to 200 characters. Nothing was changed.",
        ),
        Happened::StartedOver => ("plain", "All three are empty.", "Register someone."),
        Happened::Broken => (
            "bad",
            "Something else went wrong.",
            "Nothing was committed. The log of the service says what it was.",
        ),
    };
    html! {
        div class={ "banner " (tone) } role="status" {
            strong { (title) }
            p { (text) }
        }
    }
}

fn form(shown: &Shown, only_commits: bool) -> Markup {
    let modes = [
        (Mode::During, "during", " the transaction", "the mistake"),
        (
            Mode::AfterCommit,
            "after_commit",
            "",
            "only if it was committed",
        ),
        (Mode::Durable, "durable", "", "also if the process dies"),
    ];
    html! {
        form class="card" method="post" action="/register" {
            div class="fields" {
                label { "Username" input name="username" required maxlength="40" autocomplete="off" autocapitalize="none"; }
                label { "E-mail" input name="email" type="email" required maxlength="200" autocomplete="off"; }
                label { "Password" input name="password" type="password" required minlength="8" maxlength="200" autocomplete="new-password"; }
            }
            fieldset {
                legend { "Mail and index are told" }
                @for (mode, word, rest, what) in modes {
                    @let unavailable = only_commits && mode != Mode::Durable;
                    label class=[unavailable.then_some("choice off").or(Some("choice"))] {
                        input type="radio" name="mode" value=(word) checked[shown.mode == mode] disabled[unavailable];
                        span { code { (word) } (rest) small { (what) } }
                    }
                }
                @if only_commits {
                    p class="what" { "This process only commits. The index is written by the one that delivers, so nothing else can be chosen here." }
                }
            }
            label class="choice switch" {
                input type="checkbox" name="fails" checked[shown.fails];
                span { "Make the code after the save fail" }
            }
            button { "Register" }
        }
    }
}

fn list(title: &str, what: &str, names: &[String], views: &Views) -> Markup {
    html! {
        section class="card" {
            h2 { (title) " " span class="count" { (names.len()) } }
            p class="what" { (what) }
            @if names.is_empty() {
                p class="empty" { "nobody" }
            } @else {
                ul {
                    @for known in views.judged(names) {
                        @if known.orphan {
                            li class="orphan" { span { (known.username) } (orphan()) }
                        } @else {
                            li { (known.username) }
                        }
                    }
                }
            }
        }
    }
}
