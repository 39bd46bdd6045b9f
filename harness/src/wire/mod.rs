//! A network that knows the messages of a protocol, and cuts between them.

mod framing;
mod plan;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub use framing::{Protocol, Sender};
pub use plan::{Passed, Plan, Point, Side};

use framing::Framing;
use plan::{Progress, Step};

/// A TCP proxy that reads the messages of one protocol. For one client at a time: a plan counts what all of its connections
/// send.
#[derive(Debug)]
pub struct Wire {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    protocol: Protocol,
    upstream: AtomicU16,
    connections: AtomicU64,
    progress: Mutex<Progress>,
    /// Changes with each message that was counted.
    moved: watch::Sender<u64>,
    /// New connections wait.
    held: watch::Sender<bool>,
}

impl Wire {
    /// Starts a proxy in front of a server on this machine.
    ///
    /// # Errors
    ///
    /// No port could be opened.
    pub async fn start(port: u16, protocol: Protocol) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            protocol,
            upstream: AtomicU16::new(port),
            connections: AtomicU64::new(0),
            progress: Mutex::default(),
            moved: watch::Sender::new(0),
            held: watch::Sender::new(false),
        });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = accepting.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(client, number, Arc::clone(&accepting)));
            }
        });
        Ok(Self { address, shared })
    }

    /// The port that clients connect to.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Sends new connections to another server. Those that are open stay with the old one.
    pub fn move_to(&self, port: u16) {
        self.shared.upstream.store(port, Ordering::Relaxed);
    }

    /// Lets new connections wait, until they are let go on.
    pub fn hold(&self, hold: bool) {
        let mut progress = self.shared.progress();
        if !hold {
            progress.hold_no_more();
        }
        self.shared.held.send_replace(hold);
    }

    /// Begins to look for the needle of a plan, and forgets the plan before.
    pub fn begin(&self, plan: Plan) {
        self.shared.progress().begin(plan);
    }

    /// Ends the plan, and tells what was counted.
    pub fn end(&self) -> Vec<Passed> {
        let passed = {
            let mut progress = self.shared.progress();
            progress.end();
            progress.log.clone()
        };
        self.shared.moved.send_modify(|moved| *moved += 1);
        passed
    }

    /// Whether the first cut has been made, or the plan has ended without it.
    pub fn is_settled(&self) -> bool {
        let progress = self.shared.progress();
        progress.has_cut() || progress.has_ended()
    }

    /// Whether the first cut has been made, and the second.
    pub fn cuts(&self) -> (bool, bool) {
        let progress = self.shared.progress();
        (progress.has_cut(), progress.has_cut_twice())
    }

    /// Whether the client has sent the needle.
    pub fn has_begun(&self) -> bool {
        self.shared.progress().has_begun()
    }

    /// Returns when the first cut has been made, or the plan has ended without it.
    pub async fn settled(&self) {
        self.wait(|progress| progress.has_cut() || progress.has_ended())
            .await;
    }

    /// Returns when so many connections have begun since this was called, or the plan has ended.
    pub async fn opened(&self, connections: u64) {
        let goal = self.shared.connections.load(Ordering::Relaxed) + connections;
        let shared = &self.shared;
        self.wait(|progress| {
            progress.has_ended() || shared.connections.load(Ordering::Relaxed) >= goal
        })
        .await;
    }

    async fn wait(&self, until: impl Fn(&Progress) -> bool) {
        let mut moved = self.shared.moved.subscribe();
        // The sender lives as long as the proxy.
        let _: Result<_, watch::error::RecvError> =
            moved.wait_for(|_| until(&self.shared.progress())).await;
    }
}

impl Shared {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(client: TcpStream, number: u64, shared: Arc<Shared>) {
    let mut held = shared.held.subscribe();
    // The sender lives as long as the proxy.
    let _: Result<_, watch::error::RecvError> = held.wait_for(|held| !held).await;
    let port = shared.upstream.load(Ordering::Relaxed);
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
        return;
    };
    // Small packets must not wait for each other.
    let _: (io::Result<()>, io::Result<()>) = (client.set_nodelay(true), server.set_nodelay(true));
    let framing = Mutex::new(Framing::new(shared.protocol));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let relay = |sender, from, to| Relay {
        number,
        sender,
        from,
        to,
        framing: &framing,
        shared: &shared,
    };
    let mut asks = relay(Sender::Client, from_client, to_server);
    let mut answers = relay(Sender::Server, from_server, to_client);
    let cut_after = tokio::select! {
        ended = asks.run() => matches!(ended, Ok(true)),
        _ = answers.run() => false,
    };
    if cut_after {
        // The server reads the message and then the end, and what it answers is thrown away.
        let Relay {
            from: from_client,
            to: mut to_server,
            ..
        } = asks;
        let Relay {
            from: mut from_server,
            to: to_client,
            ..
        } = answers;
        drop((from_client, to_client));
        let _: io::Result<()> = to_server.shutdown().await;
        let _: io::Result<u64> = tokio::io::copy(&mut from_server, &mut tokio::io::sink()).await;
    }
}

/// One direction of a connection.
struct Relay<'c> {
    number: u64,
    sender: Sender,
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    framing: &'c Mutex<Framing>,
    shared: &'c Shared,
}

impl Relay<'_> {
    /// Passes messages on. `true`: the connection is to be cut behind the last one.
    async fn run(&mut self) -> io::Result<bool> {
        let mut buffer = Vec::new();
        loop {
            while let Some(message) = self.next(&mut buffer) {
                let step = self.step(&message);
                if step != Step::CutBefore {
                    self.to.write_all(&message).await?;
                }
                self.shared.moved.send_modify(|moved| *moved += 1);
                match step {
                    Step::PassOn => {}
                    Step::CutBefore => return Ok(false),
                    Step::CutAfter => return Ok(true),
                }
            }
            if self.from.read_buf(&mut buffer).await? == 0 {
                return Ok(false);
            }
        }
    }

    fn next(&self, buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        let framing = self.framing.lock().unwrap_or_else(PoisonError::into_inner);
        let length = framing.length(self.sender, buffer)?;
        Some(buffer.drain(..length).collect())
    }

    fn step(&self, message: &[u8]) -> Step {
        let mut framing = self.framing.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = framing.kind(self.sender, message);
        framing.passed(self.sender, message);
        let next = self.shared.connections.load(Ordering::Relaxed);
        let mut progress = self.shared.progress();
        let orders = framing.orders(self.sender, message);
        let step = progress.step(self.number, next, self.sender, kind, orders);
        if step != Step::PassOn && progress.holds() {
            self.shared.held.send_replace(true);
        }
        step
    }
}
