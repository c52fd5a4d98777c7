//! A small HTTP client: GET, one answer after another on a connection.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, BufRead, BufReader, Error, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
};

use super::DEADLINE;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    /// A header by its lower-case name; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("not JSON: {error}: {}", self.body))
    }
}

/// One GET on a connection of its own.
pub(crate) fn get(address: SocketAddr, path: &str) -> io::Result<Answer> {
    Connection::open(address)?.ask("1.0", path, &[])
}

/// One POST of JSON on a connection of its own.
pub(crate) fn post(address: SocketAddr, path: &str, json: &str) -> io::Result<Answer> {
    let mut connection = Connection::open(address)?;
    let length = json.len();
    let head = format!("POST {path} HTTP/1.0\r\nhost: {address}\r\n");
    let body = format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{json}");
    connection
        .0
        .get_mut()
        .write_all((head + &body).as_bytes())?;
    connection.answer()
}

/// A keep-alive connection.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, DEADLINE)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// GET with additional headers.
    pub(crate) fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
        self.ask("1.1", path, headers)
    }

    fn ask(&mut self, version: &str, path: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
        self.send(version, path, headers)?;
        self.answer()
    }

    /// Sends a GET, and leaves its answer to [`answer`](Self::answer).
    pub(crate) fn send(
        &mut self,
        version: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> io::Result<()> {
        let host = self.0.get_ref().peer_addr()?;
        let mut head = format!("GET {path} HTTP/{version}\r\nhost: {host}\r\n");
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").map_err(Error::other)?;
        }
        head.push_str("\r\n");
        self.0.get_mut().write_all(head.as_bytes())
    }

    /// Reads the next answer.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| Error::from(ErrorKind::InvalidData))?;
        let mut headers = BTreeMap::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let mut body = Vec::new();
        match headers
            .get("content-length")
            .and_then(|length| length.parse().ok())
        {
            Some(length) => self.0.by_ref().take(length).read_to_end(&mut body)?,
            None => self.0.read_to_end(&mut body)?,
        };
        let body = String::from_utf8(body).map_err(|_| Error::from(ErrorKind::InvalidData))?;
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line)? {
            0 => Err(Error::from(ErrorKind::UnexpectedEof)),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}
