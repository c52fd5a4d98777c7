//! What the delay promises: its grammar, its closed forms, its properties.

mod families;
mod grammar;
mod properties;

use super::Delay;

/// At least one of each family, with atoms, caps, narrow and wide ones.
const SPECS: [&str; 20] = [
    "constant(250ms)",
    "constant(0s)",
    "uniform(0s,2s)",
    "uniform(7ns,9ns)",
    "uniform(1s,1s)",
    "normal(200ms,50ms)",
    "normal(1ms,1s)",
    "normal(0s,3ns)",
    "lognormal(p50=200ms,p99=1.5s)",
    "lognormal(p50=1ns,p99=100s)",
    "exponential(300ms)",
    "exponential(1ns)",
    "pareto(10ms,1)",
    "pareto(10ms,0.1)",
    "pareto(100ms,3.5)",
    "quantiles(50=100ms,90=400ms,99=2s,100=3s)",
    "quantiles(0=1s,20=1s,99.9=1s,100=2s)",
    "mix(0.95:uniform(0s,1s),0.05:constant(3s))",
    "mix(0.5:mix(0.25:normal(0s,1s),0.75:constant(2s)),0.5:capped(pareto(1ms,0.7),2s))",
    "capped(exponential(1s),1.5s)",
];

fn delay(spec: &str) -> Delay {
    spec.parse().unwrap_or_else(|error| panic!("{error}"))
}
