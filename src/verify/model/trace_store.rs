//! The store that has the traces.

use std::fmt;

use serde::Serialize;

/// What is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceStore {
    pub name: &'static str,
    pub version: Option<String>,
}

impl TraceStore {
    /// It does not tell its version.
    pub const JAEGER: Self = Self {
        name: "Jaeger",
        version: None,
    };

    pub fn tempo(version: Option<&str>) -> Self {
        let version = version.map(|version| version.trim_start_matches('v').to_owned());
        Self {
            name: "Grafana Tempo",
            version: version.filter(|version| !version.is_empty()),
        }
    }

    /// The name of a hop to Jaeger, with this store in it.
    pub fn of_hop(&self, name: &str) -> String {
        name.replace(Self::JAEGER.name, self.name)
    }
}

impl fmt::Display for TraceStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        match &self.version {
            Some(version) => write!(f, " {version}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_with_its_version_and_in_its_hop() {
        let tempo = TraceStore::tempo(Some("v2.9.5"));
        assert_eq!(tempo.to_string(), "Grafana Tempo 2.9.5");
        assert_eq!(tempo.of_hop("span -> Jaeger"), "span -> Grafana Tempo");
        let unknown = [None, Some("")].map(|version| TraceStore::tempo(version).to_string());
        assert_eq!(unknown, ["Grafana Tempo"; 2]);
        let jaeger = TraceStore::JAEGER;
        assert_eq!(jaeger.to_string(), "Jaeger");
        assert_eq!(jaeger.of_hop("span -> Jaeger"), "span -> Jaeger");
    }
}
