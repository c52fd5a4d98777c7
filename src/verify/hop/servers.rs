//! A hop of several servers that scrape the same: the worst of their verdicts, with the labels of the server.

use super::judgement::{Hop, Verdict};
use crate::verify::model::scrapes::Scrapes;

/// What the percentiles of a dashboard are of.
const VIEW: &str = "deduplicated";

/// Judges each server by itself.
pub fn each(scrapes: &Scrapes, judge: impl Fn(&Scrapes) -> Hop) -> Hop {
    if scrapes.servers.is_empty() {
        return judge(scrapes);
    }
    let servers = scrapes.servers.iter();
    worst(servers.map(|(name, own)| (name.clone(), judge(own))))
}

/// Judges the deduplicated view, and each server by itself.
pub fn view_and_each(scrapes: &Scrapes, judge: impl Fn(&Scrapes) -> Hop) -> Hop {
    if scrapes.servers.is_empty() {
        return judge(scrapes);
    }
    let servers = scrapes.servers.iter();
    let each = servers.map(|(name, own)| (name.clone(), judge(own)));
    worst(std::iter::once((VIEW.to_owned(), judge(scrapes))).chain(each))
}

/// The verdict of all is that of the worst one, whose line comes first.
fn worst(hops: impl Iterator<Item = (String, Hop)>) -> Hop {
    let badness = |hop: &Hop| match hop.verdict {
        Verdict::Fail => 0,
        Verdict::Skipped => 1,
        Verdict::Warn => 2,
        Verdict::Pass => 3,
    };
    let mut hops: Vec<_> = hops.collect();
    hops.sort_by_key(|(_, hop)| badness(hop));
    let mut hops = hops.into_iter();
    let Some((name, mut worst)) = hops.next() else {
        return Hop::skipped("", "");
    };
    worst.summary = format!("{name}: {}", worst.summary);
    for (name, hop) in hops {
        worst.details.push(format!("{name}: {}", hop.summary));
        worst.details.extend(hop.details);
    }
    worst
}
