//! The waits between the attempts of one export.

use std::time::Duration;

use super::attempts::{EARLY, JITTER, TICK, times};
use crate::{
    judge::Outcome,
    run::{Exchange, Recording},
    scenario::{TextDuration, check::GapsCheck},
};

/// Waits that differ by less than this part of themselves are the same wait. Spec: rules catalogue, OTLP-RTY-003.
const SAME: f64 = 0.005;

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
        let expected = "each wait longer than the one before";
        outcomes.push(if gaps.iter().all(|gaps| gaps.len() < 2) {
            Outcome::nothing(expected, "fewer than two waits in every export")
        } else {
            let grow = gaps
                .iter()
                .all(|gaps| gaps.windows(2).all(|pair| pair[1] > pair[0]));
            Outcome::of(grow, expected, seen.clone())
        });
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

/// A fixed schedule has the same wait at the same place of every export, and doubles exactly within one.
fn jittered(gaps: &[Vec<Duration>], seen: &str) -> Outcome {
    let expected = "waits that are not on a fixed schedule";
    let same = |one: Duration, other: Duration| {
        let (one, other) = (one.as_secs_f64(), other.as_secs_f64());
        (one - other).abs() <= SAME * one.max(other)
    };
    let mut compared = 0;
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
    if compared == 0 {
        Outcome::nothing(expected, "fewer than two waits")
    } else {
        Outcome::of(!fixed, expected, seen)
    }
}
