//! Windows of accepted payloads.

use std::time::Duration;

use indexmap::IndexMap;

use crate::{
    judge::{
        Outcome,
        payload::{Point, points_of},
        seconds,
    },
    run::{Accepted, Recording},
    scenario::{Temporality, TextDuration, check::WindowsCheck},
};

/// How exact windows are in virtual time, in nanoseconds.
const TICK: u64 = 1_000_000;

pub(super) fn judge(check: &WindowsCheck, recording: &Recording) -> Vec<Outcome> {
    let points: Vec<Point<'_>> = recording
        .attempts()
        .filter(|exchange| exchange.accepted != Accepted::No)
        .flat_map(points_of)
        .filter(|point| {
            check
                .instrument
                .as_ref()
                .is_none_or(|name| *name == point.metric.name)
        })
        .collect();
    let series = |temporality: Temporality| {
        let mut series: IndexMap<String, Vec<(u64, u64)>> = IndexMap::new();
        for point in points
            .iter()
            .filter(|point| point.known_temporality() == Some(temporality))
        {
            let windows = series.entry(point.series()).or_default();
            if windows.last() != Some(&(point.start, point.time)) {
                windows.push((point.start, point.time));
            }
        }
        series
    };
    let mut outcomes = Vec::new();
    if check.contiguous.is_some() || check.gap.is_some() {
        let delta = series(Temporality::Delta);
        let gaps: Vec<u64> = delta
            .values()
            .flat_map(|windows| {
                windows
                    .windows(2)
                    .map(|pair| pair[1].0.saturating_sub(pair[0].1))
            })
            .collect();
        if let Some(wanted) = check.contiguous {
            outcomes.push(contiguous(wanted, &gaps));
        }
        if let Some(wanted) = check.gap {
            outcomes.push(gap(check, wanted.get(), &delta, recording));
        }
    }
    if let Some(wanted) = check.fixed_start {
        let cumulative = series(Temporality::Cumulative);
        let expected = if wanted {
            "one start for each cumulative series"
        } else {
            "a start that changes"
        };
        let pairs = cumulative
            .values()
            .map(|windows| windows.len().saturating_sub(1))
            .sum::<usize>();
        let fixed = cumulative
            .values()
            .all(|windows| windows.iter().all(|window| window.0 == windows[0].0));
        let starts: Vec<String> = cumulative
            .values()
            .flatten()
            .map(|window| Point::offset(recording, window.0))
            .collect();
        outcomes.push(if pairs == 0 {
            Outcome::nothing(expected, "fewer than two accepted payloads")
        } else {
            Outcome::of(
                fixed == wanted,
                expected,
                format!("starts {}", starts.join(", ")),
            )
        });
    }
    outcomes
}

fn contiguous(wanted: bool, gaps: &[u64]) -> Outcome {
    let expected = if wanted {
        "windows without a gap"
    } else {
        "a gap between windows"
    };
    if gaps.is_empty() {
        return Outcome::nothing(expected, "fewer than two accepted windows");
    }
    let texts: Vec<String> = gaps
        .iter()
        .map(|gap| seconds(Duration::from_nanos(*gap)))
        .collect();
    let contiguous = gaps.iter().all(|gap| *gap == 0);
    Outcome::of(
        contiguous == wanted,
        expected,
        format!("gaps of {}", texts.join(", ")),
    )
}

/// The gaps of the series that has the most of them: idle series have none.
fn gap(
    check: &WindowsCheck,
    wanted: Duration,
    delta: &IndexMap<String, Vec<(u64, u64)>>,
    recording: &Recording,
) -> Outcome {
    let expected = format!("gaps of {} in all", seconds(wanted));
    // A machine that stalls makes gaps longer, and never shorter.
    let (shorter, longer) = match check.tolerance.map(TextDuration::get) {
        Some(tolerance) => (tolerance, tolerance),
        None if recording.is_exact() => (Duration::from_nanos(TICK), Duration::from_nanos(TICK)),
        None => (wanted / 3, Duration::MAX),
    };
    let total = delta
        .values()
        .filter(|windows| windows.len() > 1)
        .map(|windows| {
            windows
                .windows(2)
                .map(|pair| pair[1].0.saturating_sub(pair[0].1))
                .sum::<u64>()
        })
        .max();
    let Some(total) = total else {
        return Outcome::nothing(expected, "fewer than two accepted windows");
    };
    let total = Duration::from_nanos(total);
    Outcome::of(
        wanted.saturating_sub(total) <= shorter && total.saturating_sub(wanted) <= longer,
        expected,
        format!("gaps of {} in all", seconds(total)),
    )
}
