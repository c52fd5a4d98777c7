//! The socket of a client, which tells a client that has left from one that has only closed its sending side, and closes the
//! connection of one that is silent.
//!
//! Both send a FIN, and nothing that the kernel knows tells them apart, until data is sent: a host whose socket is closed
//! answers it with a RST. So where the FIN comes while a request is in flight, the first byte of every answer, the `H` of
//! `HTTP/1.1`, is sent at once. A client that has left causes a read error, which cancels the request; one that still reads
//! gets the rest of its answer when that is ready.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

use super::{in_flight::ConnectionInFlight, quiet_timer::QuietTimer};

/// The first byte of every answer.
const FIRST_BYTE: &[u8] = b"H";

/// A client's socket.
pub struct ClientIo {
    stream: Arc<TcpStream>,
    /// The requests of this connection.
    in_flight: Arc<ConnectionInFlight>,
    quiet: QuietTimer,
    half_closed: Option<HalfClosed>,
}

/// A client that has sent its FIN while a request was in flight.
struct HalfClosed {
    /// Bytes of the answer that are sent, and that hyper will write again.
    sent: usize,
    reset: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl ClientIo {
    pub fn new(stream: TcpStream, in_flight: Arc<ConnectionInFlight>, quiet: QuietTimer) -> Self {
        Self {
            stream: Arc::new(stream),
            in_flight,
            quiet,
            half_closed: None,
        }
    }

    /// How many bytes were read; 0 at the end.
    fn read(&self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> io::Result<Poll<usize>> {
        loop {
            if self.stream.poll_read_ready(context)?.is_pending() {
                return Ok(Poll::Pending);
            }
            match self.stream.try_read_buf(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read.map(Poll::Ready),
            }
        }
    }

    fn probe(&self) -> HalfClosed {
        let stream = Arc::clone(&self.stream);
        HalfClosed {
            sent: self.stream.try_write(FIRST_BYTE).unwrap_or(0),
            reset: Box::pin(async move { drop(stream.ready(Interest::ERROR).await) }),
        }
    }

    /// What of `data` is sent already.
    fn skip(&mut self, data: &[u8]) -> usize {
        let sent = self.half_closed.as_mut().map(|closed| &mut closed.sent);
        sent.map_or(0, |sent| std::mem::take(sent).min(data.len()))
    }
}

impl AsyncRead for ClientIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.half_closed.is_none() {
            match self.read(context, buffer)? {
                Poll::Pending => {
                    let client_waits = !self.in_flight.is_idle();
                    ready!(self.quiet.poll(context, client_waits));
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                Poll::Ready(read) if read > 0 || self.in_flight.is_idle() => {
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(_) => self.half_closed = Some(self.probe()),
            }
        }
        if self.in_flight.is_idle() {
            return Poll::Ready(Ok(()));
        }
        if let Some(closed) = &mut self.half_closed {
            ready!(closed.reset.as_mut().poll(context));
        }
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

impl AsyncWrite for ClientIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.quiet.restart();
        if self.half_closed.is_some() {
            context.waker().wake_by_ref(); // to read the end once the request is no longer in flight
        }
        let skipped = self.skip(data);
        if skipped > 0 {
            return Poll::Ready(Ok(skipped));
        }
        loop {
            ready!(self.stream.poll_write_ready(context))?;
            match self.stream.try_write(data) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(())) // a socket has no buffer of its own
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(
            rustix::net::shutdown(&*self.stream, rustix::net::Shutdown::Write).map_err(Into::into),
        )
    }
}
