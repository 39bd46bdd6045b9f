#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use tokio::io::{AsyncBufReadExt, BufReader};

use super::*;

/// Answers each line with "ok LINE", and tells what it has heard.
async fn server() -> (u16, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, heard) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let told = told.clone();
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = format!("ok {line}\n");
                    told.send(line).unwrap();
                    if write.write_all(answer.as_bytes()).await.is_err() {
                        break;
                    }
                }
                let _ = told.send("(closed)".into());
            });
        }
    });
    (port, heard)
}

async fn ask(stream: &mut BufReader<TcpStream>, line: &str) -> Option<String> {
    stream
        .get_mut()
        .write_all(format!("{line}\n").as_bytes())
        .await
        .ok()?;
    let mut answer = String::new();
    match stream.read_line(&mut answer).await {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(answer.trim_end().to_owned()),
    }
}

async fn client(proxy: &Proxy) -> BufReader<TcpStream> {
    BufReader::new(
        TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port()))
            .await
            .unwrap(),
    )
}

#[tokio::test]
async fn without_a_fault_nothing_is_changed() {
    let (port, mut heard) = server().await;
    let proxy = Proxy::start(port).await.unwrap();
    let mut stream = client(&proxy).await;
    assert_eq!(ask(&mut stream, "one").await.as_deref(), Some("ok one"));
    assert_eq!(heard.recv().await.as_deref(), Some("one"));
}

#[tokio::test]
async fn a_cut_before_is_never_seen_by_the_server() {
    let (port, mut heard) = server().await;
    let proxy = Proxy::start(port).await.unwrap();
    let mut stream = client(&proxy).await;
    let fired = proxy.cut_on(Cut::Before, b"COMMIT");
    assert_eq!(ask(&mut stream, "COMMIT").await, None);
    fired.await;
    assert_eq!(heard.recv().await.as_deref(), Some("(closed)"));
}

#[tokio::test]
async fn a_swallowed_answer_was_heard_by_the_server() {
    let (port, mut heard) = server().await;
    let proxy = Proxy::start(port).await.unwrap();
    let mut stream = client(&proxy).await;
    let fired = proxy.cut_on(Cut::SwallowAnswer, b"COMMIT");
    assert_eq!(ask(&mut stream, "COMMIT").await, None);
    fired.await;
    assert_eq!(heard.recv().await.as_deref(), Some("COMMIT"));
}

#[tokio::test]
async fn a_needle_is_found_across_two_reads() {
    let (port, mut heard) = server().await;
    let proxy = Proxy::start(port).await.unwrap();
    let mut stream = client(&proxy).await;
    assert_eq!(ask(&mut stream, "x").await.as_deref(), Some("ok x"));
    heard.recv().await;
    let fired = proxy.cut_on(Cut::AfterAnswer, b"x\nCOM");
    // The first part of the needle went through with the line before.
    assert_eq!(ask(&mut stream, "COM").await.as_deref(), Some("ok COM"));
    fired.await;
    assert_eq!(ask(&mut stream, "y").await, None);
}

#[tokio::test]
async fn a_half_open_connection_stays_open_for_the_server() {
    let (port, mut heard) = server().await;
    let proxy = Proxy::start(port).await.unwrap();
    let mut stream = client(&proxy).await;
    let fired = proxy.cut_on(Cut::HalfOpen, b"COMMIT");
    assert_eq!(ask(&mut stream, "COMMIT").await, None);
    fired.await;
    assert_eq!(heard.recv().await.as_deref(), Some("COMMIT"));
    assert!(heard.try_recv().is_err(), "the server does not know yet");
    proxy.release();
    assert_eq!(heard.recv().await.as_deref(), Some("(closed)"));
}

#[tokio::test]
async fn new_connections_go_to_the_server_that_the_address_was_moved_to() {
    let (old_port, mut old) = server().await;
    let (new_port, mut new) = server().await;
    let proxy = Proxy::start(old_port).await.unwrap();
    let mut before = client(&proxy).await;
    assert_eq!(ask(&mut before, "one").await.as_deref(), Some("ok one"));
    proxy.move_to(new_port);
    let mut after = client(&proxy).await;
    assert_eq!(ask(&mut after, "two").await.as_deref(), Some("ok two"));
    assert_eq!(ask(&mut before, "three").await.as_deref(), Some("ok three"));
    proxy.cut_now().await;
    assert_eq!(ask(&mut before, "four").await, None);
    assert_eq!(new.recv().await.as_deref(), Some("two"));
    assert_eq!(old.recv().await.as_deref(), Some("one"));
    assert_eq!(old.recv().await.as_deref(), Some("three"));
    assert_eq!(old.recv().await.as_deref(), Some("(closed)"));
}
