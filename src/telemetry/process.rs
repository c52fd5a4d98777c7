//! The `process_*` metrics: those of the `prometheus` crate, with the CPU time in fractions of a second, which the crate
//! rounds down to whole ones.

use prometheus::{
    core::{Collector, Desc},
    process_collector::ProcessCollector,
    proto::{Counter, MetricFamily},
};
use rustix::time::{ClockId, clock_gettime};

const CPU_SECONDS: &str = "process_cpu_seconds_total";

pub struct ProcessMetrics(ProcessCollector);

impl ProcessMetrics {
    pub fn new() -> Self {
        Self(ProcessCollector::for_self())
    }
}

impl Collector for ProcessMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.0.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut families = self.0.collect();
        let cpu = families
            .iter_mut()
            .find(|family| family.name() == CPU_SECONDS);
        for metric in cpu.into_iter().flat_map(MetricFamily::mut_metric) {
            let mut counter = Counter::default();
            counter.set_value(cpu_seconds());
            metric.set_counter(counter);
        }
        families
    }
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
        let collector = ProcessMetrics::new();
        let read = || {
            let families = collector.collect();
            let cpu = families.iter().find(|family| family.name() == CPU_SECONDS);
            cpu.unwrap().get_metric()[0].get_counter().get_value()
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
