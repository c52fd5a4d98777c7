//! A TCP proxy that breaks connections while it is shut.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

/// Passes bytes on while it is open, and breaks connections while it is shut.
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    is_open: Arc<AtomicBool>,
}

impl Gate {
    pub(crate) fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_open = Arc::new(AtomicBool::new(true));
        let gate = Arc::clone(&is_open);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(upstream) else {
                    continue;
                };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let gate = Arc::clone(&gate);
                    thread::spawn(move || pass(from, to, &gate));
                }
            }
        });
        Self { address, is_open }
    }

    pub(crate) fn set_open(&self, is_open: bool) {
        self.is_open.store(is_open, Relaxed);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, is_open: &AtomicBool) {
    let mut bytes = [0; 16 << 10];
    from.set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    while is_open.load(Relaxed) {
        match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(read) if is_open.load(Relaxed) && to.write_all(&bytes[..read]).is_ok() => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            _ => break,
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
