//! The load generator at 5,000 requests a second with 10,000 in flight on one core: its lateness, CPU time and memory.
//!
//! `cargo bench --bench load [-- RATE SECONDS]`. The delayed server is a second process on core 0, the sender has core 1
//! (Linux only). Prints figures without a verdict: they depend on what else the machine does.

#[path = "common/affinity.rs"]
mod affinity;
#[path = "common/memory.rs"]
mod memory;

use std::{
    error::Error,
    future::pending,
    io::{self, BufRead, BufReader, Write},
    process::{self, Child, Command, Stdio},
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use httpserver::{
    cli::file_limit,
    client::{Client, ClientArgs},
    load::{self, Arrivals, Plan, Report, Statistics, drive},
};
use rustix::time::{ClockId, clock_gettime};
use tokio::net::TcpListener;

const DELAY: Duration = Duration::from_secs(2);

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    file_limit::raise();
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--server") {
        let _ = affinity::pin(&[0]); // best effort: may be the only core
        return load::runtime(f64::MAX)?.block_on(serve());
    }
    // `cargo test --all-targets` runs this, too, but without `--bench`.
    if !args.iter().any(|arg| arg == "--bench") {
        return Ok(());
    }
    let mut numbers = args.iter().filter_map(|arg| arg.parse::<f64>().ok());
    let rate = numbers.next().unwrap_or(5000.0);
    let seconds = numbers.next().unwrap_or(20.0);
    let mut server = start_server()?;
    let _ = affinity::pin(&[1]);
    let measured = first_line(&mut server).and_then(|url| {
        load::runtime(rate)?.block_on(measure(url.trim(), rate, Duration::from_secs_f64(seconds)))
    });
    server.kill()?;
    server.wait()?;
    measured
}

async fn measure(url: &str, rate: f64, duration: Duration) -> Outcome {
    let plan = Plan {
        url: url.parse()?,
        rate,
        duration: Some(duration),
        arrivals: Arrivals::Constant,
        max_in_flight: 20_000,
        sampled_ratio: 1.0,
    };
    let client = Client::new(&ClientArgs::default())?;
    let clock = load::clock()?;
    let mut statistics = Statistics::new();
    // Without the first seconds, in which connections are opened.
    let mut settled = Statistics::new();
    let sink = |sent: httpserver::load::Sent| {
        statistics.record(&sent);
        if sent.due > 2 * DELAY {
            settled.record(&sent);
        }
    };
    let (began, before) = (Instant::now(), cpu());
    let driven = drive(&plan, &client, &clock, sink, pending()).await;
    let spent = cpu().saturating_sub(before).as_secs_f64();
    let share = spent / began.elapsed().as_secs_f64();
    let each = spent / driven.sent as f64;
    let mut out = io::stdout();
    writeln!(out, "{}", Report::new(&plan, driven, &statistics))?;
    writeln!(out, "after the first {:?}:", 2 * DELAY)?;
    writeln!(out, "{}", Report::new(&plan, driven, &settled))?;
    writeln!(
        out,
        "the sender used {:.1} us of CPU per request sent, {:.0} % of one core; peak resident memory {:.1} MB",
        each * 1e6,
        share * 100.0,
        memory::of(process::id(), "VmHWM")? / 1e6
    )?;
    Ok(())
}

async fn serve() -> Outcome {
    let answer = || async {
        tokio::time::sleep(DELAY).await;
        "<h1>2000</h1>"
    };
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind("127.0.0.1:0".parse()?)?;
    let listener: TcpListener = socket.listen(4096)?;
    writeln!(io::stdout(), "http://{}/images", listener.local_addr()?)?;
    axum::serve(listener, Router::new().route("/images", get(answer))).await?;
    Ok(())
}

fn start_server() -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg("--server")
        .stdout(Stdio::piped())
        .spawn()
}

fn first_line(server: &mut Child) -> Result<String, Box<dyn Error>> {
    let mut line = String::new();
    let stdout = server.stdout.take().ok_or("the server has no output")?;
    BufReader::new(stdout).read_line(&mut line)?;
    Ok(line)
}

/// User and system time of this process.
fn cpu() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(spent).unwrap_or_default()
}
