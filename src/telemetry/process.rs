//! The `process_*` metrics: those of the `prometheus` crate, with the CPU time in fractions of a second, which the crate
//! rounds down to whole ones.

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use prometheus::{
    core::Collector,
    process_collector::ProcessCollector,
    proto::{MetricFamily, MetricType},
};
use rustix::time::{ClockId, clock_gettime};

use crate::exposition::{Family, Kind, Series, Value};

const CPU_SECONDS: &str = "process_cpu_seconds_total";
const START_TIME: &str = "process_start_time_seconds";

/// The metrics of this process.
pub fn families() -> Vec<Family> {
    static COLLECTOR: LazyLock<ProcessCollector> = LazyLock::new(ProcessCollector::for_self);
    let collected = COLLECTOR.collect();
    let started = collected.iter().find(|family| family.name() == START_TIME);
    let started =
        started.map(|family| UNIX_EPOCH + Duration::from_secs_f64(value(family).max(0.0)));
    collected.iter().map(|family| of(family, started)).collect()
}

fn of(family: &MetricFamily, started: Option<SystemTime>) -> Family {
    let (kind, created) = match family.get_field_type() {
        MetricType::COUNTER => (Kind::Counter, started),
        _ => (Kind::Gauge, None),
    };
    let value = match family.name() {
        CPU_SECONDS => cpu_seconds(),
        _ => value(family),
    };
    Family {
        name: family.name().to_owned(),
        help: family.help().to_owned(),
        kind,
        series: vec![Series {
            labels: Vec::new(),
            value: Value::Number(value),
            created,
        }],
    }
}

/// The value of a family's only series.
fn value(family: &MetricFamily) -> f64 {
    let first = family.get_metric().first();
    first.map_or(0.0, |metric| match family.get_field_type() {
        MetricType::COUNTER => metric.get_counter().get_value(),
        _ => metric.get_gauge().get_value(),
    })
}

/// User and system time of every thread of this process.
fn cpu_seconds() -> f64 {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use std::{hint::black_box, time::Instant};

    use super::*;

    #[test]
    fn the_cpu_time_has_fractions_and_grows_with_work() {
        let read = || {
            let all = families();
            let cpu = all.iter().find(|family| family.name == CPU_SECONDS);
            cpu.unwrap().series[0].number().unwrap()
        };
        let before = read();
        let started = Instant::now();
        while started.elapsed().as_millis() < 30 {
            black_box(started);
        }
        let spent = read() - before;
        assert!(spent > 0.0, "{spent}");
        assert!((read() - before).fract() != 0.0);
    }
}
