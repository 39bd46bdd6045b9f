//! Servers: a real one, and one that fails on demand.

use std::time::Duration;

use aftercommit_harness::Exim;
use aftercommit_mail::{Mailer, Message, Security, Smtp, Why};
use mail_parser::MessageParser;

use crate::scripted::{Fault, STEPS, Scripted, Step};

fn message(to: &str) -> Message {
    Message::new("hello@example.com")
        .to(to)
        .subject("Welcome")
        .text("Good to have you.\n.\nQUIT\n")
}

fn clear(port: u16) -> Smtp {
    Smtp::new("127.0.0.1", port, Security::None).with_hello("client.example")
}

#[tokio::test]
async fn a_real_server_gets_every_mail_once() {
    let server = Exim::start(None).expect("a server");
    let mailer = Mailer::new(clear(server.port()));
    for n in 0..20 {
        let message = message(&format!("user{n}@example.com")).subject(format!("Grüße {n}"));
        mailer.send(message).await.expect("sent");
    }
    // More than a server has to take at once, one of them outside of ASCII, one of them blind.
    let many = (0..250).fold(
        message("ü@exämple.com")
            .subject("many")
            .bcc("blind@example.com"),
        |message, n| message.cc(format!("copy{n}@example.com")),
    );
    let receipt = mailer.send(many).await.expect("sent");
    assert_eq!(receipt.outcomes.len(), 252);

    let delivered = server.delivered(20 + 252).await.expect("delivered");
    let mut subjects = Vec::new();
    let mut envelopes = Vec::new();
    for bytes in &delivered {
        let read = MessageParser::default().parse(bytes).expect("readable");
        assert_eq!(
            read.body_text(0)
                .expect("text")
                .replace("\r\n", "\n")
                .trim_end(),
            "Good to have you.\n.\nQUIT"
        );
        subjects.push(read.subject().expect("a subject").to_owned());
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (head, _) = text.split_once("\n\n").expect("a head");
        let envelope = head.replace("\n\t", " ").replace("\n ", " ");
        let to = envelope
            .lines()
            .find_map(|line| line.strip_prefix("Envelope-to: ").map(str::to_owned));
        envelopes.extend(
            to.expect("an envelope")
                .split(", ")
                .map(|to| to.trim().to_owned()),
        );
        let blind = |line: &str| line.contains("blind@");
        let shown = ["To:", "Cc:", "Bcc:"];
        let mut shown = envelope
            .lines()
            .filter(|line| shown.iter().any(|name| line.starts_with(name)));
        assert!(!shown.any(blind), "a blind copy is in no header");
    }
    assert_eq!(
        subjects.iter().filter(|subject| *subject == "many").count(),
        252
    );
    for n in 0..20 {
        assert_eq!(
            subjects
                .iter()
                .filter(|subject| **subject == format!("Grüße {n}"))
                .count(),
            1
        );
    }
    envelopes.sort();
    let all = envelopes.len();
    envelopes.dedup();
    assert_eq!((all, envelopes.len()), (272, 272), "everybody once");
}

#[tokio::test]
async fn each_recipient_has_its_own_outcome() {
    let server = Exim::start(None).expect("a server");
    let mailer = Mailer::new(clear(server.port()));
    let error = mailer
        .send(
            message("ada@example.com")
                .cc("refused@example.com")
                .bcc("busy@example.com"),
        )
        .await
        .expect_err("two did not get it");
    assert_eq!(error.code(), "MAIL_RECIPIENTS");
    assert!(error.is_retryable() && !error.is_in_doubt());
    let receipt = error.receipt().expect("a receipt");
    assert_eq!(receipt.outcomes[0], ("ada@example.com".to_owned(), Ok(())));
    let refused: Vec<_> = receipt
        .refused()
        .map(|(to, refusal)| (to, refusal.why, refusal.step))
        .collect();
    assert_eq!(
        refused,
        [
            ("refused@example.com", Why::Never, "RCPT"),
            ("busy@example.com", Why::Later, "RCPT")
        ]
    );
    let text = error.to_string();
    assert!(
        text.contains("r…@example.com") && text.contains("no such user here"),
        "{text}"
    );
    assert!(
        !text.contains("refused@") && !text.contains("ada@"),
        "{text}"
    );

    let error = mailer
        .send(message("refused@example.com"))
        .await
        .expect_err("nobody got it");
    assert_eq!(error.receipt().expect("a receipt").refused().count(), 1);
    assert!(!error.is_retryable());
    // And the connection that was given up does not stand in the way.
    mailer
        .send(message("grace@example.com"))
        .await
        .expect("sent");
    server.delivered(2).await.expect("the two that were taken");
}

#[tokio::test]
async fn starttls_is_checked() {
    let key =
        rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let certificate = key.cert.pem();
    let server =
        Exim::start(Some((&certificate, &key.signing_key.serialize_pem()))).expect("a server");
    let smtp =
        Smtp::new("localhost", server.port(), Security::StartTls).with_hello("client.example");

    let error = Mailer::new(smtp.clone())
        .send(message("a@example.com"))
        .await
        .expect_err("nobody signed it");
    assert_eq!(error.code(), "MAIL_SETTINGS", "{error}");
    let trusting = smtp.clone().with_root_certificate(certificate.clone());
    Mailer::new(trusting.clone())
        .send(message("a@example.com"))
        .await
        .expect("sent");
    server.delivered(1).await.expect("one");

    // The certificate is for another name.
    let other = Smtp::new("127.0.0.1", server.port(), Security::StartTls)
        .with_root_certificate(certificate);
    let error = Mailer::new(other)
        .send(message("a@example.com"))
        .await
        .expect_err("another name");
    assert_eq!(error.code(), "MAIL_SETTINGS", "{error}");

    // No certificate, no STARTTLS: never in clear text.
    let bare = Exim::start(None).expect("a server");
    let smtp = Smtp::new("localhost", bare.port(), Security::StartTls);
    let error = Mailer::new(smtp)
        .send(message("a@example.com"))
        .await
        .expect_err("not offered");
    assert!(error.to_string().contains("does not offer it"), "{error}");
    // And no password over it either.
    let smtp = clear(bare.port()).with_credentials("ada", "hunter2");
    let error = Mailer::new(smtp)
        .send(message("a@example.com"))
        .await
        .expect_err("readable");
    assert!(
        error.to_string().contains("others can read") && !error.to_string().contains("hunter2"),
        "{error}"
    );
}

/// What each fault means at each step: never success, never "not sent" where it may have been.
#[tokio::test]
async fn a_failure_at_each_step_says_what_it_means() {
    let faults = [
        Fault::Says("451 later"),
        Fault::Says("554 never"),
        Fault::Says("552 too large"),
        Fault::Says("421 goodbye"),
        Fault::Cuts,
        Fault::Says("what?"),
    ];
    for step in STEPS {
        for fault in faults {
            let server = Scripted::start(Some((step, fault))).await;
            let mailer = Mailer::new(clear(server.port));
            let error = mailer
                .send(message("a@example.com"))
                .await
                .expect_err("failed");
            let refusal = error
                .receipt()
                .and_then(|receipt| receipt.refused().next())
                .map(|(_, refusal)| refusal.why);
            let why = match (refusal, error.code()) {
                (Some(why), _) => why,
                (None, "MAIL_LATER") => Why::Later,
                (None, "MAIL_NEVER") => Why::Never,
                (None, "MAIL_IN_DOUBT") => Why::InDoubt,
                (None, "MAIL_UNAVAILABLE") => Why::Unavailable,
                (None, "MAIL_SETTINGS") => Why::Settings,
                (None, other) => panic!("{step:?} {fault:?}: {other}"),
            };
            let expected = match (fault, step) {
                // The mail was not spoken of yet: the server says it to everybody.
                (Fault::Says("554 never" | "552 too large"), Step::Greeting | Step::Hello) => {
                    Why::Settings
                }
                (_, Step::Greeting | Step::Hello) => Why::Unavailable,
                (Fault::Says("554 never" | "552 too large"), _) => Why::Never,
                (Fault::Says("451 later" | "421 goodbye"), _) => Why::Later,
                // Whatever it said, or did not: the message was handed over.
                (_, Step::End) => Why::InDoubt,
                _ => Why::Later,
            };
            assert_eq!(why, expected, "{step:?} {fault:?}: {error}");
            assert!(server.messages().is_empty(), "{step:?} {fault:?}");
        }
    }
    // The same script without a fault, so that the above is not the script's own failure.
    let server = Scripted::start(None).await;
    let mailer = Mailer::new(clear(server.port));
    for _ in 0..2 {
        mailer.send(message("a@example.com")).await.expect("sent");
    }
    assert_eq!(server.messages().len(), 2);
    assert!(
        server.messages()[0].contains("Good to have you.\r\n.\r\nQUIT\r\n"),
        "{:?}",
        server.messages()[0]
    );
}

#[tokio::test]
async fn a_server_that_never_ends_is_left() {
    for step in [Step::Greeting, Step::Hello, Step::Mail] {
        let server = Scripted::start(Some((step, Fault::Endless))).await;
        let error = Mailer::new(clear(server.port))
            .send(message("a@example.com"))
            .await
            .expect_err("endless");
        assert!(error.is_retryable(), "{error}");
    }
    for (step, in_doubt) in [(Step::Mail, false), (Step::Data, false), (Step::End, true)] {
        let server = Scripted::start(Some((step, Fault::Silent))).await;
        let impatient = clear(server.port).with_patience(Duration::from_millis(300));
        let error = Mailer::new(impatient).send(message("a@example.com")).await;
        let error = error.expect_err("silent");
        assert_eq!(
            (error.is_in_doubt(), error.is_retryable()),
            (in_doubt, !in_doubt),
            "{error}"
        );
    }
}

#[tokio::test]
async fn nobody_is_there() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("bound").port()
    };
    let error = Mailer::new(clear(port))
        .send(message("a@example.com"))
        .await
        .expect_err("refused");
    assert!(
        error.is_retryable()
            && error.code() == "MAIL_UNAVAILABLE"
            && error.to_string().contains("at connecting"),
        "{error}"
    );
}

/// A connection that was kept and has died meanwhile is replaced.
#[tokio::test]
async fn a_kept_connection_may_have_died() {
    let server = Exim::start(None).expect("a server");
    let mailer = Mailer::new(clear(server.port()));
    mailer.send(message("a@example.com")).await.expect("sent");
    server.delivered(1).await.expect("one");
    drop(server);
    let error = mailer
        .send(message("a@example.com"))
        .await
        .expect_err("gone");
    assert!(error.is_retryable(), "{error}");
}

/// What a server cannot take is said before the message is sent.
#[tokio::test]
async fn a_server_without_smtputf8_is_named() {
    let server = Scripted::start(None).await;
    let mailer = Mailer::new(clear(server.port));
    let error = mailer.send(message("bü@example.com")).await;
    let error = error.expect_err("not offered");
    assert!(error.to_string().contains("SMTPUTF8"), "{error}");
    assert!(!error.is_retryable() && server.messages().is_empty());
    // Only in a blind copy, which is a recipient as well. (No hexadecimal digit at the end of the
    // name: a message's id is random hexadecimal digits before the same domain.)
    let blind = Message::new("hello@example.com")
        .bcc("onlooker@example.com")
        .text("hi");
    mailer.send(blind).await.expect("sent");
    assert!(!server.messages()[0].contains("onlooker@example.com"));
}

#[tokio::test]
async fn an_expired_certificate_is_a_matter_of_settings() {
    let mut parameters =
        rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    parameters.not_before = rcgen::date_time_ymd(2019, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = parameters.self_signed(&key).expect("a certificate").pem();
    let server = Exim::start(Some((&certificate, &key.serialize_pem()))).expect("a server");
    let smtp = Smtp::new("localhost", server.port(), Security::StartTls)
        .with_root_certificate(certificate);
    let error = Mailer::new(smtp)
        .send(message("a@example.com"))
        .await
        .expect_err("expired");
    assert_eq!(error.code(), "MAIL_SETTINGS", "{error}");
}

/// Recipients travel in groups; a group that is refused as a whole does not take the next one along.
#[tokio::test]
async fn a_refused_group_is_not_the_end() {
    let server = Exim::start(None).expect("a server");
    let refused = (0..100).fold(message("refused@example.com"), |message, n| {
        message.cc(format!("refused@d{n}.example.com"))
    });
    let error = Mailer::new(clear(server.port()))
        .send(refused.bcc("ada@example.com"))
        .await;
    let error = error.expect_err("most of them were refused");
    let receipt = error.receipt().expect("a receipt");
    assert_eq!(
        (receipt.outcomes.len(), receipt.refused().count()),
        (102, 101)
    );
    assert_eq!(
        receipt.outcomes[101],
        ("ada@example.com".to_owned(), Ok(()))
    );
    server.delivered(1).await.expect("Ada's");
}
