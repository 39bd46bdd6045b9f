//! A connection that does not listen for ever.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The most bytes of one answer. RFC 5321 (section 4.5.3.1.5) has 512 in a line, and servers some dozens of lines.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Ends a connection whose server does not come to the end of its answer: what it says is kept until then.
#[derive(Debug)]
pub(super) struct Bounded {
    tcp: TcpStream,
    /// Bytes since something was said to the server.
    heard: usize,
}

impl Bounded {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self { tcp, heard: 0 }
    }
}

impl AsyncTokioStream for Bounded {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }
}

impl AsyncRead for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.tcp).poll_read(context, buffer);
        self.heard += buffer.filled().len() - before;
        if self.heard > LONGEST_ANSWER {
            return Poll::Ready(Err(io::Error::other("the server's answer has no end")));
        }
        read
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.heard = 0;
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
