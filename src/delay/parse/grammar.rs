//! What each family's arguments are, and which of them are refused.

use super::{SpecError, cursor::Cursor};
use crate::delay::{
    Delay, duration,
    family::{
        Constant, Exponential, Knot, LogNormal, Mix, Normal, Pareto, Part, Quantiles, Shape,
        Uniform,
    },
    nanos::Nanos,
};

/// So deep may delays be nested: the parser recurses.
const MAX_DEPTH: usize = 8;
/// So many families, percentiles and weights may a spec have in all.
const MAX_PARTS: usize = 64;
/// So long may a plain number be, in characters.
const MAX_NUMBER: usize = 20;
/// So far may the sum of weights be from 1.
const WEIGHT_TOLERANCE: f64 = 1e-6;

type Parsed = Result<Delay, SpecError>;
type Arguments = for<'p, 'a> fn(&'p mut Parser<'a>) -> Parsed;

/// Each family: its name, its usage, and what reads its arguments.
const FAMILIES: [(&str, &str, Arguments); 9] = [
    ("constant", "constant(DURATION)", constant),
    ("uniform", "uniform(LOW,HIGH)", uniform),
    ("normal", "normal(MEAN,SD)", normal),
    (
        "lognormal",
        "lognormal(p50=DURATION,p99=DURATION)",
        lognormal,
    ),
    ("exponential", "exponential(MEAN)", exponential),
    ("pareto", "pareto(MIN,ALPHA)", pareto),
    (
        "quantiles",
        "quantiles(PERCENT=DURATION,...,100=DURATION)",
        quantiles,
    ),
    ("mix", "mix(WEIGHT:SPEC,...)", mix),
    ("capped", "capped(SPEC,MAX)", capped),
];

/// Reads one spec from left to right.
pub(super) struct Parser<'a> {
    cursor: Cursor<'a>,
    usage: &'static str,
    depth_left: usize,
    parts_left: usize,
}

impl<'a> Parser<'a> {
    /// An outermost `capped` is free, so that any delay can still be capped, written and read back.
    pub(super) fn new(cursor: Cursor<'a>) -> Self {
        let free = usize::from(cursor.clone().word() == "capped");
        Self {
            cursor,
            usage: "SPEC",
            depth_left: MAX_DEPTH + free,
            parts_left: MAX_PARTS + free,
        }
    }

    /// The whole text as one delay.
    pub(super) fn whole(mut self) -> Parsed {
        let delay = self.delay()?;
        if self.cursor.at_end() {
            Ok(delay)
        } else {
            Err(self.cursor.refuse("expected nothing after the closing `)`"))
        }
    }

    fn delay(&mut self) -> Parsed {
        let start = self.cursor;
        let outer = self.usage;
        self.count()?;
        self.depth_left = self.depth_left.checked_sub(1).ok_or_else(|| {
            start.refuse(format!(
                "delays must not be nested more than {MAX_DEPTH} deep"
            ))
        })?;
        let name = self.cursor.word();
        let Some((_, usage, arguments)) = FAMILIES.iter().find(|family| family.0 == name) else {
            let known = FAMILIES.map(|family| family.0).join(", ");
            return Err(start.refuse(format!("expected one of {known}")));
        };
        self.usage = usage;
        self.sign('(')?;
        let delay = arguments(self)?;
        self.sign(')')?;
        self.depth_left += 1;
        self.usage = outer;
        Ok(delay)
    }

    fn count(&mut self) -> Result<(), SpecError> {
        let reason = || format!("a delay must not have more than {MAX_PARTS} parts");
        let left = self.parts_left.checked_sub(1);
        self.parts_left = left.ok_or_else(|| self.cursor.refuse(reason()))?;
        Ok(())
    }

    fn sign(&mut self, sign: char) -> Result<(), SpecError> {
        if self.cursor.take(sign) {
            return Ok(());
        }
        let reason = format!("expected `{sign}`, as in {}", self.usage);
        Err(self.cursor.refuse(reason))
    }

    fn duration(&mut self) -> Result<Nanos, SpecError> {
        let start = self.cursor;
        let word = self.cursor.word();
        duration::parse(word).map_err(|reason| start.refuse(reason.to_string()))
    }

    fn positive(&mut self, what: &str) -> Result<Nanos, SpecError> {
        let start = self.cursor;
        let nanos = self.duration()?;
        if nanos == Nanos::ZERO {
            return Err(start.refuse(format!("{what} must be above 0")));
        }
        Ok(nanos)
    }

    /// A decimal number without a sign or an exponent.
    fn number(&mut self, what: &str) -> Result<f64, SpecError> {
        let start = self.cursor;
        let word = self.cursor.word();
        if word.len() > MAX_NUMBER {
            let reason = format!("{what} must not be longer than {MAX_NUMBER} characters");
            return Err(start.refuse(reason));
        }
        let plain = word.starts_with(|c: char| c.is_ascii_digit())
            && word.bytes().all(|c| c.is_ascii_digit() || c == b'.');
        match word.parse() {
            Ok(number) if plain => Ok(number),
            _ => Err(start.refuse(format!("{what} must be a decimal number of 0 or more"))),
        }
    }

    fn named(&mut self, name: &str) -> Result<Nanos, SpecError> {
        let start = self.cursor;
        if self.cursor.word() != name {
            let reason = format!("expected `{name}=`, as in {}", self.usage);
            return Err(start.refuse(reason));
        }
        self.sign('=')?;
        self.positive(name)
    }
}

fn constant(parser: &mut Parser) -> Parsed {
    Ok(Shape::Constant(Constant(parser.duration()?)).into())
}

fn uniform(parser: &mut Parser) -> Parsed {
    let low = parser.duration()?;
    parser.sign(',')?;
    let start = parser.cursor;
    let high = parser.duration()?;
    if high < low {
        return Err(start.refuse(format!("HIGH must not be below LOW, which is {low}")));
    }
    Ok(Shape::Uniform(Uniform { low, high }).into())
}

fn normal(parser: &mut Parser) -> Parsed {
    let mean = parser.duration()?;
    parser.sign(',')?;
    let sd = parser.positive("SD")?;
    Ok(Shape::Normal(Normal { mean, sd }).into())
}

fn lognormal(parser: &mut Parser) -> Parsed {
    let p50 = parser.named("p50")?;
    parser.sign(',')?;
    let start = parser.cursor;
    let p99 = parser.named("p99")?;
    if p99 <= p50 {
        return Err(start.refuse(format!("p99 must be above p50, which is {p50}")));
    }
    Ok(Shape::LogNormal(LogNormal::new(p50, p99)).into())
}

fn exponential(parser: &mut Parser) -> Parsed {
    let mean = parser.positive("MEAN")?;
    Ok(Shape::Exponential(Exponential { mean }).into())
}

fn pareto(parser: &mut Parser) -> Parsed {
    let min = parser.positive("MIN")?;
    parser.sign(',')?;
    let start = parser.cursor;
    let alpha = parser.number("ALPHA")?;
    if alpha <= 0.0 || alpha > 1000.0 {
        return Err(start.refuse("ALPHA must be above 0 and at most 1000"));
    }
    Ok(Shape::Pareto(Pareto { min, alpha }).into())
}

fn quantiles(parser: &mut Parser) -> Parsed {
    let mut knots: Vec<Knot> = Vec::new();
    loop {
        let knot = knot(parser, knots.last())?;
        knots.push(knot);
        let end = parser.cursor;
        if !parser.cursor.take(',') {
            return if knots.last().is_some_and(|last| last.percent < 100.0) {
                Err(end.refuse("the last percentile must be 100, the longest delay"))
            } else {
                Ok(Shape::Quantiles(Quantiles::new(knots)).into())
            };
        }
    }
}

fn knot(parser: &mut Parser, last: Option<&Knot>) -> Result<Knot, SpecError> {
    let start = parser.cursor;
    parser.count()?;
    let percent = parser.number("a percentile")?;
    if percent > 100.0 {
        return Err(start.refuse("a percentile must not be above 100"));
    }
    parser.sign('=')?;
    let knot = Knot::new(percent, parser.duration()?);
    match last {
        Some(last) if knot.share <= last.share => Err(start.refuse(format!(
            "the percentile must be above the last, {}",
            last.percent
        ))),
        Some(last) if knot.value < last.value => Err(start.refuse(format!(
            "the delay must not be below the last, {}",
            last.value
        ))),
        _ => Ok(knot),
    }
}

fn mix(parser: &mut Parser) -> Parsed {
    let start = parser.cursor;
    let (mut parts, mut sum) = (Vec::new(), 0.0);
    loop {
        let at = parser.cursor;
        let weight = parser.number("a weight")?;
        if weight <= 0.0 {
            return Err(at.refuse("a weight must be above 0"));
        }
        sum += weight;
        parser.sign(':')?;
        parts.push(Part::new(weight, parser.delay()?));
        if !parser.cursor.take(',') {
            break;
        }
    }
    if (sum - 1.0_f64).abs() > WEIGHT_TOLERANCE {
        return Err(start.refuse(format!("the weights must sum to 1, not to {sum}")));
    }
    Ok(Shape::Mix(Mix::new(parts)).into())
}

fn capped(parser: &mut Parser) -> Parsed {
    let delay = parser.delay()?;
    parser.sign(',')?;
    let max = parser.duration()?;
    Ok(delay.capped(max.into()))
}
