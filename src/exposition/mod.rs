//! One reading of every metric, and the formats that it is written in. Knows no SDK, and no metric by name.
//!
//! [`Format::negotiate`] chooses one by the `Accept` header of a scrape; [`Format::write`] writes it.

mod accept;
mod exemplar;
mod family;
mod lines;
mod names;
mod native;
mod number;
mod openmetrics;
mod protobuf;
#[cfg(test)]
mod tests;
mod text;

pub use accept::{Format, NotAcceptable};
pub use exemplar::Exemplar;
pub use family::{Family, Histogram, Kind, Labels, Series, Value};
pub use names::{label_name, labels, metric_name};
pub use native::{Native, Span};
pub use protobuf::schemas;

impl Format {
    /// Writes a reading: families sorted by name.
    #[must_use]
    pub fn write(self, families: &[Family]) -> Vec<u8> {
        match self {
            Self::Text => text::write(families),
            Self::OpenMetrics => openmetrics::write(families),
            Self::Protobuf => protobuf::write(families),
        }
    }
}
