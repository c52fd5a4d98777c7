//! `truth`: the exact quantiles of a delay, without a service; and the delay of single requests.

use std::io::{Write, stdout};

use crate::{
    contract::TraceContext,
    delay::{Delay, DelayArgs, Domain, draw},
    exit::Exit,
    instruments::MetricArgs,
    output::Output,
    truth::Truth,
};

/// Flags of `truth`.
#[derive(Clone, Debug, clap::Args)]
pub struct TruthArgs {
    #[command(flatten)]
    delay: DelayArgs,

    #[command(flatten)]
    metrics: MetricArgs,

    /// Print the delay of the request with this traceparent. Can be repeated
    #[arg(long, value_name = "TRACEPARENT", requires = "seed")]
    traceparent: Vec<TraceContext>,

    /// Print the delay of a request without a traceparent, by its trace id (from its traceresponse, log line or span). Can be repeated
    #[arg(long, value_name = "HEX", requires = "seed", value_parser = trace_id)]
    trace_id: Vec<TraceContext>,

    /// Format of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output: Output,
}

pub fn run(args: &TruthArgs) -> anyhow::Result<Exit> {
    let delay = Delay::from(&args.delay);
    let mut out = stdout().lock();
    let requests: Vec<_> = args.traceparent.iter().chain(&args.trace_id).collect();
    if let (Some(seed), false) = (args.delay.seed, requests.is_empty()) {
        for trace_context in requests {
            let drawn = delay.quantile(draw(seed, Domain::Delay, *trace_context));
            match args.output {
                Output::Text => writeln!(out, "{:.9} s  {trace_context}", drawn.as_secs_f64())?,
                Output::Json => {
                    let line = serde_json::json!({"request": trace_context.to_string(), "delay_ns": u64::try_from(drawn.as_nanos())?});
                    writeln!(out, "{line}")?;
                }
            }
        }
        return Ok(Exit::Good);
    }
    let truth = Truth::of(&delay, args.delay.seed, &args.metrics.buckets);
    args.output.write(&truth, &mut out)?;
    Ok(Exit::Good)
}

/// A request without a parent: its trace id, and parent 0.
fn trace_id(given: &str) -> Result<TraceContext, String> {
    let known = format!("00-{given}-0000000000000001-00").parse::<TraceContext>();
    let trace_context =
        known.map_err(|_| "must be 32 lower-case hex digits, not all zero".to_owned())?;
    Ok(TraceContext {
        parent_id: 0,
        ..trace_context
    })
}
