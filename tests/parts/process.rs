//! A child process that is killed when dropped; its output lines, its ports and its directory.

use std::{
    env, fs,
    io::{BufRead, BufReader, PipeReader, Read, pipe},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio, id},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
};

use super::until_or;

/// Ports below the range of outgoing connections, so that none is taken between the check and its use.
const PORTS: std::ops::Range<u32> = 20_000..32_000;

/// How often a process may lose its ports to another one before that is an error.
const ATTEMPTS: usize = 4;

/// A free port on loopback; another one at each call.
pub(crate) fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let width = PORTS.end - PORTS.start;
    // Each test process starts at another port.
    let begin = id().wrapping_mul(2_654_435_761) % width;
    for _ in 0..width {
        let port = PORTS.start + (begin + NEXT.fetch_add(1, Relaxed)) % width;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(port).unwrap()));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no free port in {PORTS:?}");
}

/// A running program. Killed and waited for when dropped.
pub(crate) struct Process {
    child: Child,
    name: String,
    lines: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts a program whose lines on stdout and stderr are kept.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let piped = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = piped
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let lines = Arc::default();
        let readers = vec![
            keep(child.stdout.take(), &lines),
            keep(child.stderr.take(), &lines),
        ];
        Self {
            child,
            name,
            lines,
            readers,
        }
    }

    /// Starts a program whose log nobody reads, as long as the pipe is there.
    pub(crate) fn unread(command: Command) -> (Self, PipeReader) {
        let (unread, log) = pipe().unwrap();
        (Self::logging_to(log, command), unread)
    }

    /// Starts a program with its log there.
    pub(crate) fn logging_to(log: impl Into<Stdio>, mut command: Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
        Self {
            child: quiet.stderr(log).spawn().unwrap(),
            name,
            lines: Arc::default(),
            readers: Vec::new(),
        }
    }

    /// Makes and starts a program until it is ready; again, with other ports, when it ends before that.
    pub(super) fn ready<T>(
        mut make: impl FnMut() -> (T, Command),
        is_ready: impl Fn(&T) -> bool,
    ) -> (T, Self) {
        for attempt in 1.. {
            let (what, mut command) = make();
            let mut process = Self::spawn(&mut command);
            let lines = Arc::clone(&process.lines);
            let outcome = until_or(
                || match process.child.try_wait().unwrap() {
                    Some(status) => Some(Err(status)),
                    None => is_ready(&what).then_some(Ok(())),
                },
                || format!("{command:?} is not ready: {:#?}", lines.lock()),
            );
            match outcome {
                Ok(()) => return (what, process),
                Err(status) => {
                    let said = process.said();
                    assert!(
                        attempt < ATTEMPTS,
                        "{} ended, {status}:\n{said}",
                        process.name
                    );
                }
            }
        }
        unreachable!("the loop returns")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Every line so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn said(&self) -> String {
        self.lines().join("\n")
    }

    /// Waits for a line that holds `what`.
    pub(crate) fn line_with(&self, what: &str) -> String {
        until_or(
            || self.lines().into_iter().find(|line| line.contains(what)),
            || format!("no line of {} holds `{what}`:\n{}", self.name, self.said()),
        )
    }

    /// Sends a signal, such as `-TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end, and until its last line is among [`lines`](Self::lines).
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let status = until_or(
            || self.child.try_wait().unwrap(),
            || "a process does not end".to_owned(),
        );
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        status
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill(); // it may have ended by itself
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keep(
    from: Option<impl Read + Send + 'static>,
    lines: &Arc<Mutex<Vec<String>>>,
) -> JoinHandle<()> {
    let lines = Arc::clone(lines);
    let reader = BufReader::new(from.unwrap());
    thread::spawn(move || {
        for line in reader.lines().map_while(Result::ok) {
            lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(line);
        }
    })
}

/// A new directory below the system's for temporary files; removed when dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("httpserver-{name}-{}-{}", id(), NEXT.fetch_add(1, Relaxed));
        let path = env::temp_dir().join(unique);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
