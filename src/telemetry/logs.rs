//! The subscriber: text on a terminal, JSON otherwise, and the ids of the trace on every line inside a request.

use std::{
    fmt,
    io::{self, IsTerminal},
};

use opentelemetry::{Context, trace::TraceContextExt};
use opentelemetry_sdk::trace::SdkTracer;
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{LevelFilter, Targets},
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{self, Writer},
    },
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// What is logged unless `RUST_LOG` says otherwise. The SDK's own lines repeat with each batch; what matters of them is
/// said once, by the watched exporter.
const DEFAULT_FILTER: &str =
    "info,opentelemetry=off,h2=warn,hyper=warn,tower=warn,tonic=warn,reqwest=warn";

/// Whose spans are no part of a trace: those who carry telemetry would be traced for carrying it, without end.
const CARRIERS: [&str; 6] = ["opentelemetry", "h2", "hyper", "tower", "tonic", "reqwest"];

/// Flags for logs.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Logs")]
pub struct LogArgs {
    /// How log lines look [default: text on a terminal, json otherwise]
    #[arg(long, env = "HTTPSERVER_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,

    /// Log one line a request
    #[arg(long, env = "HTTPSERVER_ACCESS_LOG")]
    pub access_log: bool,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Installs the process's subscriber. The second one in a process is ignored.
pub(super) fn install(args: LogArgs, tracer: SdkTracer) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let terminal = io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(terminal);
    let format = match args.log_format {
        None if terminal => LogFormat::Text,
        chosen => chosen.unwrap_or(LogFormat::Json),
    };
    let lines = match format {
        LogFormat::Text => lines
            .event_format(WithTrace(format::format().with_ansi(terminal)))
            .boxed(),
        LogFormat::Json => {
            let json = format::json()
                .flatten_event(true)
                .with_current_span(false)
                .with_span_list(false);
            lines
                .event_format(WithTrace(json))
                .fmt_fields(format::JsonFields::new())
                .boxed()
        }
    };
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false);
    // Already installed by somebody who embeds the library: theirs stays.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(spans.with_filter(traced()))
        .try_init();
}

/// Which `tracing` spans become spans of a trace, whatever is logged.
fn traced() -> Targets {
    let carriers = CARRIERS.map(|name| (name, LevelFilter::OFF));
    Targets::new()
        .with_default(LevelFilter::INFO)
        .with_targets(carriers)
}

/// Adds `trace_id` and `span_id` of the current OpenTelemetry context to the line that the inner format makes. They are
/// there for requests that are not sampled, too.
struct WithTrace<F>(F);

impl<S, N, F> FormatEvent<S, N> for WithTrace<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let current = Context::current();
        let span = current.span();
        let ids = span.span_context();
        if !ids.is_valid() {
            return self.0.format_event(context, writer, event);
        }
        let mut line = String::with_capacity(256);
        self.0
            .format_event(context, Writer::new(&mut line), event)?;
        let (trace, span) = (ids.trace_id(), ids.span_id());
        match line.trim_end().strip_suffix('}') {
            Some(object) if object.starts_with('{') => {
                writeln!(
                    writer,
                    "{object},\"trace_id\":\"{trace}\",\"span_id\":\"{span}\"}}"
                )
            }
            _ => writeln!(
                writer,
                "{} trace_id={trace} span_id={span}",
                line.trim_end()
            ),
        }
    }
}
