//! The binary as a process of its own, ended with the test.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) fn httpserver(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_httpserver"));
    command.args(args).env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    command
}

pub(crate) fn output(args: &[&str]) -> Output {
    httpserver(args).output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A service as a process of its own; ended with the test.
pub(crate) struct Service {
    process: Child,
    address: String,
    lines: mpsc::Receiver<String>,
}

impl Service {
    pub(crate) fn start(args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = httpserver(&["serve", "--listen", "127.0.0.1:0"]);
        let mut process = command
            .args(args)
            .envs(environment.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (said, lines) = mpsc::channel();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        std::thread::spawn(move || {
            stderr
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| said.send(line))
        });
        let mut service = Self {
            process,
            address: String::new(),
            lines,
        };
        let line = service.line_with("listening on http://");
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        service.address = address.map(str::to_owned).unwrap();
        service
    }

    pub(crate) fn line_with(&self, what: &str) -> String {
        let end = Instant::now() + DEADLINE;
        let mut seen = Vec::new();
        while let Ok(line) = self
            .lines
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            if line.contains(what) {
                return line;
            }
            seen.push(line);
        }
        panic!("no line with `{what}` in {seen:#?}");
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < end, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a request and leaves the answer to be read.
    pub(crate) fn ask(&self, path: &str) -> std::net::TcpStream {
        use std::io::Write;
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        stream
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let mut answer = String::new();
        self.ask(path).read_to_string(&mut answer).unwrap();
        answer
    }

    /// Waits until a line of the metrics reads thus.
    pub(crate) fn wait_for_metric(&self, line: &str) {
        let end = Instant::now() + DEADLINE;
        while !self.get("/metrics").lines().any(|found| found == line) {
            assert!(Instant::now() < end, "no `{line}`");
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
