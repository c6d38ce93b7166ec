//! The waits between the attempts of one export.

use std::time::Duration;

use super::attempts::{EARLY, JITTER, times};
use crate::judge::bounds::TICK;
use crate::{
    judge::Outcome,
    run::{Exchange, Recording},
    scenario::{TextDuration, check::GapsCheck},
};

/// Waits that differ by less than this part of themselves are the same wait. Spec: rules catalogue, OTLP-RTY-003.
const SAME: f64 = 0.005;

/// The least mean growth from one wait to the next. Spec: rules catalogue, OTLP-RTY-002.
const LEAST_GROWTH: f64 = 1.1;

/// The 99 % quantile of the normal distribution.
const QUANTILE_99: f64 = 2.326;

/// So many ratios make a mean that is nearly normal, where times are not exact.
const RATIOS: usize = 12;

/// In seconds; a shorter wait counts as one of this length, so that a ratio can be taken.
const SHORTEST: f64 = 0.000_1;

/// So many first waits make a median. Spec: rules catalogue, OTLP-RTY-004.
const FIRST_WAITS: usize = 12;

/// From the end of each attempt to the start of the next, per export with a retry.
pub(super) fn gaps(recording: &Recording, export: Option<u64>) -> Vec<Vec<Duration>> {
    let of = |attempts: &[&Exchange]| -> Vec<Duration> {
        attempts
            .windows(2)
            .map(|pair| {
                pair[1]
                    .at
                    .saturating_sub(pair[0].ended_at.unwrap_or(pair[0].at))
            })
            .collect()
    };
    let exports = match export {
        Some(number) => vec![super::attempts::nth(recording, number)],
        None => recording.exports(),
    };
    exports
        .iter()
        .map(|attempts| of(attempts))
        .filter(|gaps| !gaps.is_empty())
        .collect()
}

pub(super) fn judge(check: &GapsCheck, recording: &Recording) -> Vec<Outcome> {
    let gaps = gaps(recording, check.export);
    let all: Vec<Duration> = gaps.iter().flatten().copied().collect();
    let seen = format!("waits of {}", times(all.iter().copied()));
    let mut outcomes = Vec::new();
    if check.grow == Some(true) {
        outcomes.push(growth(&gaps, recording, &seen));
    }
    if let Some(least) = check.first_median_at_least {
        outcomes.push(first_median(&gaps, least, &seen));
    }
    if check.jittered == Some(true) {
        outcomes.push(jittered(&gaps, &seen));
    }
    if let Some(floor) = check.floor {
        let expected = format!("no wait shorter than {floor}");
        let least = if recording.is_exact() {
            floor.get().saturating_sub(TICK)
        } else {
            floor.get().mul_f64(1.0 - EARLY)
        };
        outcomes.push(with_waits(&all, expected, &seen, |gap| gap >= least));
    }
    if let Some(ceiling) = check.ceiling {
        let expected = format!("no wait longer than {ceiling}");
        outcomes.push(if recording.is_exact() {
            with_waits(&all, expected, &seen, |gap| gap <= ceiling.get() + TICK)
        } else {
            Outcome::nothing(expected, "upper bounds are judged in virtual time only")
        });
    }
    if let Some(nominal) = &check.nominal {
        let wanted: Vec<Duration> = nominal.iter().copied().map(TextDuration::get).collect();
        let expected = format!("waits of about {}", times(wanted.iter().copied()));
        let fits = |gaps: &Vec<Duration>| {
            gaps.len() == wanted.len()
                && gaps.iter().zip(&wanted).all(|(gap, wanted)| {
                    let least = wanted.mul_f64(1.0 - JITTER).saturating_sub(TICK);
                    let most = wanted.mul_f64(1.0 + JITTER) + TICK;
                    if recording.is_exact() {
                        (least..=most).contains(gap)
                    } else {
                        *gap >= least.mul_f64(1.0 - EARLY)
                    }
                })
        };
        outcomes.push(if gaps.is_empty() {
            Outcome::nothing(expected, "no retry")
        } else {
            Outcome::of(gaps.iter().all(fits), expected, seen)
        });
    }
    outcomes
}

fn with_waits(
    all: &[Duration],
    expected: String,
    seen: &str,
    holds: impl Fn(Duration) -> bool,
) -> Outcome {
    if all.is_empty() {
        Outcome::nothing(expected, "no retry")
    } else {
        Outcome::of(all.iter().all(|gap| holds(*gap)), expected, seen)
    }
}

/// Judges the pooled growth from each wait to the next. With jitter, single waits may shrink; only the mean may not.
///
/// Fails where the mean growth is below 1.1 with 99 % confidence (one-sided, normal approximation of the mean logarithm
/// of the ratios). A client that doubles its waits fails with less than that probability, whatever its jitter.
fn growth(gaps: &[Vec<Duration>], recording: &Recording, seen: &str) -> Outcome {
    let expected = format!(
        "waits that grow by a factor of {LEAST_GROWTH} or more on average (a client whose waits do fails with a probability below 1 %)"
    );
    let ratios: Vec<f64> = gaps
        .iter()
        .flat_map(|gaps| gaps.windows(2))
        .map(|pair| pair[1].as_secs_f64().max(SHORTEST) / pair[0].as_secs_f64().max(SHORTEST))
        .map(f64::ln)
        .collect();
    let enough = if recording.is_exact() { 2 } else { RATIOS };
    if ratios.len() < enough {
        return Outcome::nothing(
            expected,
            format!("{} pairs of waits, {enough} are needed", ratios.len()),
        );
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful of waits")]
    let count = ratios.len() as f64;
    let mean = ratios.iter().sum::<f64>() / count;
    let variance = ratios
        .iter()
        .map(|ratio| (ratio - mean).powi(2))
        .sum::<f64>()
        / (count - 1.0);
    let most = mean + QUANTILE_99 * (variance / count).sqrt();
    Outcome::of(
        most >= LEAST_GROWTH.ln(),
        expected,
        format!(
            "a factor of {:.2}, with 99 % confidence below {:.2}; {seen}",
            mean.exp(),
            most.exp()
        ),
    )
}

/// Jitter may bring single waits near zero, so the median is what tells whether there is a wait at all.
fn first_median(gaps: &[Vec<Duration>], least: TextDuration, seen: &str) -> Outcome {
    let expected = format!("a median first wait of {least} or more");
    let mut first: Vec<Duration> = gaps.iter().map(|gaps| gaps[0]).collect();
    first.sort_unstable();
    if first.len() < FIRST_WAITS {
        return Outcome::nothing(
            expected,
            format!("{} first waits, too few for a median", first.len()),
        );
    }
    let median = first[first.len() / 2];
    Outcome::of(
        median >= least.get(),
        expected,
        format!("a median of {}; {seen}", times([median])),
    )
}

/// How likely two waits with a jitter of 20 % are taken for the same wait, or for one and its double: each lies within
/// 0.5 % of a given value with less than half of this.
const BY_CHANCE: f64 = 0.05;

/// A fixed schedule has the same wait at the same place of every export, and doubles exactly within one. Two comparisons
/// are needed at least: then chance is ruled out with 99.75 %.
fn jittered(gaps: &[Vec<Duration>], seen: &str) -> Outcome {
    let expected = "waits that are not on a fixed schedule";
    let Schedule { compared, fixed } = fixed_schedule(gaps);
    if compared < 2 {
        return Outcome::nothing(expected, "too few waits to rule out chance");
    }
    let chance = BY_CHANCE.powi(compared);
    let expected = format!(
        "{expected} (waits with a jitter of 20 % look so with a probability below {chance:.0e})"
    );
    Outcome::of(!fixed, expected, seen)
}

/// Whether waits are on a fixed schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// How many pairs of waits were compared.
    pub(crate) compared: i32,
    /// Whether each of them fits a fixed schedule.
    pub(crate) fixed: bool,
}

/// Compares the waits of each export with one another, and with those at the same place of the next export.
pub(crate) fn fixed_schedule(gaps: &[Vec<Duration>]) -> Schedule {
    let same = |one: Duration, other: Duration| {
        let (one, other) = (one.as_secs_f64(), other.as_secs_f64());
        (one - other).abs() <= SAME * one.max(other)
    };
    let mut compared: i32 = 0;
    let mut fixed = true;
    for gaps in gaps {
        for pair in gaps.windows(2) {
            compared += 1;
            fixed &= same(pair[0] * 2, pair[1]) || same(pair[0], pair[1]);
        }
    }
    for pair in gaps.windows(2) {
        for (one, other) in pair[0].iter().zip(&pair[1]) {
            compared += 1;
            fixed &= same(*one, *other);
        }
    }
    Schedule { compared, fixed }
}
