//! Exports: how many, when, and whether they overlap or repeat.

use std::{collections::HashSet, time::Duration};

use super::{
    amount,
    attempts::{EARLY, times},
};
use crate::judge::bounds::{self, TICK};
use crate::{
    judge::{
        Grade, Outcome,
        payload::{item_keys, points_of},
        seconds,
    },
    run::{End, Exchange, Recording},
    scenario::{Temporality, TextDuration, check::ExportsCheck},
};

pub(super) fn judge(check: &ExportsCheck, recording: &Recording) -> Vec<Outcome> {
    let exports = recording.exports();
    let starts: Vec<Duration> = exports
        .iter()
        .filter_map(|attempts| attempts.first())
        .map(|first| first.at)
        .collect();
    let mut outcomes = amount(
        "export",
        exports.len() as u64,
        check.count,
        check.at_least,
        check.at_most,
    );
    let tolerance = check.tolerance.map_or(TICK, TextDuration::get);
    let fits = |actual: Duration, wanted: Duration| {
        if recording.is_exact() {
            actual + tolerance >= wanted && actual <= wanted + tolerance
        } else {
            let early = check
                .tolerance
                .map_or(wanted.mul_f64(EARLY), TextDuration::get);
            actual + early >= wanted
        }
    };
    let seen = format!("exports at {}", times(starts.iter().copied()));
    if let Some(wanted) = &check.at {
        let wanted: Vec<Duration> = wanted.iter().copied().map(TextDuration::get).collect();
        let holds = wanted.len() == starts.len()
            && starts
                .iter()
                .zip(&wanted)
                .all(|(start, wanted)| fits(*start, *wanted));
        outcomes.push(Outcome::of(
            holds,
            format!("exports at {}", times(wanted)),
            seen.clone(),
        ));
    }
    if let Some(interval) = check.interval {
        let expected = format!("exports {interval} apart");
        outcomes.push(if starts.len() < 2 {
            Outcome::nothing(expected, "fewer than two exports")
        } else {
            let holds = starts
                .windows(2)
                .all(|pair| fits(pair[1].saturating_sub(pair[0]), interval.get()));
            Outcome::of(holds, expected, seen)
        });
    }
    if check.never_overlap == Some(true) {
        outcomes.push(never_overlap(&exports, recording));
    }
    if check.distinct == Some(true) {
        outcomes.push(distinct(&exports));
    }
    let carried = || {
        exports
            .iter()
            .filter_map(|attempts| attempts.first()?.items)
            .collect::<Vec<u64>>()
    };
    let numbers = |numbers: &[u64]| {
        let texts: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        format!("exports of {} items", texts.join(", "))
    };
    if let Some(wanted) = &check.items {
        let actual = carried();
        outcomes.push(Outcome::of(
            actual == *wanted,
            numbers(wanted),
            numbers(&actual),
        ));
    }
    if let Some(wanted) = check.items_at_most {
        let expected = format!("at most {wanted} items in each export");
        let actual = carried();
        outcomes.push(match actual.iter().max() {
            None => Outcome::nothing(expected, "no export with a readable payload"),
            Some(most) => Outcome::of(*most <= wanted, expected, numbers(&actual)),
        });
    }
    if let Some(wanted) = check.accepted {
        let accepted = exports
            .iter()
            .filter(|attempts| attempts.iter().any(|attempt| attempt.is_acknowledged()))
            .count();
        outcomes.extend(amount(
            "accepted export",
            accepted as u64,
            Some(wanted),
            None,
            None,
        ));
    }
    outcomes
}

pub(crate) fn never_overlap(exports: &[Vec<&Exchange>], recording: &Recording) -> Outcome {
    let expected = "an export begins after the one before has ended";
    if exports.len() < 2 {
        return Outcome::nothing(expected, "fewer than two exports");
    }
    let ends_and_starts = exports.windows(2).filter_map(|pair| {
        let (last, next) = (pair[0].last()?, pair[1].first()?);
        let ended = match last.end {
            End::Answered | End::Broken | End::ClientGone => last.ended_at?,
            End::Open => return None,
        };
        Some((ended, next.at))
    });
    // The end of the one before is seen late on a machine that is late.
    let overlap = |(ended, next): (Duration, Duration)| {
        let grade = if recording.is_exact() && next < ended {
            Grade::Failed
        } else {
            bounds::grade(ended, next, recording)
        };
        (grade, ended, next)
    };
    let worst = ends_and_starts
        .map(overlap)
        .max_by_key(|(grade, ..)| *grade);
    let seen = format!("{} exports", exports.len());
    match worst {
        Some((grade, ended, next)) if grade != Grade::Passed => {
            let (next, ended) = (seconds(next), seconds(ended));
            let actual = format!("one began at {next} while another ran until {ended}");
            bounds::outcome([grade], expected, actual, recording)
        }
        _ => Outcome::of(true, expected, seen),
    }
}

fn distinct(exports: &[Vec<&Exchange>]) -> Outcome {
    let expected = "no export carries data of an earlier one again";
    if exports.len() < 2 {
        return Outcome::nothing(expected, "fewer than two exports");
    }
    let mut digests = HashSet::new();
    let mut windows = HashSet::new();
    let mut items = HashSet::new();
    for first in exports.iter().filter_map(|attempts| attempts.first()) {
        let again = |what: &str| {
            Outcome::of(
                false,
                expected,
                format!("the export at {} has {what} again", seconds(first.at)),
            )
        };
        if first
            .digest
            .as_ref()
            .is_some_and(|digest| !digests.insert(digest))
        {
            return again("an earlier payload");
        }
        if item_keys(first).into_iter().any(|key| !items.insert(key)) {
            return again("an earlier item");
        }
        for point in points_of(first) {
            if point.known_temporality() == Some(Temporality::Delta)
                && !windows.insert((point.series(), point.start))
            {
                return again("an earlier window");
            }
        }
    }
    Outcome::of(
        true,
        expected,
        format!("{} exports compared", exports.len()),
    )
}
