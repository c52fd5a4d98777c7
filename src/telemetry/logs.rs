//! The log subscriber: text on a terminal, JSON elsewhere; lines inside a request carry its trace id and span id.

use std::{
    env, fmt,
    io::{self, IsTerminal},
};

use opentelemetry::{Context, trace::TraceContextExt};
use opentelemetry_sdk::trace::SdkTracer;
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, LevelFilter, Targets},
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{self, Writer},
    },
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use super::{log_export::Bridge, log_writer::LogWriter};

/// What is logged unless `RUST_LOG` says otherwise. The SDK repeats its lines with each batch; `Delivery` logs what
/// matters of them once.
const DEFAULT_FILTER: &str =
    "info,opentelemetry=off,h2=warn,hyper=warn,tower=warn,tonic=warn,reqwest=warn";

/// Targets whose spans and logs are not exported: exporting them would create more of them (a feedback loop).
const NOT_EXPORTED: [&str; 6] = ["opentelemetry", "h2", "hyper", "tower", "tonic", "reqwest"];

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Installs the subscriber of the process; a second call is ignored. Returns a warning where `RUST_LOG` cannot be read.
pub fn install(
    format: Option<LogFormat>,
    tracer: SdkTracer,
    exported: Option<Bridge>,
) -> Option<String> {
    let given = env::var_os("RUST_LOG").map(|given| given.to_string_lossy().into_owned());
    let (lines_filter, warning) = filter(given.as_deref());
    let terminal = io::stderr().is_terminal();
    let colours = terminal && takes_colours();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(|| LogWriter)
        .with_ansi(colours);
    let format = match format {
        None if terminal => LogFormat::Text,
        chosen => chosen.unwrap_or(LogFormat::Json),
    };
    let lines = match format {
        LogFormat::Text => lines
            .event_format(WithTrace(format::format().with_ansi(colours)))
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
    let subscriber = tracing_subscriber::registry()
        .with(lines.with_filter(lines_filter))
        .with(spans.with_filter(exported_targets(LevelFilter::INFO)));
    // A program that embeds this library may have installed its own, which stays. An absent layer would still cost.
    let _ = match exported {
        None => subscriber.try_init(),
        Some(bridge) => {
            let filter = filter(given.as_deref()).0;
            let filter = filter.and(exported_targets(LevelFilter::TRACE));
            subscriber.with(bridge.with_filter(filter)).try_init()
        }
    };
    warning
}

/// The filter of `RUST_LOG`, or the default one with a warning.
fn filter(given: Option<&str>) -> (EnvFilter, Option<String>) {
    let default = || EnvFilter::new(DEFAULT_FILTER);
    match given.filter(|given| !given.trim().is_empty()) {
        None => (default(), None),
        Some(given) => match EnvFilter::try_new(given) {
            Ok(filter) => (filter, None),
            Err(error) => (
                default(),
                Some(format!("RUST_LOG=`{given}` has no effect: {error}")),
            ),
        },
    }
}

/// Whether a terminal may be sent colours: <https://no-color.org>.
fn takes_colours() -> bool {
    let forbidden = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
    !forbidden && !dumb
}

/// Which spans and events are exported: up to a level, those that no export creates.
fn exported_targets(level: LevelFilter) -> Targets {
    let not_exported = NOT_EXPORTED.map(|name| (name, LevelFilter::OFF));
    Targets::new()
        .with_default(level)
        .with_targets(not_exported)
}

/// Adds `trace_id` and `span_id` of the current OpenTelemetry context to the line of the inner format, also for requests
/// that are not sampled.
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
