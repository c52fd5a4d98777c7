//! The order of modules, as data. Rows are from the top down: a module uses only modules of the rows below it.

/// The order of the modules within one module.
pub struct Table {
    /// The module, as `delay::family`; empty for the crate.
    pub of: &'static str,
    /// Whether modules of one row may use each other.
    pub row_mates: bool,
    pub rows: &'static [&'static [&'static str]],
}

/// `mod` is the file `mod.rs` of the module itself, where it uses its own submodules.
pub const TABLES: &[Table] = &[
    Table {
        of: "",
        row_mates: false,
        rows: &[
            &["main"],
            &["cli"],
            &["canary"],
            &["verify"],
            &["serve", "load", "healthcheck"],
            &["observe", "server"],
            &["telemetry", "client", "shutdown"],
            &["timer", "clock"],
            &["instruments"],
            &["truth"],
            &["buckets", "delay"],
            &["contract", "exit", "exposition", "number", "output"],
            &["digits", "media_range"],
        ],
    },
    Table {
        of: "clock",
        row_mates: false,
        rows: &[&["mod"], &["timer"], &["thread", "timerfd", "wakers"]],
    },
    Table {
        of: "delay",
        row_mates: false,
        rows: &[
            &["mod"],
            &["args"],
            &["family"],
            &["spec"],
            &["distribution", "text", "draw"],
            &["nanos"],
        ],
    },
    Table {
        of: "observe",
        row_mates: true,
        rows: &[
            &["mod"],
            &["future"],
            &["request"],
            &["answer", "attributes", "method", "policy", "route"],
        ],
    },
    Table {
        of: "serve",
        row_mates: true,
        rows: &[
            &["mod"],
            &["policy"],
            &["routes"],
            &["app", "page"],
            &["truth_query", "last_scrape"],
            &["plan"],
            &["args"],
            &["links"],
        ],
    },
    Table {
        of: "verify",
        row_mates: false,
        rows: &[
            &["mod"],
            &["round"],
            &["run", "report"],
            &["watched", "traces"],
            &["ask"],
            &["hop", "source"],
            &["evidence", "clients"],
            &["args"],
            &["model"],
        ],
    },
];

/// What only `telemetry` may name.
pub const TELEMETRY_ONLY: &[&str] = &[
    "opentelemetry_sdk",
    "opentelemetry_otlp",
    "opentelemetry_http",
    "opentelemetry_appender_tracing",
    "tracing_opentelemetry",
    "tracing_subscriber",
];
