//! Asks Prometheus about one run: waits for the scrapes before and after it, and fetches what it has.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    exposition::Labels,
    prometheus::{ActiveTarget, Prometheus, PrometheusError},
    rate::Range,
    reading::Reading,
    scraped::{Asking, QUANTILES, Scraped},
    series::{self, Series, Target, Window},
    wait,
};

/// How far back the last scrape before the run is looked for.
const LOOKBACK: i64 = 300_000;
/// A scrape that begins so much after the last answer has seen it, whatever Prometheus rounds.
const MARGIN: i64 = 20;

/// A Prometheus that is asked about one run.
pub(super) struct Watch<'a> {
    prometheus: &'a Prometheus,
    namespace: &'a str,
    wait: Duration,
    window: Window,
    ahead: i64,
}

impl<'a> Watch<'a> {
    /// Waits until each replica was scraped after its first reading, and notes the last sample of each target.
    pub(super) async fn begin(
        prometheus: &'a Prometheus,
        namespace: &'a str,
        wait: Duration,
        before: &[Reading],
    ) -> Result<Self, PrometheusError> {
        let asked = super::reading::now();
        let now = prometheus.now().await?;
        let ahead = now - asked.midpoint(super::reading::now());
        let mut watch = Self {
            prometheus,
            namespace,
            wait,
            window: Window::default(),
            ahead,
        };
        let what = "Prometheus to scrape every replica before the run";
        let seen = wait::until(what, wait, async || {
            let active = prometheus.targets().await.ok()?;
            let raw = watch.raw(LOOKBACK).await.ok()?;
            (all_were_scraped(&active, &raw) && watch.covers(&raw, before, now)).then_some(raw)
        })
        .await;
        let raw = match seen {
            Some(raw) => raw,
            None => watch.raw(LOOKBACK).await?,
        };
        watch.note(&raw, &prometheus.targets().await?);
        watch.window.began = prometheus.now().await?;
        Ok(watch)
    }

    /// The last sample of each target is where its run begins: whoever sees it sees it before the first request.
    fn note(&mut self, raw: &[Series], active: &[ActiveTarget]) {
        let accepted = format!("{}_requests_accepted_total", self.namespace);
        let is_active = |series: &&Series| is_among(active, &series.labels);
        let all = raw.iter().filter(|series| series.name() == accepted);
        for series in all.filter(is_active) {
            let Some(last) = series.points.last() else {
                continue;
            };
            self.window.baselines.insert(series.target(), last.at);
        }
    }

    fn covers(&self, raw: &[Series], replicas: &[Reading], since: i64) -> bool {
        let name = format!("{}_requests_accepted_total", self.namespace);
        let is_fresh = |series: &&Series| series.points.last().is_some_and(|last| last.at >= since);
        let fresh: BTreeSet<_> = raw
            .iter()
            .filter(|series| series.name() == "target_info")
            .filter(is_fresh)
            .filter_map(|series| series.labels.get("service_instance_id"))
            .collect();
        let scraped = raw.iter().filter(|series| series.name() == name);
        if replicas.is_empty() {
            return scraped.filter(is_fresh).count() > 0;
        }
        replicas
            .iter()
            .all(|replica| fresh.contains(&replica.instance_id))
    }

    /// Waits for the first scrape of each target after the run, and asks for everything.
    pub(super) async fn end(
        mut self,
        rate_window: Option<Duration>,
    ) -> Result<Scraped, PrometheusError> {
        let what = "Prometheus to scrape every target after the run";
        let mut trouble = None;
        let ended = wait::until(what, self.wait, async || {
            self.prometheus
                .now()
                .await
                .map_err(|error| trouble = Some(error))
                .ok()
        })
        .await;
        let Some(ended) = ended else {
            return Err(trouble.unwrap_or(PrometheusError::Refused {
                asked: "time()".to_owned(),
                reason: "no answer in time".to_owned(),
            }));
        };
        self.window.ended = ended + MARGIN;
        wait::until(what, self.wait, async || {
            let raw = self.raw(self.back().await.ok()?).await.ok()?;
            let targets = self.sorted(&raw, self.window.ended, &[]);
            let active = self.prometheus.targets().await.ok()?;
            let is_done =
                |target: &Target| target.is_complete || !is_among(&active, &target.labels);
            (!targets.is_empty() && targets.iter().all(is_done)).then_some(())
        })
        .await;
        self.ask(rate_window).await
    }

    async fn ask(self, rate_window: Option<Duration>) -> Result<Scraped, PrometheusError> {
        let active = self.prometheus.targets().await?;
        let short = rate_window.map(|window| i64::try_from(window.as_millis()).unwrap_or(i64::MAX));
        let back = self.back().await? + short.unwrap_or_default();
        let raw = self.raw(back).await?;
        let targets = self.sorted(&raw, self.window.ended, &active);
        let spans = || targets.iter().map(|target| target.span);
        let to = spans()
            .map(|span| span.1)
            .max()
            .unwrap_or(self.window.ended);
        let from = spans().map(|span| span.0).min().unwrap_or(to);
        // A scrape that is on its way may yet bring a sample from before `to`.
        wait::until("Prometheus to close the window", self.wait, async || {
            (self.prometheus.now().await.ok()? > to + 500).then_some(())
        })
        .await;
        let whole = self.asking(Range { from: from - 1, to }).await?;
        let short = match short {
            Some(window) => Some(
                self.asking(Range {
                    from: to - window,
                    to,
                })
                .await?,
            ),
            None => None,
        };
        let raw = self.raw(back + 1000).await?;
        Ok(Scraped {
            whole: whole.compare(&raw, self.namespace),
            short: short.map(|asking| asking.compare(&raw, self.namespace)),
            targets,
            active,
            raw,
            window: self.window,
            ahead: self.ahead,
        })
    }

    async fn asking(&self, range: Range) -> Result<Asking, PrometheusError> {
        let window = range.to - range.from;
        let mut reported = Vec::new();
        for q in QUANTILES {
            let promql = format!(
                "histogram_quantile({q}, sum by (le) (rate({}_execution_latency_seconds_bucket{{step=\"total\"}}[{window}ms])))",
                self.namespace
            );
            reported.push(self.prometheus.value(&promql, range.to).await?);
        }
        Ok(Asking {
            range,
            reported,
            expected: Vec::new(),
            edges: Vec::new(),
            observations: 0.0,
        })
    }

    /// How far back the samples of the run reach from now, in milliseconds.
    async fn back(&self) -> Result<i64, PrometheusError> {
        let first = self.window.baselines.values().min().copied();
        let first = first.unwrap_or(self.window.began);
        Ok(self.prometheus.now().await? - first.min(self.window.began) + 1000)
    }

    /// Raw samples of the service's own counters, and of what tells its lives apart.
    async fn raw(&self, back: i64) -> Result<Vec<Series>, PrometheusError> {
        let namespace = self.namespace;
        let own = format!(
            "{{__name__=~\"{namespace}_(execution_latency_seconds_(bucket|count|sum)|requests_accepted_total)\"}}[{back}ms]"
        );
        let mut raw = self.prometheus.raw(&own).await?;
        let jobs: BTreeSet<_> = raw
            .iter()
            .filter_map(|series| series.labels.get("job").map(|job| escaped(job)))
            .collect();
        if !jobs.is_empty() {
            let jobs: Vec<_> = jobs.into_iter().collect();
            let about = format!(
                "{{__name__=~\"process_start_time_seconds|target_info\",job=~\"{}\"}}[{back}ms]",
                jobs.join("|")
            );
            raw.extend(self.prometheus.raw(&about).await?);
        }
        Ok(raw)
    }

    fn sorted(&self, raw: &[Series], ended: i64, active: &[ActiveTarget]) -> Vec<Target> {
        let window = Window {
            ended,
            ..self.window.clone()
        };
        let intervals: BTreeMap<(Option<&String>, Option<&String>), f64> = active
            .iter()
            .filter_map(|target| Some((address(&target.labels), target.interval()?)))
            .collect();
        let is_of_run = |series: &&Series| {
            ["target_info", "process_start_time_seconds"].contains(&series.name())
                || self.window.baselines.contains_key(&series.target())
                || series
                    .points
                    .last()
                    .is_some_and(|last| last.at >= self.window.began)
        };
        let raw: Vec<_> = raw.iter().filter(is_of_run).cloned().collect();
        series::targets(&raw, self.namespace, &window, |labels| {
            intervals.get(&address(labels)).copied()
        })
    }
}

/// Whether no target of the service's jobs still waits for its first scrape.
fn all_were_scraped(active: &[ActiveTarget], raw: &[Series]) -> bool {
    let jobs: BTreeSet<_> = raw.iter().map(|series| series.labels.get("job")).collect();
    let mut own = active
        .iter()
        .filter(|target| jobs.contains(&target.labels.get("job")));
    own.all(|target| target.health != "unknown")
}

fn is_among(active: &[ActiveTarget], labels: &Labels) -> bool {
    active
        .iter()
        .any(|target| address(&target.labels) == address(labels))
}

fn address(labels: &Labels) -> (Option<&String>, Option<&String>) {
    (labels.get("job"), labels.get("instance"))
}

/// A text as a part of a regular expression inside a quoted string of PromQL.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '\\' | '"' => {
                escaped.push_str("\\\\\\");
                escaped.push(letter);
            }
            '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => {
                escaped.push_str("\\\\");
                escaped.push(letter);
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}
