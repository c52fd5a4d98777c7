//! Prints the results: tables of CPU costs, one of footprints, and each target beside the measured value.

use crate::{
    footprint::{self, Alone, Held},
    grow::Table,
    rounds::{Contender, METRICS, SAMPLED, TRACED},
};

/// A target and the measured value, in the same unit.
struct Target {
    what: &'static str,
    bound: f64,
    found: f64,
    unit: &'static str,
}

pub fn costs(contenders: &[Contender]) -> anyhow::Result<()> {
    let [bare, ..] = contenders else {
        return Ok(());
    };
    println!("\nCPU per request (user + system), and its ratio to bare axum in the same round");
    println!(
        "{:48} {:>18} {:>18} {:>11}",
        "", "64 connections", "64 every 10 ms", "peak"
    );
    for contender in contenders {
        let [closed, paced] = contender.costs();
        let [of_closed, of_paced] = contender.ratios(bare);
        println!(
            "{:48} {} {} {:8.1} MB",
            contender.name,
            cost(closed, of_closed),
            cost(paced, of_paced),
            contender.peak()? / 1e6
        );
    }
    let of = |name| contenders.iter().find(|contender| contender.name == name);
    let mut targets = Vec::new();
    for (name, bound) in [(METRICS, 1.05), (SAMPLED, 1.10)] {
        targets.extend(
            of(name).map(|ours| Target::new(name, bound, ours.ratios(bare)[0], "x bare axum")),
        );
    }
    if let Some(traced) = of(TRACED) {
        targets.push(Target::new(
            TRACED,
            1.7,
            traced.ratios(bare)[1],
            "x bare axum",
        ));
        let seed = contenders
            .iter()
            .find(|contender| contender.name.starts_with("seed"));
        targets.extend(
            seed.map(|seed| Target::new(TRACED, 0.95, traced.ratios(seed)[1], "x seed's server")),
        );
        if let Some((sent, received)) = traced.delivery() {
            let lost = f64::from(sent.abs_diff(received));
            targets.push(Target::new("spans lost", 0.0, lost, "spans"));
        }
    }
    for contender in contenders {
        if let Some((sent, received)) = contender.delivery() {
            let name = &contender.name;
            println!("{name}: {sent} spans sent, {received} received");
        }
    }
    Target::print(&targets);
    Ok(())
}

/// Microseconds and the ratio; a dash if it was not measured.
fn cost(seconds: f64, ratio: f64) -> String {
    if seconds.is_nan() {
        return format!("{:>18}", "-");
    }
    format!("{:6.2} us {ratio:6.3} x", seconds * 1e6)
}

pub fn held(all: &[Held]) {
    println!("\nMemory of 10,000 delayed requests in flight");
    println!("{:26} {:>10} {:>16}", "", "idle", "per request");
    for Held {
        name,
        idle,
        per_request,
    } in all
    {
        let (idle, per_request) = (idle / 1e6, per_request / 1024.0);
        println!("{name:26} {idle:7.1} MB {per_request:12.1} KiB");
    }
    let mut targets = Vec::new();
    for held in all {
        match held.name.as_str() {
            footprint::UNSAMPLED => {
                targets.push(Target::new(
                    "a request, not sampled",
                    12.5,
                    held.per_request / 1024.0,
                    "KiB",
                ));
            }
            footprint::SAMPLED => {
                targets.push(Target::new(
                    "a request, sampled",
                    17.0,
                    held.per_request / 1024.0,
                    "KiB",
                ));
            }
            _ => {}
        }
    }
    Target::print(&targets);
}

pub fn alone(alone: &Alone) {
    println!("\nIdle, without tracing");
    Target::print(&[
        Target::new("start to first response", 50.0, alone.start * 1e3, "ms"),
        Target::new("resident when idle", 12.0, alone.idle / 1e6, "MB"),
        Target::new("binary", 15.0, alone.size / 1e6, "MB"),
    ]);
}

/// Figures without a verdict.
pub fn growth(names: &[String], tables: &[Table]) {
    println!(
        "\nCPU per request (user + system), its ratio to {} in the same round, and achieved requests per second",
        names.first().map_or("", String::as_str)
    );
    for Table { heading, rows } in tables {
        println!("\n{heading}");
        print!("{:8}", "");
        for name in names {
            print!(" {name:>29}");
        }
        for row in rows {
            print!("\n{:8}", row.name);
            for spent in &row.results {
                let cost = cost(spent.cost(), spent.ratio(&row.results[0]));
                print!(" {cost} {:8.0}/s", spent.rate());
            }
        }
        println!();
    }
}

// === impl Target ===

impl Target {
    fn new(what: &'static str, bound: f64, found: f64, unit: &'static str) -> Self {
        Self {
            what,
            bound,
            found,
            unit,
        }
    }

    fn print(targets: &[Self]) {
        for Self {
            what,
            bound,
            found,
            unit,
        } in targets
        {
            let verdict = if found <= bound { "met" } else { "MISSED" };
            println!("{verdict:6} {what}: {found:.3} {unit}, target {bound}");
        }
    }
}
