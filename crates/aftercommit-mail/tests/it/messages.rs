//! What a message becomes, read by somebody else's reader.

use aftercommit::Db;
use aftercommit_mail::{Attachment, Files, Limits, Mailer, Memory, Message, Policy};
use mail_parser::{MessageParser, MimeHeaders};

fn message() -> Message {
    Message::new("Hipster <hello@example.com>")
        .to("Ada Lovelace <ada@example.com>")
        .subject("Welcome")
        .text("Good to have you.\nReally.")
}

fn wire(message: &Message) -> Vec<u8> {
    let outgoing = message.check(Policy::default(), Limits::default());
    outgoing.expect("a sound message").wire().to_vec()
}

#[test]
fn every_part_arrives_as_it_was_written() {
    let full = message()
        .subject("Grüße, 🦀: a subject that is long enough to be folded over more than one line of the header")
        .cc("\"Babbage, Charles\" <charles@example.com>")
        .reply_to("support@example.com")
        .text("plain ünïcode\n.\nQUIT\n")
        .html("<p>rich <img src=\"cid:logo\"></p>")
        .attach(Attachment::inline("logo", "image/png", vec![0x89, b'P', 0, 255]))
        .attach(Attachment::new("../Zürich 🦀.csv", "text/csv", "a;b\n"))
        .header("List-Unsubscribe", "<https://example.com/u?x=1>");
    let wire = wire(&full);
    let read = MessageParser::default().parse(&wire).expect("readable");

    assert_eq!(
        read.subject().expect("a subject"),
        "Grüße, 🦀: a subject that is long enough to be folded over more than one line of the header"
    );
    let from = read.from().and_then(|from| from.first()).expect("a sender");
    assert_eq!(
        (from.name(), from.address()),
        (Some("Hipster"), Some("hello@example.com"))
    );
    let cc = read.cc().and_then(|cc| cc.first()).expect("a copy");
    assert_eq!(cc.name(), Some("Babbage, Charles"));
    assert_eq!(
        read.body_text(0).expect("text").replace("\r\n", "\n"),
        "plain ünïcode\n.\nQUIT\n"
    );
    assert!(read.body_html(0).expect("html").contains("cid:logo"));
    let names: Vec<_> = read
        .attachments()
        .filter_map(|part| part.attachment_name())
        .collect();
    assert!(names.contains(&"Zürich 🦀.csv"), "{names:?}");
    let image = read
        .attachments()
        .find(|part| part.content_id() == Some("logo"))
        .expect("an image");
    assert_eq!(image.contents(), [0x89, b'P', 0, 255]);
    assert!(
        String::from_utf8_lossy(&wire)
            .contains("List-Unsubscribe: <https://example.com/u?x=1>\r\n")
    );
}

#[test]
fn blind_copies_stay_blind() {
    let message = message()
        .bcc("secret@example.com")
        .bcc("Ada@EXAMPLE.com")
        .bcc("ada@Example.com");
    let outgoing = message
        .check(Policy::default(), Limits::default())
        .expect("sound");
    assert!(!String::from_utf8_lossy(outgoing.wire()).contains("secret"));
    assert_eq!(
        outgoing.recipients(),
        ["ada@example.com", "secret@example.com", "Ada@example.com"],
        "the same mailbox is written to once"
    );
}

#[test]
fn a_repeat_carries_the_same_id() {
    let one = message();
    let id = |message: &Message| {
        let outgoing = message
            .check(Policy::default(), Limits::default())
            .expect("sound");
        outgoing.message_id().to_owned()
    };
    assert_eq!(id(&one), id(&one.clone()));
    assert_ne!(id(&one), id(&message()));
    assert_eq!(id(&message().id("order-7")), "order-7@example.com");
    assert_eq!(wire(&one), wire(&one), "and says the same");
}

#[test]
fn line_ends_are_those_of_mail() {
    for text in ["a\nb", "a\r\nb", "a\rb"] {
        let wire = wire(&message().text(text));
        let text = String::from_utf8(wire).expect("ASCII");
        assert!(
            text.ends_with("\r\n\r\na\r\nb") || text.ends_with("\r\n\r\na\r\nb\r\n"),
            "{text:?}"
        );
    }
}

#[tokio::test]
async fn a_folder_holds_each_message_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mailer = Mailer::new(Files::open(folder.path().join("new")).expect("made"));
    let one = message();
    mailer.send(one.clone()).await.expect("written");
    mailer.send(one).await.expect("written again");
    mailer.send(message()).await.expect("another");
    let files = std::fs::read_dir(folder.path().join("new")).expect("listed");
    let names: Vec<String> = files
        .map(|file| {
            file.expect("a file")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(
        names.iter().all(|name| name.ends_with("@example.com.eml")),
        "{names:?}"
    );
}

#[tokio::test]
async fn mail_inside_a_transaction_is_an_error_with_the_senders_line() {
    aftercommit::guard::set_policy(aftercommit::guard::Policy::Refuse);
    let outbox = Memory::new();
    let mailer = Mailer::new(outbox.clone());
    let db: Db<sqlx::Sqlite> = Db::connect("sqlite::memory:").await.expect("opened");
    let line = line!() + 3;
    let inside = db
        .atomic(async |tx| {
            mailer.send(message()).await?;
            let late = mailer.clone();
            tx.on_commit(async move || late.send(message()).await.map(drop));
            aftercommit::Ok(())
        })
        .await;
    let error = inside.expect_err("refused");
    assert_eq!(error.code(), Some("SIDE_EFFECT_INSIDE"));
    assert!(
        error.to_string().contains(&format!(
            "mail was used at crates/aftercommit-mail/tests/it/messages.rs:{line}"
        )),
        "{error}"
    );
    assert!(outbox.sent().is_empty());

    db.atomic(async |tx| {
        // Made inside, sent after: that is its place.
        let sending = mailer.send(message());
        tx.on_commit(async move || sending.await.map(drop));
        aftercommit::Ok(())
    })
    .await
    .expect("committed");
    assert_eq!(outbox.sent().len(), 1);
}
