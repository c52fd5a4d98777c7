//! The settings of Prometheus that decide whether it stores exemplars and native histograms.

use std::collections::BTreeMap;

/// What `/api/v1/status` returned; a Prometheus behind a proxy, or another store, may not tell.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The value of `--enable-feature`.
    pub features: Option<String>,
    /// The configuration in effect, with the defaults.
    pub config: Option<String>,
}

/// The settings of one scrape job, by name: a value, or each item of a list.
pub type JobSettings = BTreeMap<String, Vec<String>>;

impl Settings {
    /// The settings of a job. Reads the YAML as Prometheus prints it, of which only the plain values and lists of a job
    /// are needed: not those of nested sections.
    pub fn job(&self, job: &str) -> Option<JobSettings> {
        let lines = self.config.as_deref()?.lines();
        let mut jobs = lines.skip_while(|line| *line != "scrape_configs:").skip(1);
        let name = |line: &str| {
            let name = line.strip_prefix("- job_name: ")?;
            Some(name.trim_matches(['"', '\'']).to_owned())
        };
        jobs.by_ref()
            .take_while(|line| line.starts_with(['-', ' ']))
            .find(|line| name(line).as_deref() == Some(job))?;
        let mut settings = JobSettings::new();
        let mut last = String::new();
        for line in jobs.map_while(|line| line.strip_prefix("  ")) {
            if let Some(item) = line.strip_prefix("- ") {
                settings
                    .entry(last.clone())
                    .or_default()
                    .push(item.to_owned());
            } else if let Some((key, value)) = line.split_once(':')
                && !line.starts_with(' ')
            {
                key.clone_into(&mut last);
                let value = Some(value.trim()).filter(|value| !value.is_empty());
                settings.insert(last.clone(), value.map(str::to_owned).into_iter().collect());
            }
        }
        Some(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
global:
  scrape_interval: 1m
scrape_configs:
- job_name: other
  scrape_native_histograms: false
- job_name: \"httpserver\"
  scrape_protocols:
  - PrometheusProto
  - OpenMetricsText1.0.0
  scrape_native_histograms: true
  native_histogram_bucket_limit: 20
  static_configs:
  - targets:
    - 127.0.0.1:1
    labels:
      scrape_native_histograms: label
- job_name: last
  scrape_native_histograms: last
storage:
  scrape_native_histograms: storage
";

    #[test]
    fn the_settings_of_a_job_are_its_own() {
        let settings = Settings {
            config: Some(CONFIG.to_owned()),
            features: None,
        };
        let job = settings.job("httpserver").unwrap();
        assert_eq!(job["scrape_native_histograms"], ["true"]);
        assert_eq!(job["native_histogram_bucket_limit"], ["20"]);
        let protocols = &job["scrape_protocols"];
        assert_eq!(*protocols, ["PrometheusProto", "OpenMetricsText1.0.0"]);
        let last = settings.job("last").unwrap();
        assert_eq!(last["scrape_native_histograms"], ["last"]);
        assert_eq!(settings.job("storage"), None);
        assert_eq!(Settings::default().job("httpserver"), None);
    }
}
