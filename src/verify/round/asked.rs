//! What the flags ask for: hops and stages; and whether they can be used.

use super::super::{args::VerifyArgs, clients::Clients, hop};
use super::StageName;

/// The hops that these flags ask for.
#[must_use]
pub fn hop_ids(args: &VerifyArgs) -> Vec<&'static str> {
    let is_asked = |id: &&str| match *id {
        "prometheus" | "percentile" | "native" | "exemplars" => args.prometheus.is_some(),
        "remote" => args.remote.is_some(),
        "query" => !args.query.is_empty(),
        "traces" => args.traces().is_some(),
        _ => true,
    };
    hop::ids().filter(is_asked).collect()
}

/// The stages that these flags ask for.
#[must_use]
pub fn stage_names(args: &VerifyArgs) -> Vec<StageName> {
    let hops = hop_ids(args);
    let asked = StageName::ALL.into_iter();
    asked.filter(|stage| hops.contains(&stage.hop())).collect()
}

/// What rounds of these flags cannot find: with few requests and a small share, none at all may be there by chance.
#[must_use]
pub fn blind_spot(args: &VerifyArgs) -> Option<String> {
    let expected = args.limits.expect_traces?;
    args.traces()?;
    let sampled = args.run.requests() as f64 * args.run.sampled_ratio;
    let (least, _) = expected.band(sampled.round())?;
    (least < 1.0).then(|| {
        format!(
            "of about {sampled:.0} sampled requests of a round, --expect-traces may leave none by chance: a loss of all traces is not found; give a higher --rate or --duration"
        )
    })
}

/// Why these flags cannot be used.
#[must_use]
pub fn refusal(args: &VerifyArgs) -> Option<String> {
    args.refusal().or_else(|| Clients::new(args).err())
}
