//! A network between client and server that delays and cuts.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// Where a connection is cut, once the client has sent certain bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The server never sees them.
    Before,
    /// The server sees them; its answer gets lost.
    SwallowAnswer,
    /// The server sees them and its answer arrives; then the connection is gone.
    AfterAnswer,
    /// The server sees them and its answer gets lost; the client's side is closed, the server's stays open until
    /// [`Proxy::release`].
    HalfOpen,
    /// The server never sees them, and the client hears nothing more, until [`Proxy::release`] closes both sides.
    Silence,
}

/// A TCP proxy in front of one server.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Where new connections go.
    upstream: AtomicU16,
    delay_ms: AtomicU64,
    refuse: AtomicBool,
    armed: Mutex<Option<(Cut, Vec<u8>)>>,
    fired: watch::Sender<u64>,
    /// Changes when all connections are to be cut.
    cut_all: watch::Sender<u64>,
    /// Connections that are open.
    live: watch::Sender<usize>,
    released: Notify,
}

impl Proxy {
    /// Starts a proxy in front of a server on this machine.
    ///
    /// # Errors
    ///
    /// No port could be opened.
    pub async fn start(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstream: AtomicU16::new(port),
            delay_ms: AtomicU64::new(0),
            refuse: AtomicBool::new(false),
            armed: Mutex::new(None),
            fired: watch::Sender::new(0),
            cut_all: watch::Sender::new(0),
            live: watch::Sender::new(0),
            released: Notify::new(),
        });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if !accepting.refuse.load(Ordering::Relaxed) {
                    tokio::spawn(serve(client, Arc::clone(&accepting)));
                }
            }
        });
        Ok(Self { address, shared })
    }

    /// The port that clients connect to.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Sends new connections to another server, as an address that moves in a failover does. Those that are open stay with
    /// the old one until they end or [`cut_now`](Self::cut_now).
    pub fn move_to(&self, port: u16) {
        self.shared.upstream.store(port, Ordering::Relaxed);
    }

    /// Delays what the server sends, each piece by so much.
    pub fn set_delay(&self, delay: Duration) {
        let milliseconds = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.shared.delay_ms.store(milliseconds, Ordering::Relaxed);
    }

    /// Closes new connections at once.
    pub fn refuse(&self, refuse: bool) {
        self.shared.refuse.store(refuse, Ordering::Relaxed);
    }

    /// Cuts one connection when its client sends `needle`. Await the returned future to know that it has.
    pub fn cut_on(&self, cut: Cut, needle: &[u8]) -> impl Future<Output = ()> + Send + use<> {
        let mut fired = self.shared.fired.subscribe();
        fired.mark_unchanged();
        *self
            .shared
            .armed
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some((cut, needle.to_vec()));
        async move {
            // The sender lives as long as the proxy; without it nothing can fire any more.
            let _: Result<(), watch::error::RecvError> = fired.changed().await;
        }
    }

    /// Takes back a cut that has not fired.
    pub fn disarm(&self) {
        *self
            .shared
            .armed
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Cuts all connections that are open, and returns when they are.
    pub async fn cut_now(&self) {
        self.shared.cut_all.send_modify(|count| *count += 1);
        let mut live = self.shared.live.subscribe();
        // The sender lives as long as the proxy.
        let _: Result<_, watch::error::RecvError> = live.wait_for(|live| *live == 0).await;
    }

    /// Lets go of the servers' sides of half-open connections.
    pub fn release(&self) {
        self.shared.released.notify_waiters();
    }
}

impl Shared {
    /// The armed cut, if `sent` ends with or contains its needle.
    fn triggered(&self, sent: &[u8]) -> Option<Cut> {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let (cut, needle) = armed.as_ref()?;
        let found = sent
            .windows(needle.len())
            .any(|window| window == needle.as_slice());
        let cut = found.then_some(*cut)?;
        *armed = None;
        Some(cut)
    }

    fn tell_fired(&self) {
        self.fired.send_modify(|count| *count += 1);
    }
}

async fn serve(client: TcpStream, shared: Arc<Shared>) {
    let port = shared.upstream.load(Ordering::Relaxed);
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
        return;
    };
    // Small packets must not wait for each other.
    let _: (io::Result<()>, io::Result<()>) = (client.set_nodelay(true), server.set_nodelay(true));
    let mut cut_all = shared.cut_all.subscribe();
    cut_all.mark_unchanged();
    shared.live.send_modify(|live| *live += 1);
    tokio::select! {
        _ = relay(client, server, &shared) => {}
        _ = cut_all.changed() => {}
    }
    shared.live.send_modify(|live| *live -= 1);
}

async fn relay(client: TcpStream, server: TcpStream, shared: &Shared) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let cut = {
        let answers = copy_delayed(&mut from_server, &mut to_client, shared);
        let asks = watch_for_needle(&mut from_client, &mut to_server, shared);
        tokio::pin!(answers, asks);
        tokio::select! {
            ended = &mut answers => return ended,
            // The bytes that triggered it have not been passed on yet.
            triggered = &mut asks => triggered?,
        }
    };
    let Some((cut, bytes)) = cut else {
        return Ok(());
    };
    match cut {
        Cut::Before => {}
        Cut::SwallowAnswer | Cut::AfterAnswer => {
            to_server.write_all(&bytes).await?;
            let mut answer = vec![0; 64 * 1024];
            let length = from_server.read(&mut answer).await?;
            if cut == Cut::AfterAnswer {
                to_client.write_all(&answer[..length]).await?;
                to_client.flush().await?;
            }
        }
        Cut::Silence => {
            let released = shared.released.notified();
            shared.tell_fired();
            released.await;
            return Ok(());
        }
        Cut::HalfOpen => {
            let released = shared.released.notified();
            to_server.write_all(&bytes).await?;
            drop((from_client, to_client));
            shared.tell_fired();
            released.await;
            return Ok(());
        }
    }
    shared.tell_fired();
    Ok(())
}

async fn copy_delayed(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    shared: &Shared,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        let delay = shared.delay_ms.load(Ordering::Relaxed);
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        to.write_all(&buffer[..length]).await?;
    }
}

/// Passes on what the client sends until the needle is in it; those bytes are returned instead.
async fn watch_for_needle(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    shared: &Shared,
) -> io::Result<Option<(Cut, Vec<u8>)>> {
    /// Longer than any needle: one that is split over two reads is found all the same.
    const TAIL: usize = 64;
    let mut buffer = vec![0; 64 * 1024];
    let mut tail = Vec::new();
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(None);
        }
        let bytes = &buffer[..length];
        tail.extend_from_slice(bytes);
        if let Some(cut) = shared.triggered(&tail) {
            return Ok(Some((cut, bytes.to_vec())));
        }
        tail.drain(..tail.len().saturating_sub(TAIL));
        to.write_all(bytes).await?;
    }
}

#[cfg(test)]
mod tests;
