//! Each point says what was recorded in its window, and what lies between two windows was given up and counted.

use std::time::Duration;

use indexmap::IndexMap;

use super::{limits, outcome};
use crate::judge::payload::{Point, points_of};
use crate::judge::{Outcome, Survey, bounds::TICK, checks, seconds};
use crate::run::{Emission, Recording};
use crate::scenario::{CallResult, DropPolicy, InstrumentKind, Temporality};

const EXPECTED: &str =
    "points that say what was recorded in their windows, and no gap that nobody counted";

pub(super) fn judge(recording: &Recording) -> Outcome {
    let mut survey = Survey::new("OBX-INV-006", EXPECTED, "points and gaps");
    let points: Vec<Point<'_>> = recording.payloads().flat_map(points_of).collect();
    let mut series: IndexMap<String, Vec<&Point<'_>>> = IndexMap::new();
    for point in &points {
        let kind = kind_of(recording, point);
        if matches!(
            kind,
            Some(InstrumentKind::Counter | InstrumentKind::Histogram)
        ) {
            series.entry(point.series()).or_default().push(point);
        }
    }
    let mut gaps = Gaps::default();
    for points in series.values() {
        let Some(first) = points.first() else {
            continue;
        };
        let recorded = Recorded::of(recording, first);
        for point in points {
            survey.look(recorded.contradicts(point, recording));
        }
        if first.known_temporality() == Some(Temporality::Delta) {
            gaps.find(points, &recorded, recording);
        }
    }
    gaps.judge(recording, &mut survey);
    outcome(survey, EXPECTED)
}

fn kind_of(recording: &Recording, point: &Point<'_>) -> Option<InstrumentKind> {
    let mut known = recording.cell.instruments.iter();
    known
        .find(|instrument| instrument.name == point.metric.name)
        .map(|instrument| instrument.kind)
}

/// A time of the wall clock as time since the start.
fn since_start(recording: &Recording, unix_nano: u64) -> Duration {
    Duration::from_nanos(unix_nano.saturating_sub(recording.epoch_unix_nano))
}

/// What was recorded for one series.
struct Recorded<'a>(Vec<(&'a Emission, f64)>);

impl<'a> Recorded<'a> {
    fn of(recording: &'a Recording, point: &Point<'_>) -> Self {
        Self(
            recording
                .emissions
                .iter()
                .filter(|emission| {
                    emission.instrument == point.metric.name
                        && checks::has_attributes(point, &emission.attributes)
                })
                .filter_map(|emission| Some((emission, checks::added(emission)?)))
                .collect(),
        )
    }

    /// What was recorded for certain between the two.
    fn within(&self, from: Duration, to: Duration) -> f64 {
        self.sum(|at| at > from + TICK && at + TICK < to)
    }

    /// The most that may have been recorded between the two: what comes at the very time of a collection is in either of
    /// two windows.
    fn at_most_within(&self, from: Duration, to: Duration) -> f64 {
        self.sum(|at| at + TICK >= from && at <= to + TICK)
    }

    fn sum(&self, is_in: impl Fn(Duration) -> bool) -> f64 {
        let all = self.0.iter();
        all.filter(|(emission, _)| is_in(emission.at))
            .map(|(_, added)| added)
            .sum()
    }

    /// What is wrong with the amount of `point`, if anything is.
    fn contradicts(&self, point: &Point<'_>, recording: &Recording) -> Option<String> {
        let amount = point.amount()?;
        let end = since_start(recording, point.time);
        let start = match point.known_temporality()? {
            Temporality::Delta => since_start(recording, point.start),
            // The first measurement may come at the very time of the start.
            Temporality::Cumulative => Duration::ZERO,
        };
        let (least, most) = match point.known_temporality()? {
            Temporality::Delta => (self.within(start, end), self.at_most_within(start, end)),
            Temporality::Cumulative => (
                self.sum(|at| at + TICK < end),
                self.at_most_within(start, end),
            ),
        };
        let tolerance = 1e-6 * most.abs().max(1.0);
        let holds = (least - tolerance..=most + tolerance).contains(&amount);
        (!holds).then(|| {
            format!(
                "{} of {} to {} is {amount}, recorded was {least} to {most}",
                point.label(),
                seconds(start),
                seconds(end)
            )
        })
    }
}

/// Times between delta windows in which something was recorded.
#[derive(Default)]
struct Gaps(IndexMap<(Duration, Duration), String>);

impl Gaps {
    fn find(&mut self, points: &[&Point<'_>], recorded: &Recorded<'_>, recording: &Recording) {
        let mut covered = Duration::ZERO;
        // They may have arrived in another order than they were sent.
        let mut points = points.to_vec();
        points.sort_by_key(|point| (point.start, point.time));
        for point in &points {
            let start = since_start(recording, point.start);
            self.note(covered, start, point, recorded);
            covered = covered.max(since_start(recording, point.time));
        }
        // After a shutdown that succeeded nothing waits any more.
        if let Some(shutdown) = limits::shutdown(recording)
            && shutdown.record.result() == Some(CallResult::Ok)
            && let Some(last) = points.last()
        {
            self.note(covered, shutdown.record.at, last, recorded);
        }
    }

    fn note(&mut self, from: Duration, to: Duration, point: &Point<'_>, recorded: &Recorded<'_>) {
        let missing = recorded.within(from, to);
        if missing > 0.0 {
            self.0.entry((from, to)).or_insert_with(|| {
                format!(
                    "{missing} of {} between {} and {}",
                    point.label(),
                    seconds(from),
                    seconds(to)
                )
            });
        }
    }

    /// A gap is what an export would have carried that never got as far as the wire; where such exports are carried over,
    /// what was counted as lost.
    fn judge(self, recording: &Recording, survey: &mut Survey) {
        let Some(counters) = recording.inside.as_ref().and_then(|inside| inside.counters) else {
            return;
        };
        let carries_over = recording
            .cell
            .configuration
            .drop_policy
            .is_some_and(|policy: DropPolicy| policy.carries_over().is_some());
        // A window that was on the wire is no gap, delivered or not.
        let unseen = counters
            .exports
            .saturating_sub(super::exports(recording).len() as u64);
        let is_told = if carries_over {
            counters.dropped_items > 0
        } else {
            unseen > 0 && counters.failed + counters.abandoned > 0
        };
        for text in self.0.into_values() {
            survey.look((!is_told).then(|| format!("{text} is in no window, and nothing is lost")));
        }
    }
}
