//! What the service writes and `load` and `verify` read: names, the trace context, `Server-Timing`, the JSON of `/truth`.
//! Pure data, no SDK.

pub mod names;
mod server_timing;
mod trace_context;
mod truth_json;

pub use names::{Metric, Names, Part, Step};
pub use server_timing::{Replica, ServerTiming};
pub use trace_context::{TraceContext, TraceparentError};
pub use truth_json::{
    ClockError, Ledger, Links, Truth, TruthBucket, TruthNative, TruthPage, TruthQuantile,
};
