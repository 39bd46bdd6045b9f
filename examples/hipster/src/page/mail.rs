//! The outgoing mail. Pure.

use maud::{Markup, html};

use super::{layout, orphan};
use crate::mailbox::Mail;

pub(crate) fn list(mails: &[Mail], known: &[String], who: Option<&str>) -> Markup {
    let content = html! {
        h1 { "Outgoing mail" }
        section class="card" {
            @if mails.is_empty() { p class="empty" { "none yet" } }
            ul {
                @for mail in mails.iter().rev() {
                    @let is_orphan = !known.contains(&mail.username);
                    li class=[is_orphan.then_some("orphan")] {
                        a href={ "/mail/" (mail.id) } { strong { (mail.subject) } " " span class="what" { "to " (mail.to) } }
                        @if is_orphan { (orphan()) }
                    }
                }
            }
        }
    };
    layout("Outgoing mail", "/mail", who, &content)
}

pub(crate) fn one(mail: &Mail, who: Option<&str>) -> Markup {
    let content = html! {
        h1 { (mail.subject) }
        article class="card" {
            dl {
                dt { "From" } dd { (mail.from) }
                dt { "To" } dd { (mail.to) }
                dt { "Message-ID" } dd { code { (mail.id) } }
            }
            pre { (mail.text) }
        }
        p { a href="/mail" { "All mail" } }
    };
    layout(&mail.subject, "/mail", who, &content)
}
