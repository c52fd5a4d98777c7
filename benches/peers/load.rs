//! The load on a server: keep-alive connections, each with one request at a time.

use crate::connection::Connection;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    task::JoinSet,
    time::{sleep, sleep_until},
};

/// Where a benchmark does not vary them.
pub const CONNECTIONS: u32 = 64;

/// When a connection sends its next request, unless the previous response is still missing then.
#[derive(Clone, Copy)]
pub enum Pace {
    /// As soon as the previous response is complete.
    Closed,
    /// All connections at once, at this interval, so that no export queue overflows.
    Every(Duration),
    /// At this interval, the connections evenly spread over it.
    Spread(Duration),
}

impl Pace {
    /// When a connection's request `number` is due, from the start; `share` is its place among the connections, below 1.
    fn due(self, share: f64, number: u32) -> Duration {
        match self {
            Self::Closed => Duration::ZERO,
            Self::Every(interval) => interval * number,
            Self::Spread(interval) => interval.mul_f64(f64::from(number) + share),
        }
    }
}

pub async fn open(address: SocketAddr, path: &str, count: u32) -> anyhow::Result<Vec<Connection>> {
    let mut connections = Vec::new();
    for _ in 0..count {
        connections.push(Connection::open(address, path).await?);
    }
    Ok(connections)
}

/// Sends requests for `how_long`; returns the number of responses, and the connections, still open.
pub async fn run(
    connections: Vec<Connection>,
    pace: Pace,
    how_long: Duration,
) -> anyhow::Result<(u32, Vec<Connection>)> {
    let count = connections.len() as f64;
    let start = Instant::now();
    let mut running = JoinSet::new();
    for (index, mut connection) in connections.into_iter().enumerate() {
        let share = index as f64 / count;
        running.spawn(async move {
            let mut answered = 0;
            loop {
                let (due, now) = (pace.due(share, answered), start.elapsed());
                if due.max(now) >= how_long {
                    return anyhow::Ok((answered, connection));
                }
                if due > now {
                    sleep_until((start + due).into()).await;
                }
                connection.send().await?;
                connection.receive().await?;
                answered += 1;
            }
        });
    }
    let (mut answered, mut open) = (0, Vec::new());
    while let Some(ended) = running.join_next().await {
        let (count, connection) = ended??;
        answered += count;
        open.push(connection);
    }
    Ok((answered, open))
}

/// Opens `count` connections, sends a request on each, and waits for `how_long` without reading.
pub async fn hold(
    address: SocketAddr,
    path: &str,
    count: u32,
    how_long: Duration,
) -> anyhow::Result<Vec<Connection>> {
    let mut held = Vec::new();
    for _ in 0..count {
        let connection = Connection::open(address, path).await?;
        connection.send().await?;
        held.push(connection);
    }
    sleep(how_long).await;
    Ok(held)
}
