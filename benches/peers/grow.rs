//! How the CPU time per request grows with the connections, the rate and the server's cores. Linux only.

use crate::{
    affinity,
    connection::Connection,
    load::{self, CONNECTIONS, Pace},
    recipe::Recipe,
    rounds::METRICS,
    rust,
    server::Server,
    stats::median,
};
use std::time::{Duration, Instant};

const HOW_LONG: Duration = Duration::from_secs(1);

/// Loads that differ in one thing.
pub struct Table {
    pub heading: String,
    pub rows: Vec<Row>,
}

/// One load on servers with the same cores.
pub struct Row {
    pub name: String,
    /// Index of the servers.
    group: usize,
    connections: u32,
    pace: Pace,
    /// One per server, the baseline first.
    pub results: Vec<Spent>,
}

/// What one load cost one server, one value per round.
#[derive(Default)]
pub struct Spent {
    /// Seconds of CPU per request.
    costs: Vec<f64>,
    /// Responses per second.
    rates: Vec<f64>,
}

/// Servers on the same cores, the baseline first, and the cores of their client.
struct Group {
    servers: Vec<(Server, Recipe)>,
    client: Vec<usize>,
    cores: usize,
    is_shared: bool,
}

/// Names of the servers, and the tables after so many rounds.
pub async fn run(rounds: usize) -> anyhow::Result<(Vec<String>, Vec<Table>)> {
    rust::build()?;
    let all = affinity::allowed()?;
    let mut groups = vec![Group::start(&all, all.len())?];
    for cores in [1, 2].into_iter().filter(|&cores| cores <= all.len()) {
        groups.push(Group::start(&all, cores)?);
    }
    let mut tables = [by_connections(), by_rate(), by_cores(&groups)];
    for round in 0..rounds {
        for row in tables.iter_mut().flat_map(|table| &mut table.rows) {
            row.measure(&groups[row.group], round).await?;
        }
    }
    affinity::pin(&all)?;
    let names = recipes().into_iter().map(|recipe| recipe.name).collect();
    Ok((names, tables.into()))
}

fn recipes() -> Vec<Recipe> {
    let mut recipes: Vec<_> = rust::PEERS
        .iter()
        .filter(|peer| ["axum", "prometheus"].contains(&peer.name))
        .map(|peer| Recipe::rust(peer, 0))
        .collect();
    recipes.push(Recipe::ours(METRICS, 0));
    recipes
}

fn by_connections() -> Table {
    let row = |count: u32| Row::new(format!("{count}"), 0, count, Pace::Closed);
    Table {
        heading: "keep-alive connections, without a pause; server and client share all cores"
            .to_owned(),
        rows: [1, 10, 100, 1000, 10_000].map(row).into(),
    }
}

fn by_rate() -> Table {
    let row = |rate: u32| {
        let interval = Duration::from_secs(CONNECTIONS.into()) / rate;
        Row::new(format!("{rate}/s"), 0, CONNECTIONS, Pace::Spread(interval))
    };
    Table {
        heading: format!(
            "intended rate, {CONNECTIONS} connections, sends in steps of 1 ms; server and client share all cores"
        ),
        rows: [100, 1000, 5000, 20_000].map(row).into(),
    }
}

fn by_cores(groups: &[Group]) -> Table {
    let pinned = || groups.iter().enumerate().skip(1);
    let clients: Vec<_> = pinned().map(|(_, group)| group.client_cores()).collect();
    Table {
        heading: format!(
            "cores of the server, {CONNECTIONS} connections, without a pause ({})",
            clients.join("; ")
        ),
        rows: pinned()
            .map(|(index, group)| {
                Row::new(format!("{}", group.cores), index, CONNECTIONS, Pace::Closed)
            })
            .collect(),
    }
}

// === impl Row ===

impl Row {
    fn new(name: String, group: usize, connections: u32, pace: Pace) -> Self {
        Self {
            name,
            group,
            connections,
            pace,
            results: recipes().iter().map(|_| Spent::default()).collect(),
        }
    }

    /// Loads each server in turn, another one first in each round.
    async fn measure(&mut self, group: &Group, round: usize) -> anyhow::Result<()> {
        affinity::pin(&group.client)?;
        let count = group.servers.len();
        for turn in 0..count {
            let index = (round + turn) % count;
            let (server, recipe) = &group.servers[index];
            let (cost, rate) = self.load(server, &recipe.path).await?;
            self.results[index].costs.push(cost);
            self.results[index].rates.push(rate);
        }
        Ok(())
    }

    /// Seconds of CPU per request, without those for opening and closing connections, and responses per second.
    async fn load(&self, server: &Server, path: &str) -> anyhow::Result<(f64, f64)> {
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            let mut connection = Connection::open(server.address, path).await?;
            connection.send().await?;
            // It was accepted: all of them would overflow the listen queue.
            connection.receive().await?;
            connections.push(connection);
        }
        let (before, start) = (server.cpu()?, Instant::now());
        let (answered, connections) = load::run(connections, self.pace, HOW_LONG).await?;
        let took = start.elapsed().max(HOW_LONG);
        let spent = server.cpu()?.saturating_sub(before);
        drop(connections);
        let answered = f64::from(answered);
        Ok((
            spent.as_secs_f64() / answered,
            answered / took.as_secs_f64(),
        ))
    }
}

// === impl Spent ===

impl Spent {
    pub fn cost(&self) -> f64 {
        median(self.costs.iter().copied())
    }

    /// Median ratio to the same round of `other`.
    pub fn ratio(&self, other: &Self) -> f64 {
        median(self.costs.iter().zip(&other.costs).map(|(a, b)| a / b))
    }

    pub fn rate(&self) -> f64 {
        median(self.rates.iter().copied())
    }
}

// === impl Group ===

impl Group {
    /// Starts all servers on the first `cores` of `all`; the client gets the rest, or all if none are left.
    fn start(all: &[usize], cores: usize) -> anyhow::Result<Self> {
        let (servers, rest) = all.split_at(cores);
        affinity::pin(servers)?;
        let started: anyhow::Result<_> = recipes()
            .into_iter()
            .map(|recipe| Ok((Server::start(&recipe)?, recipe)))
            .collect();
        affinity::pin(all)?;
        Ok(Self {
            servers: started?,
            client: if rest.is_empty() { all } else { rest }.to_vec(),
            cores,
            is_shared: rest.is_empty(),
        })
    }

    fn client_cores(&self) -> String {
        let client = if self.is_shared {
            "shares them"
        } else {
            "has the others"
        };
        format!("{}: the client {client}", self.cores)
    }
}
