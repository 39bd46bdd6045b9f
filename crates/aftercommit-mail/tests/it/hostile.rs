//! What attackers and accidents put into a mail.

use std::time::{Duration, Instant};

use aftercommit_mail::{Attachment, Limits, Message, Outgoing, Policy, Result};
use mail_parser::MessageParser;

fn base() -> Message {
    Message::new("a@example.com")
        .to("b@example.com")
        .subject("s")
        .text("t")
}

fn check(message: &Message) -> Result<Outgoing> {
    message.check(Policy::default(), Limits::default())
}

fn refused(message: Message, code: &str, field: &str) {
    let error = check(&message).expect_err(code);
    assert_eq!(
        (error.code(), error.field_name()),
        (code, Some(field)),
        "{error}"
    );
}

#[test]
fn headers_are_not_injected() {
    for evil in [
        "x\r\nBcc: v@example.com",
        "x\nBcc: v@example.com",
        "x\rBcc: v",
        "x\0",
    ] {
        refused(
            Message::new(format!("{evil} <a@example.com>"))
                .to("b@example.com")
                .text(""),
            "MAIL_HEADER_INJECTION",
            "from",
        );
        refused(
            base().to(format!("{evil} <b@example.com>")),
            "MAIL_HEADER_INJECTION",
            "to",
        );
        refused(
            base().cc(format!("{evil} <b@example.com>")),
            "MAIL_HEADER_INJECTION",
            "cc",
        );
        refused(base().bcc(evil), "MAIL_HEADER_INJECTION", "bcc");
        refused(base().reply_to(evil), "MAIL_HEADER_INJECTION", "reply_to");
        refused(base().subject(evil), "MAIL_HEADER_INJECTION", "subject");
        refused(
            base().header("X-Tag", evil),
            "MAIL_HEADER_INJECTION",
            "header.value",
        );
        refused(
            base().attach(Attachment::new(evil, "text/plain", "")),
            "MAIL_HEADER_INJECTION",
            "attachment.name",
        );
        refused(
            base().attach(Attachment::new("a", evil, "")),
            "MAIL_HEADER_INJECTION",
            "attachment.content_type",
        );
        refused(base().id(evil), "MAIL_ID", "id");
        refused(
            base()
                .html("x")
                .attach(Attachment::inline(evil, "image/png", "")),
            "MAIL_ATTACHMENT",
            "attachment.content_id",
        );
    }
    for name in ["X\r\nTag", "X Tag", "X:Tag", "", "X\u{fc}", &"x".repeat(77)] {
        refused(
            base().header(name, "v"),
            "MAIL_HEADER_INJECTION",
            "header.name",
        );
    }
    for name in [
        "Bcc",
        "from",
        "Content-Type",
        "content-transfer-encoding",
        "Message-ID",
    ] {
        refused(base().header(name, "v"), "MAIL_HEADER", "header.name");
    }
}

#[test]
fn addresses_are_not_commands() {
    let long = format!("{}@example.com", "x".repeat(65));
    let label = format!("b@{}.com", "x".repeat(250));
    for evil in [
        "b@example.com, c@example.com",
        "b c@example.com",
        "@example.com",
        &long,
        &label,
        "b@x>",
        "b@localhost",
        "b@[127.0.0.1]",
        "b@example.com>",
        "",
        "b@",
        "b",
        "b@exam ple.com",
        "b@-example.com.",
        "<>",
        "b@.com",
    ] {
        refused(base().to(evil), "MAIL_ADDRESS", "to");
    }
    for evil in ["b@example.com\r\nRCPT TO:<x>", "b@x>\r\nDATA"] {
        refused(base().to(evil), "MAIL_HEADER_INJECTION", "to");
    }
    for odd in [
        "-oQ/tmp@example.com",
        "\"very odd\"@example.com",
        "bü@exämple.com",
    ] {
        check(&base().to(odd)).expect(odd);
    }
}

#[test]
fn what_is_too_much_is_said() {
    refused(
        Message::new("a@example.com").text("t"),
        "MAIL_NO_RECIPIENT",
        "to",
    );
    let many = (0..10_001).fold(base(), |message, n| {
        message.bcc(format!("u{n}@example.com"))
    });
    refused(many, "MAIL_TOO_MANY_RECIPIENTS", "to");
    refused(
        base().text("x".repeat(26 << 20)),
        "MAIL_TOO_LARGE",
        "message",
    );
    refused(
        base().attach(Attachment::new("a", "text/plain", vec![0; 20 << 20])),
        "MAIL_TOO_LARGE",
        "message",
    );
    refused(
        base().header("X-Long", "x".repeat(5_009)),
        "MAIL_HEADER_TOO_LONG",
        "header.value",
    );
    refused(
        base().subject("x".repeat(5_009)),
        "MAIL_HEADER_TOO_LONG",
        "subject",
    );
    refused(
        base().to(format!("{} <b@example.com>", "x".repeat(201))),
        "MAIL_HEADER_TOO_LONG",
        "to",
    );
    let names = check(&base().header("X-Words", "word ".repeat(1_000).trim())).expect("folded");
    assert!(
        names
            .wire()
            .split(|byte| *byte == b'\n')
            .all(|line| line.len() < 999)
    );
    refused(
        Message::new("a@example.com").to("b@example.com"),
        "MAIL_BODY",
        "text",
    );
    refused(base().text("a\0b"), "MAIL_BODY", "text");
    refused(base().html("a\0b"), "MAIL_BODY", "html");
    refused(
        base().attach(Attachment::inline("x", "image/png", "")),
        "MAIL_ATTACHMENT",
        "attachment.content_id",
    );
    refused(
        base().attach(Attachment::new("x".repeat(300), "image/png", "")),
        "MAIL_ATTACHMENT",
        "attachment.name",
    );
    refused(
        base().attach(Attachment::new("..", "image/png", "")),
        "MAIL_ATTACHMENT",
        "attachment.name",
    );
    refused(
        base().attach(Attachment::new("a", "nonsense", "")),
        "MAIL_ATTACHMENT",
        "attachment.content_type",
    );
    for date in [
        std::time::SystemTime::UNIX_EPOCH - Duration::from_secs(1),
        std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40),
    ] {
        refused(base().date(date), "MAIL_DATE", "date");
    }
}

#[test]
fn errors_do_not_repeat_what_was_said() {
    let secret = "hunter2";
    for message in [
        base().to(format!("{secret} x@example.com")),
        base().subject(format!("{secret}\r\n")),
        base().text(format!("{secret}\0")),
        base().header("X-Key", format!("{secret}\n")),
        base().attach(Attachment::new(format!("{secret}\n"), "text/plain", secret)),
    ] {
        let error = check(&message).expect_err("refused");
        assert!(
            !format!("{error} {error:?} {message:?}").contains(secret),
            "{error:?}"
        );
    }
}

/// Pieces that mean something to a parser of mail somewhere.
const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\t",
    " ",
    ".",
    "\r\n.\r\n",
    "<",
    ">",
    "@",
    "\"",
    "\\",
    ",",
    ";",
    ":",
    "(",
    ")",
    "[",
    "]",
    "=?utf-8?B?",
    "?=",
    "=?utf-8?q?=0D=0A?=",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "ü",
    "🦀",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "Bcc: v@x.com",
    "a@example.com",
    "example",
    ".com",
    "../",
    "..\\",
    "%0d%0a",
    "--",
    "xn--",
    "boundary",
    "Content-Type: text/html",
    "\u{1b}[31m",
];

fn nonsense(random: &mut fastrand::Rng) -> String {
    let mut text = String::new();
    for _ in 0..random.usize(..12) {
        match random.u8(..4) {
            0 => text.push_str(PIECES[random.usize(..PIECES.len())]),
            1 => text.push(random.char(..)),
            2 => text.extend(std::iter::repeat_n(
                random.alphabetic(),
                random.usize(..120),
            )),
            _ => text.push(random.alphanumeric()),
        }
    }
    text
}

/// A message of nonsense; a part of it is sound, so that the rest is reached.
fn random_message(random: &mut fastrand::Rng) -> Message {
    let mut maybe = |sound: &str| {
        if random.u8(..3) == 0 {
            nonsense(random)
        } else {
            sound.to_owned()
        }
    };
    let mut message = Message::new(maybe("a@example.com"))
        .to(maybe("b@example.com"))
        .subject(maybe("s"))
        .text(maybe("t"))
        .html(maybe("<p>"))
        .header(maybe("X-Tag"), maybe("v"))
        .id(maybe("id"))
        .attach(Attachment::new(
            maybe("a.txt"),
            maybe("text/plain"),
            maybe("x").into_bytes(),
        ))
        .attach(Attachment::inline(
            maybe("logo"),
            maybe("image/png"),
            maybe("x").into_bytes(),
        ));
    if random.bool() {
        message = message
            .reply_to(nonsense(random))
            .cc(nonsense(random))
            .bcc(nonsense(random));
    }
    message
}

/// Whatever goes in: an error with a code, or a message whose headers are those that were meant.
///
/// A short run by default; `AFTERCOMMIT_FUZZ_SECONDS` makes it a long one.
#[test]
fn random_messages_do_no_harm() {
    let seconds = std::env::var("AFTERCOMMIT_FUZZ_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut tried, mut sound) = (0_u64, 0_u64);
    while until.map_or(tried < 3_000, |until| Instant::now() < until) {
        tried += 1;
        let message = random_message(&mut random);
        let Ok(outgoing) = check(&message) else {
            continue;
        };
        sound += 1;
        let wire = outgoing.wire();
        let read = MessageParser::default().parse(wire).expect("readable");
        for header in read.headers() {
            let name = header.name.as_str().to_ascii_lowercase();
            assert_ne!(name, "bcc", "seed {seed}, message {tried}");
        }
        let head = wire
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .expect("an end of the head");
        let fields = wire[..head]
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.starts_with(b" ") && !line.starts_with(b"\t"));
        let count = fields.count();
        assert!(
            (7..=11).contains(&count),
            "{count} headers: seed {seed}, message {tried}\n{}",
            String::from_utf8_lossy(wire)
        );
        assert!(!wire.contains(&0), "seed {seed}, message {tried}");
    }
    println!("{tried} messages, {sound} of them sound");
    assert!(sound > tried / 100, "most of the run never got to the end");
}
