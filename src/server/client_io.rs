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
    /// Whether hyper may hold bytes that are not written: from a write to the flush after it.
    is_unflushed: bool,
    /// Whether the last write has to wait for the client to read.
    is_stalled: bool,
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
            is_unflushed: false,
            is_stalled: false,
            half_closed: None,
        }
    }

    /// Whether the client has got everything that it asked for.
    fn is_idle(&self) -> bool {
        self.in_flight.is_idle() && !self.is_unflushed
    }

    /// How many bytes were read; 0 at the end.
    fn poll_socket(
        &self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> io::Result<Poll<usize>> {
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

    /// Sends the first byte of the next answer, unless the rest of one is still to be sent, which does as well.
    fn probe(&self) -> HalfClosed {
        let stream = Arc::clone(&self.stream);
        let sent = if self.is_unflushed {
            0
        } else {
            self.stream.try_write(FIRST_BYTE).unwrap_or(0)
        };
        HalfClosed {
            sent,
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
            match self.poll_socket(context, buffer)? {
                Poll::Pending => {
                    let client_waits = !self.in_flight.is_idle() && !self.is_stalled;
                    ready!(self.quiet.poll(context, client_waits));
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                Poll::Ready(read) if read > 0 || self.is_idle() => return Poll::Ready(Ok(())),
                Poll::Ready(_) => self.half_closed = Some(self.probe()),
            }
        }
        if self.is_idle() {
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
        self.is_unflushed = true;
        let skipped = self.skip(data);
        if skipped > 0 {
            return Poll::Ready(Ok(skipped));
        }
        loop {
            let is_stalled = self.stream.poll_write_ready(context)?.is_pending();
            if !is_stalled || !self.is_stalled {
                self.quiet.restart(); // the client reads, or stopped just now
            }
            self.is_stalled = is_stalled;
            if is_stalled {
                ready!(self.quiet.poll(context, false));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            match self.stream.try_write(data) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    /// hyper calls it once its own buffer is empty; a socket has none.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.is_unflushed) && self.half_closed.is_some() {
            context.waker().wake_by_ref(); // to read the end once no request is in flight
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(
            rustix::net::shutdown(&*self.stream, rustix::net::Shutdown::Write).map_err(Into::into),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, time::Duration};

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        time::timeout,
    };

    use super::*;

    const DEADLINE: Duration = Duration::from_mins(1);
    const PART: [u8; 16 * 1024] = [b'x'; 16 * 1024];

    /// A client's end, and the server's, on a connection with this timeout.
    async fn connect(quiet: Duration) -> (TcpStream, ClientIo) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap());
        let (client, accepted) = tokio::join!(client, listener.accept());
        let in_flight = ConnectionInFlight::of(&Arc::default());
        let io = ClientIo::new(accepted.unwrap().0, in_flight, QuietTimer::new(quiet));
        (client.unwrap(), io)
    }

    async fn write(io: &mut ClientIo) -> io::Result<usize> {
        poll_fn(|context| Pin::new(&mut *io).poll_write(context, &PART)).await
    }

    /// Writes until the client would have to read; returns how many bytes.
    async fn fill(io: &mut ClientIo) -> usize {
        let mut all = 0;
        let full = Duration::from_millis(100);
        while let Ok(written) = timeout(full, write(io)).await {
            all += written.unwrap();
        }
        all
    }

    #[tokio::test]
    async fn a_client_that_stops_reading_is_left_after_the_timeout() {
        let (_client, mut io) = connect(Duration::from_millis(300)).await;
        let writing = async { while write(&mut io).await.is_ok() {} };
        timeout(DEADLINE, writing).await.expect("it is left");
        let error = write(&mut io).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn the_end_of_a_client_is_read_after_the_last_byte_to_it_is_written() {
        let (mut client, mut io) = connect(DEADLINE).await;
        let sent = fill(&mut io).await;
        client.shutdown().await.unwrap();
        let mut byte = [0];
        let early = timeout(Duration::from_millis(100), io.read(&mut byte)).await;
        assert!(early.is_err(), "an answer is on its way: {early:?}");
        let mut got = vec![0; sent];
        client.read_exact(&mut got).await.unwrap();
        assert!(got.iter().all(|byte| *byte == b'x'), "nothing else is sent");
        io.flush().await.unwrap();
        assert_eq!(io.read(&mut byte).await.unwrap(), 0);
    }
}
