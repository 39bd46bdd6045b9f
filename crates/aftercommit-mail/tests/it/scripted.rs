//! A server that fails where it is told to. Only for faults that a real one cannot be made to show.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Where in the dialogue it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Greeting,
    Hello,
    Mail,
    Recipient,
    Data,
    End,
}

pub const STEPS: [Step; 6] = [
    Step::Greeting,
    Step::Hello,
    Step::Mail,
    Step::Recipient,
    Step::Data,
    Step::End,
];

/// What it does there.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Says this instead.
    Says(&'static str),
    /// Closes the connection without an answer.
    Cuts,
    /// Never says anything again.
    Silent,
    /// Begins an answer that never ends.
    Endless,
}

#[derive(Clone)]
pub struct Scripted {
    pub port: u16,
    messages: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    pub async fn start(fault: Option<(Step, Fault)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Self {
            port: listener.local_addr().expect("bound").port(),
            messages: Arc::default(),
        };
        let messages = Arc::clone(&server.messages);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let messages = Arc::clone(&messages);
                tokio::spawn(async move { talk(tcp, fault, &messages).await });
            }
        });
        server
    }

    /// What was taken with 250.
    pub fn messages(&self) -> Vec<String> {
        self.messages.lock().expect("not poisoned").clone()
    }
}

/// `None` ends the connection.
async fn answer(
    tcp: &mut BufReader<TcpStream>,
    fault: Option<(Step, Fault)>,
    step: Step,
    usual: &str,
) -> Option<bool> {
    match fault {
        Some((at, Fault::Says(text))) if at == step => {
            tcp.write_all(format!("{text}\r\n").as_bytes()).await.ok()?;
            Some(false)
        }
        Some((at, Fault::Cuts)) if at == step => None,
        Some((at, Fault::Silent)) if at == step => std::future::pending().await,
        Some((at, Fault::Endless)) if at == step => loop {
            tcp.write_all(b"250-and so on and so on and so on and so on\r\n")
                .await
                .ok()?;
        },
        _ => {
            tcp.write_all(format!("{usual}\r\n").as_bytes())
                .await
                .ok()?;
            Some(true)
        }
    }
}

async fn talk(
    tcp: TcpStream,
    fault: Option<(Step, Fault)>,
    messages: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut tcp = BufReader::new(tcp);
    answer(&mut tcp, fault, Step::Greeting, "220 scripted").await?;
    loop {
        let mut line = String::new();
        if tcp.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "EHLO" => answer(&mut tcp, fault, Step::Hello, "250-scripted\r\n250 8BITMIME").await?,
            "MAIL" => answer(&mut tcp, fault, Step::Mail, "250 ok").await?,
            "RCPT" => answer(&mut tcp, fault, Step::Recipient, "250 ok").await?,
            "DATA" => {
                if answer(&mut tcp, fault, Step::Data, "354 go on").await? {
                    let message = read_message(&mut tcp).await?;
                    if answer(&mut tcp, fault, Step::End, "250 taken").await? {
                        messages.lock().expect("not poisoned").push(message);
                    }
                }
                true
            }
            "QUIT" => return None,
            _ => answer_plainly(&mut tcp).await?,
        };
    }
}

async fn answer_plainly(tcp: &mut BufReader<TcpStream>) -> Option<bool> {
    tcp.write_all(b"250 ok\r\n").await.ok()?;
    Some(true)
}

async fn read_message(tcp: &mut BufReader<TcpStream>) -> Option<String> {
    let mut message = String::new();
    loop {
        let mut line = String::new();
        if tcp.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line == ".\r\n" {
            return Some(message);
        }
        message.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
