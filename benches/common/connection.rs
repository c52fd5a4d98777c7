//! A keep-alive HTTP/1.1 connection that repeats one prepared request: cheap, to leave the CPU to the server. Reads bodies
//! with a `Content-Length` only.

use anyhow::{Context, ensure};
use std::{io, net::SocketAddr};
use tokio::net::TcpStream;

pub struct Connection {
    stream: TcpStream,
    request: String,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects; each request will be `GET path`.
    pub async fn open(address: SocketAddr, path: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            request: format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n"),
            buffer: Vec::with_capacity(512),
        })
    }

    pub async fn send(&self) -> anyhow::Result<()> {
        let mut rest = self.request.as_bytes();
        while !rest.is_empty() {
            match self.stream.try_write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.stream.writable().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Reads one response to its end; any status but 200 is an error.
    pub async fn receive(&mut self) -> anyhow::Result<()> {
        self.buffer.clear();
        while !is_complete(&self.buffer)? {
            self.stream.readable().await?;
            match self.stream.try_read_buf(&mut self.buffer) {
                Ok(0) => anyhow::bail!("the server closed the connection within a response"),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

fn is_complete(answer: &[u8]) -> anyhow::Result<bool> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(false);
    };
    let head = std::str::from_utf8(&answer[..end])?;
    ensure!(
        head.starts_with("HTTP/1.1 200 "),
        "unexpected status: {head}"
    );
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.trim().parse::<usize>().ok())
        .with_context(|| format!("no Content-Length: {head}"))?;
    Ok(answer.len() >= end + 4 + length)
}
