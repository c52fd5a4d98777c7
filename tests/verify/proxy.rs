//! A small reverse proxy that can delay and rewrite answers, change headers, and alternate between replicas.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::parts::{Connection, until};

type Rewrite = Box<dyn Fn(&str, String) -> String + Send + Sync>;
type Notice = Box<dyn Fn(&str) + Send + Sync>;

/// What it does to requests and answers.
#[derive(Default)]
pub(crate) struct Faults {
    /// Added to each answer of `/images`.
    pub(crate) late: Duration,
    /// Rewrites a body, given its path.
    pub(crate) rewrite: Option<Rewrite>,
    /// Rewrites the `server-timing` header, given the path.
    pub(crate) timing: Option<Rewrite>,
    /// Gets the `traceparent` of each request of `/images` before it is passed on.
    pub(crate) traced: Option<Notice>,
    /// Whether the `traceparent` gets another parent.
    pub(crate) reparent: bool,
    /// Whether every second request of `/images` ends its connection without an answer.
    pub(crate) drops: bool,
    /// Whether requests of `/images` or answers are repeated.
    pub(crate) repeats: Repeats,
    /// Whether the `traceparent` is removed.
    pub(crate) drop_parent: bool,
    /// Paths that begin so get 404.
    pub(crate) missing: Option<&'static str>,
    /// Stripped from the path; other paths get 404.
    pub(crate) prefix: &'static str,
    /// The `authorization` that a request needs; others get 401.
    pub(crate) authorization: Option<&'static str>,
    /// The `date` of its answers; otherwise they have none.
    pub(crate) date: Option<&'static str>,
    /// TLS between its clients and itself.
    pub(crate) tls: Option<Arc<ServerConfig>>,
}

/// What happens twice.
#[derive(Default, PartialEq)]
pub(crate) enum Repeats {
    #[default]
    Nothing,
    /// Each request is sent a second time, and that answer is thrown away.
    Mirror,
    /// Every second request gets the answer of one before it.
    Cache,
    /// A request whose answer has a status of 5xx is sent to the next upstream, as nginx's `proxy_next_upstream` does.
    Retry,
}

/// A running proxy; its threads end with the test process.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    upstreams: Mutex<Vec<SocketAddr>>,
    turn: AtomicUsize,
    is_closed: AtomicBool,
    cached: Mutex<Option<String>>,
    authorization: Mutex<Option<&'static str>>,
    seen: Mutex<Vec<String>>,
    faults: Faults,
}

impl Proxy {
    /// Starts one in front of these; they answer in turn.
    pub(crate) fn start(upstreams: &[SocketAddr], faults: Faults) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstreams: Mutex::new(upstreams.to_vec()),
            turn: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
            cached: Mutex::new(None),
            authorization: Mutex::new(faults.authorization),
            seen: Mutex::default(),
            faults,
        });
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if own.is_closed.load(Relaxed) {
                    break;
                }
                let shared = Arc::clone(&own);
                thread::spawn(move || {
                    stream.set_nodelay(true).ok()?;
                    match &shared.faults.tls {
                        None => shared.serve(stream),
                        Some(tls) => {
                            let connection = ServerConnection::new(Arc::clone(tls)).ok()?;
                            shared.serve(StreamOwned::new(connection, stream))
                        }
                    }
                });
            }
        });
        Self { address, shared }
    }

    /// How many requests it has passed on.
    pub(crate) fn passed(&self) -> usize {
        self.shared.turn.load(Relaxed)
    }

    /// The head of each request, also of one that was refused.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Replaces the `authorization` that a request needs.
    pub(crate) fn guard(&self, authorization: &'static str) {
        *self.shared.authorization.lock().unwrap() = Some(authorization);
    }

    /// Ends its connections with their next request, and listens no more: its address refuses connections.
    pub(crate) fn close(&self) {
        self.shared.is_closed.store(true, Relaxed);
        let is_open = || TcpStream::connect(self.address).ok();
        until("a refused connection", || is_open().is_none().then_some(()));
    }

    /// Replaces the upstreams.
    pub(crate) fn switch(&self, upstreams: &[SocketAddr]) {
        *self.shared.upstreams.lock().unwrap() = upstreams.to_vec();
    }
}

impl Shared {
    /// Serves a connection until it or the upstream ends.
    fn serve(&self, stream: impl Read + Write) -> Option<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let head = head(&mut stream)?;
            if self.is_closed.load(Relaxed) {
                return None;
            }
            self.seen.lock().unwrap().push(head.join("\n"));
            let path = head.first()?.split(' ').nth(1)?.to_owned();
            let answer = match self.refusal(&path, &head) {
                Some(status) => format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n"),
                None => self
                    .pass(path.strip_prefix(self.faults.prefix)?, &head)
                    .ok()?,
            };
            stream.get_mut().write_all(answer.as_bytes()).ok()?;
            stream.get_mut().flush().ok()?;
        }
    }

    fn refusal(&self, path: &str, head: &[String]) -> Option<u16> {
        let is_given = |token| value(head, "authorization") == Some(token);
        let is_missing = |begin| path.starts_with(begin);
        if !path.starts_with(self.faults.prefix) || self.faults.missing.is_some_and(is_missing) {
            Some(404)
        } else if !self.authorization.lock().unwrap().is_none_or(is_given) {
            Some(401)
        } else {
            None
        }
    }

    fn pass(&self, path: &str, head: &[String]) -> io::Result<String> {
        let upstreams = self.upstreams.lock().unwrap().clone();
        let number = self.turn.fetch_add(1, Relaxed);
        let turn = number % upstreams.len().max(1);
        let upstream = upstreams.get(turn).ok_or(io::ErrorKind::NotConnected)?;
        let mut headers = Vec::new();
        let parent = value(head, "traceparent").map(|parent| {
            let other = format!("{}-{:016x}-01", &parent[..35], 0xabcd_u64);
            if self.faults.reparent {
                other
            } else {
                parent.to_owned()
            }
        });
        if let (Some(parent), false) = (&parent, self.faults.drop_parent) {
            headers.push(("traceparent", parent.as_str()));
        }
        let is_image = path.starts_with("/images") && parent.is_some();
        if let (Some(notice), Some(parent), true) = (&self.faults.traced, &parent, is_image) {
            notice(parent);
        }
        if self.faults.drops && is_image && !path.contains("delay=") && number.is_multiple_of(2) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if self.faults.repeats == Repeats::Cache && is_image {
            let cached = self.cached.lock().unwrap().take();
            if let Some(answer) = cached {
                return Ok(answer);
            }
        }
        if self.faults.repeats == Repeats::Mirror && is_image && !path.contains("delay=") {
            let mut mirrored = Connection::open(*upstream)?;
            mirrored.send("1.0", path, &headers)?;
            thread::spawn(move || mirrored.answer());
        }
        let mut connection = Connection::open(*upstream)?;
        connection.send("1.0", path, &headers)?; // avoids chunked answers
        let mut answer = connection.answer()?;
        if self.faults.repeats == Repeats::Retry && answer.status >= 500 {
            let next = upstreams[(turn + 1) % upstreams.len()];
            let mut connection = Connection::open(next)?;
            connection.send("1.0", path, &headers)?;
            answer = connection.answer()?;
        }
        if path.starts_with("/images") {
            thread::sleep(self.faults.late); // the fault itself, not a wait for a condition
        }
        let mut kept = String::new();
        for name in ["server-timing", "traceresponse", "content-type"] {
            let value = answer.header(name).to_owned();
            let value = match &self.faults.timing {
                Some(timing) if name == "server-timing" => timing(path, value),
                _ => value,
            };
            if !value.is_empty() {
                kept += &format!("{name}: {value}\r\n");
            }
        }
        if let Some(date) = self.faults.date {
            kept += &format!("date: {date}\r\n");
        }
        let (status, body) = (answer.status, answer.body);
        let body = match &self.faults.rewrite {
            Some(rewrite) => rewrite(path, body),
            None => body,
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 {status} -\r\n{kept}content-length: {length}\r\n\r\n{body}");
        if is_image && !path.contains("delay=") {
            *self.cached.lock().unwrap() = Some(answer.clone());
        }
        Ok(answer)
    }
}

fn head(reader: &mut impl BufRead) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => return Some(lines),
            line => lines.push(line.to_owned()),
        }
    }
}

fn value<'a>(head: &'a [String], name: &str) -> Option<&'a str> {
    head.iter().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}
