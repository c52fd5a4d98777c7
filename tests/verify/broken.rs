//! Every source of `verify`, broken in every way, before the load and during it: exit code 3 with its URL and what to do,
//! in bounded time and memory; the other hops are judged. What passes again is waited for.

use std::{net::SocketAddr, thread, time::Duration};

use crate::{
    faulty::{Fault, Faulty},
    parts::{Jaeger, Prometheus, Service, absent, until},
    verify::{Report, Running, Verify},
    world::{metrics, scraping, service, traced},
};

/// What does not pass by itself; what the error says before the load.
const FAULTS: [(Fault, &str); 6] = [
    (Fault::Garbage, "not valid HTTP"),
    (Fault::LoginPage, "<html><form>Sign in!"),
    (Fault::OtherJson, "{\"kind\":\"Status\""),
    (Fault::Endless, "larger than"),
    (Fault::Silent, "timed out"),
    (Fault::Cut, "connection closed before"),
];
/// A second after the server's own time.
const LATER: &str =
    "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 08:49:38 GMT\r\n";
/// Most memory that a run may take, in KiB.
const MAX_KIB: u64 = 300 << 10;

/// A service, and what follows it.
struct World {
    service: Service,
    prometheus: Prometheus,
    jaeger: Jaeger,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Truth,
    Metrics,
    Prometheus,
    Scraper,
    Remote,
    Jaeger,
}

impl Source {
    const ALL: [Self; 6] = [
        Self::Truth,
        Self::Metrics,
        Self::Prometheus,
        Self::Scraper,
        Self::Remote,
        Self::Jaeger,
    ];

    fn path(self) -> &'static str {
        match self {
            Self::Truth => "/truth",
            Self::Metrics => "/metrics",
            _ => "/api",
        }
    }

    /// The hop that cannot be judged without it.
    fn hop(self) -> &'static str {
        match self {
            Self::Truth | Self::Metrics => "measured -> /metrics",
            Self::Prometheus | Self::Scraper => "/metrics -> Prometheus",
            Self::Remote => "Prometheus -> remote",
            Self::Jaeger => "span -> Jaeger",
        }
    }

    fn flag(self) -> &'static str {
        match self {
            Self::Truth => "--target",
            Self::Metrics => "--metrics",
            Self::Prometheus => "--prometheus",
            Self::Scraper => "--scraper",
            Self::Remote => "--remote",
            Self::Jaeger => "--traces",
        }
    }
}

impl World {
    fn start() -> Self {
        let jaeger = Jaeger::start();
        let service = traced(&jaeger.environment());
        let prometheus = scraping(&service, &serde_json::json!({}));
        Self {
            service,
            prometheus,
            jaeger,
        }
    }

    /// One source is behind a faulty proxy, the target behind another one.
    fn verify(&self, source: Source, fault: Fault) -> (Verify, Faulty, Faulty) {
        let upstream: SocketAddr = match source {
            Source::Truth | Source::Metrics => self.service.address,
            Source::Jaeger => self.jaeger.query,
            _ => self.prometheus.address,
        };
        let faulty = Faulty::start(upstream, source.path(), fault);
        let url = |of: Source, usual: String| if source == of { faulty.url() } else { usual };
        let front = match source {
            Source::Truth => faulty.clone(),
            _ => Faulty::start(self.service.address, "/", fault),
        };
        let target = front.url() + "/images";
        let pages = match source {
            Source::Metrics => metrics(faulty.address),
            _ => metrics(self.service.address),
        };
        let prometheus = url(Source::Prometheus, self.prometheus.url());
        let jaeger = url(Source::Jaeger, self.jaeger.url());
        let verify = Verify::default()
            .flags(&["--target", &target, "--metrics", &pages])
            .flags(&["--prometheus", &prometheus, "--traces", &jaeger])
            // Hangs end after 20 s, whatever is less.
            .flags(&["--timeout", "20s", "--rate", "10", "--duration", "2s"]);
        let verify = match source {
            Source::Scraper | Source::Remote => verify.flags(&[source.flag(), &faulty.url()]),
            _ => verify,
        };
        (verify, faulty, front)
    }
}

/// All of these at once: they mostly wait.
fn all_of<T: Sync>(cases: &[T], run: impl Fn(&T) + Sync) {
    thread::scope(|scope| {
        for case in cases {
            scope.spawn(|| run(case));
        }
    });
}

/// Its report, if it needs no more memory than it may.
fn end(run: Running) -> Report {
    let status = format!("/proc/{}/status", run.id());
    let peak = move || {
        let status = std::fs::read_to_string(&status).ok()?;
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        peak.split_whitespace().next()?.parse::<u64>().ok()
    };
    let watched = thread::spawn(move || {
        let peaks = std::iter::from_fn(|| {
            thread::sleep(Duration::from_millis(50)); // between two samples
            peak()
        });
        peaks.max()
    });
    let report = run.end();
    let kib = watched.join().unwrap().unwrap_or_default();
    assert!(kib < MAX_KIB, "{kib} KiB: {report}");
    report
}

#[test]
fn a_source_that_is_broken_before_the_load_is_named_with_what_to_do() {
    if absent(&["prometheus", "jaeger"]) {
        return;
    }
    let world = World::start();
    let cases: Vec<_> = Source::ALL
        .iter()
        .flat_map(|source| FAULTS.map(|(fault, words)| (*source, fault, words)))
        .collect();
    all_of(&cases, |&(source, fault, words)| {
        let (verify, faulty, _) = world.verify(source, fault);
        faulty.turn_on();
        let report = end(verify.start());
        // A page is not JSON: the parser of metrics says what it is instead.
        let is_parsed = source == Source::Metrics
            && matches!(fault, Fault::LoginPage | Fault::OtherJson | Fault::Cut);
        let words = if is_parsed { "/metrics" } else { words };
        let address = faulty.address.to_string();
        report.is_denied(&[source.flag(), &address, words, "; "]);
    });
}

#[test]
fn a_source_that_breaks_in_the_run_leaves_the_other_hops_judged() {
    if absent(&["prometheus", "jaeger"]) {
        return;
    }
    let world = World::start();
    // `/truth` is not asked again.
    let cases: Vec<_> = Source::ALL[1..]
        .iter()
        .flat_map(|source| FAULTS.map(|(fault, _)| (*source, fault)))
        .collect();
    for some in cases.chunks(FAULTS.len()) {
        all_of(some, |&(source, fault)| {
            let (verify, faulty, front) = world.verify(source, fault);
            let run = verify.flags(&["--wait", "4s"]).start();
            until("the load", || (front.images() > 3).then_some(()));
            faulty.turn_on();
            let report = end(run);
            assert_eq!(report.code, 3, "{source:?} {fault:?}: {report}");
            report.fails_only(&[]);
            let address = faulty.address.to_string();
            report.expect(source.hop(), "SKIPPED", &[&address]);
            report.expect("declared -> drawn", "PASS", &[]);
        });
    }
}

#[test]
fn metrics_of_the_target_that_are_another_page_are_not_left_out_in_silence() {
    let service = service();
    let front = Faulty::start(service.address, "/metrics", Fault::LoginPage);
    front.turn_on();
    let report = Verify::of(front.address).flags(&["--duration", "1s"]).run();
    assert_eq!(report.code, 3, "{report}");
    report.fails_only(&[]);
    let words = [
        &metrics(front.address)[..],
        "is this /metrics of a replica?",
    ];
    report.expect("measured -> /metrics", "SKIPPED", &words);
    report.expect("declared -> drawn", "PASS", &[]);
}

#[test]
fn a_source_that_refuses_now_and_then_is_asked_again() {
    if absent(&["prometheus", "jaeger"]) {
        return;
    }
    let world = World::start();
    let plain = Fault::EverySecond(500, "");
    let mut cases = Source::ALL.map(|source| (source, plain)).to_vec();
    let seconds = Fault::EverySecond(429, "retry-after: 1\r\n");
    let date = Fault::EverySecond(503, LATER);
    cases.extend([
        (Source::Truth, seconds),
        (Source::Metrics, date),
        (Source::Prometheus, seconds),
        (Source::Prometheus, date),
        (Source::Remote, seconds),
        (Source::Jaeger, date),
    ]);
    for some in cases.chunks(6) {
        all_of(some, |&(source, fault)| {
            let (verify, faulty, _) = world.verify(source, fault);
            faulty.turn_on();
            let report = end(verify.start());
            assert_eq!(report.code, 0, "{source:?} {fault:?}: {report}");
            report.expect(source.hop(), "PASS", &[]);
            assert!(faulty.broken() > 0);
            if fault != plain {
                let words = format!("waiting for {}{}", faulty.url(), source.path());
                assert!(report.stderr.contains(&words), "{source:?}: {report}");
                let words = "asking again in 1s (Retry-After)";
                assert!(report.stderr.contains(words), "{report}");
            }
        });
    }
}

#[test]
fn a_pause_that_is_longer_than_the_wait_is_named() {
    if absent(&["prometheus", "jaeger"]) {
        return;
    }
    let world = World::start();
    all_of(&Source::ALL, |&source| {
        let (verify, faulty, _) = world.verify(source, Fault::Status(429, "retry-after: 3600\r\n"));
        faulty.turn_on();
        let words = ["status 429", "Retry-After: 3600", "try again later"];
        verify
            .run()
            .is_denied(&[&[source.flag()][..], &words].concat());
    });
}
