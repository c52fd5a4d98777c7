//! A reverse proxy that passes requests on, until it answers some of them as a broken server does.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    thread,
};

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Not with HTTP.
    Garbage,
    /// With an HTML page and status 200.
    LoginPage,
    /// With JSON that means something else.
    OtherJson,
    /// Without end.
    Endless,
    /// Never.
    Silent,
    /// With half of what it said it would send.
    Cut,
    /// Every second time with this status, and with these headers.
    EverySecond(u16, &'static str),
    /// With this status, and with these headers.
    Status(u16, &'static str),
}

/// A running proxy; its threads end with the test process.
#[derive(Clone)]
pub(crate) struct Faulty {
    pub(crate) address: SocketAddr,
    is_on: Arc<AtomicBool>,
    refused: Arc<AtomicUsize>,
    images: Arc<AtomicUsize>,
}

impl Faulty {
    /// Starts one in front of this server, which breaks paths that begin so.
    pub(crate) fn start(upstream: SocketAddr, path: &'static str, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = Self {
            address: listener.local_addr().unwrap(),
            is_on: Arc::default(),
            refused: Arc::default(),
            images: Arc::default(),
        };
        let shared = own.clone();
        thread::spawn(move || {
            let count = Arc::new(AtomicUsize::new(0));
            for stream in listener.incoming().map_while(Result::ok) {
                let (shared, count) = (shared.clone(), Arc::clone(&count));
                thread::spawn(move || shared.serve(stream, upstream, path, fault, &count));
            }
        });
        own
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it is broken.
    pub(crate) fn turn_on(&self) {
        self.is_on.store(true, SeqCst);
    }

    /// How many requests it has broken.
    pub(crate) fn broken(&self) -> usize {
        self.refused.load(Relaxed)
    }

    /// How many requests for `/images` it has passed on.
    pub(crate) fn images(&self) -> usize {
        self.images.load(Relaxed)
    }

    /// One request, and the end of the connection.
    fn serve(
        &self,
        client: TcpStream,
        upstream: SocketAddr,
        path: &str,
        fault: Fault,
        count: &AtomicUsize,
    ) -> io::Result<()> {
        let mut client = BufReader::new(client);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if client.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let asked = head.split(' ').nth(1).unwrap_or_default();
        if asked.starts_with("/images") {
            self.images.fetch_add(1, Relaxed);
        }
        let is_on = self.is_on.load(SeqCst) && asked.starts_with(path);
        let is_turn = match fault {
            Fault::EverySecond(..) => is_on && count.fetch_add(1, Relaxed).is_multiple_of(2),
            _ => is_on,
        };
        if is_turn {
            self.refused.fetch_add(1, Relaxed);
            return fault.answer(client.into_inner());
        }
        let mut upstream = TcpStream::connect(upstream)?;
        let head = head.replacen(" HTTP/1.1\r\n", " HTTP/1.0\r\n", 1);
        upstream.write_all(head.as_bytes())?;
        io::copy(&mut upstream, client.get_mut())?;
        Ok(())
    }
}

impl Fault {
    fn answer(self, mut client: TcpStream) -> io::Result<()> {
        let ok = |kind: &str, body: &str| {
            let length = body.len();
            format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
        };
        let text = match self {
            Self::Garbage => "\u{16}\u{3}\u{1} no HTTP at all\r\n\r\n".to_owned(),
            Self::LoginPage => ok("text/html", "<html><form>Sign in!</form></html>"),
            Self::OtherJson => ok("application/json", r#"{"kind":"Status","items":[1]}"#),
            Self::Endless => "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned(),
            Self::Silent => String::new(),
            Self::Cut => ok("application/json", r#"{"status":"succ"#)
                .replace("content-length: 15", "content-length: 1500"),
            Self::Status(status, headers) | Self::EverySecond(status, headers) => format!(
                "HTTP/1.1 {status} No\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n"
            ),
        };
        client.write_all(text.as_bytes())?;
        let more = vec![b'x'; 65_536];
        match self {
            Self::Endless => loop {
                client.write_all(&more)?;
            },
            Self::Silent => io::copy(&mut client, &mut io::sink()).map(drop), // until the client leaves
            _ => {
                // A reset would take the answer with it.
                client.shutdown(std::net::Shutdown::Write)?;
                client.read_to_end(&mut Vec::new()).map(drop)
            }
        }
    }
}
