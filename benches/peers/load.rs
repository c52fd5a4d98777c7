//! The load on every server: 64 keep-alive connections, each with one request at a time.

use crate::connection::Connection;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    task::JoinSet,
    time::{sleep, sleep_until},
};

const CONNECTIONS: u32 = 64;

/// When a connection sends its next request.
#[derive(Clone, Copy)]
pub enum Pace {
    /// As soon as the previous response is complete.
    Closed,
    /// All connections at once, at this interval, so that no export queue overflows.
    Every(Duration),
}

/// Sends requests for `how_long`; returns the number of responses.
pub async fn run(
    address: SocketAddr,
    path: &str,
    pace: Pace,
    how_long: Duration,
) -> anyhow::Result<u32> {
    let start = Instant::now();
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(address, path).await?;
        connections.spawn(async move {
            let mut answered = 0;
            while start.elapsed() < how_long {
                if let Pace::Every(pause) = pace {
                    sleep_until((start + pause * answered).into()).await;
                }
                connection.send().await?;
                connection.receive().await?;
                answered += 1;
            }
            anyhow::Ok(answered)
        });
    }
    let mut answered = 0;
    while let Some(connection) = connections.join_next().await {
        answered += connection??;
    }
    Ok(answered)
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
