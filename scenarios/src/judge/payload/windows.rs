//! The windows of a series over all payloads of a run.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::{Point, temporality::kind_of};
use crate::{
    judge::{Finding, Survey},
    run::Recording,
    scenario::{InstrumentKind, Temporality, check::DataType},
};

/// Clocks of one host may be read in any order within this, in nanoseconds.
const CLOCK_TOLERANCE: u64 = 10_000_000;

/// Spec: rules catalogue, OTLP-TMP-012: a wider spread within one collection fails.
const SPREAD: u64 = 100_000_000;

pub(super) fn judge(recording: &Recording, points: &[Point<'_>]) -> Vec<Finding> {
    let mut series: IndexMap<String, Vec<&Point<'_>>> = IndexMap::new();
    for point in points {
        series.entry(point.series()).or_default().push(point);
    }
    let places = places(recording, points);
    let mut surveys = Surveys::new();
    for points in series.values() {
        for pair in points.windows(2) {
            let [before, after] = pair else { continue };
            if before.exchange.ordinal == after.exchange.ordinal {
                // Twice in one payload is judged as OBX-PAY-001.
                continue;
            }
            if before.exchange.digest.is_some() && before.exchange.digest == after.exchange.digest {
                // The same payload once more is no collection of its own; whether it may come again is for other rules.
                continue;
            }
            surveys.times(recording, before, after);
            match (before.known_temporality(), after.known_temporality()) {
                (Some(Temporality::Cumulative), Some(Temporality::Cumulative)) => {
                    surveys.cumulative(recording, &places, before, after);
                }
                (Some(Temporality::Delta), Some(Temporality::Delta)) => {
                    surveys.delta(recording, before, after);
                }
                _ => {}
            }
        }
        for point in points {
            surveys.increments(recording, point);
        }
    }
    surveys.collections(recording, points);
    surveys.findings()
}

/// The place of each payload among the payloads of its resource, to see whether two are neighbours.
fn places(recording: &Recording, points: &[Point<'_>]) -> HashMap<(String, u64), usize> {
    let mut places = HashMap::new();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for exchange in recording.payloads() {
        let Some(point) = points
            .iter()
            .find(|point| point.exchange.ordinal == exchange.ordinal)
        else {
            continue;
        };
        let count = counts.entry(point.resource.as_str()).or_default();
        *count += 1;
        places.insert((point.resource.clone(), exchange.ordinal), *count);
    }
    places
}

struct Surveys {
    constant: Survey,
    advances: Survey,
    collected: Survey,
    shared: Survey,
    grows: Survey,
    once: Survey,
}

impl Surveys {
    fn new() -> Self {
        Self {
            constant: Survey::new(
                "OTLP-TMP-010",
                "the same start in every collection of a cumulative series",
                "pairs of cumulative points",
            ),
            advances: Survey::new(
                "OTLP-TMP-011",
                "no delta window starts before the end of the one before",
                "pairs of delta points",
            ),
            collected: Survey::new(
                "OTLP-TMP-012",
                "one time per collection, not after the arrival, later than the collection before",
                "collections",
            ),
            shared: Survey::new(
                "OTLP-TMP-013",
                "one start for all delta points of an instrument in a collection",
                "instruments in a collection",
            ),
            grows: Survey::new(
                "OTLP-TMP-018",
                "delta >= 0, and a cumulative sum that never falls within one start",
                "points of counters",
            ),
            once: Survey::new(
                "OTLP-TMP-024",
                "delta windows that neither overlap nor come again with other content",
                "pairs of delta points",
            ),
        }
    }

    fn times(&mut self, recording: &Recording, before: &Point<'_>, after: &Point<'_>) {
        self.collected.look((after.time <= before.time).then(|| {
            format!(
                "{}: time {} after {}",
                after.label(),
                Point::offset(recording, after.time),
                Point::offset(recording, before.time)
            )
        }));
    }

    fn cumulative(
        &mut self,
        recording: &Recording,
        places: &HashMap<(String, u64), usize>,
        before: &Point<'_>,
        after: &Point<'_>,
    ) {
        let place = |point: &Point<'_>| {
            places
                .get(&(point.resource.clone(), point.exchange.ordinal))
                .copied()
        };
        let kind = kind_of(recording, &after.metric.name);
        // A series of a callback that was away for a while may come back with a new start.
        let away = kind.is_none_or(InstrumentKind::is_observable)
            && place(before).map(|place| place + 1) != place(after);
        if !away {
            self.constant.look((before.start != after.start).then(|| {
                format!(
                    "{}: start {}, then {}",
                    after.label(),
                    Point::offset(recording, before.start),
                    Point::offset(recording, after.start)
                )
            }));
        }
        if is_counted(kind, after)
            && before.start == after.start
            && let (Some(less), Some(more)) = (before.amount(), after.amount())
        {
            self.grows
                .look((more < less).then(|| format!("{}: {less}, then {more}", after.label())));
        }
    }

    fn delta(&mut self, recording: &Recording, before: &Point<'_>, after: &Point<'_>) {
        let windows = || {
            format!(
                "{}: {}..{}, then {}..{}",
                after.label(),
                Point::offset(recording, before.start),
                Point::offset(recording, before.time),
                Point::offset(recording, after.start),
                Point::offset(recording, after.time)
            )
        };
        // The first window may be empty: the data model has it so where a start is not known, and the next one starts at
        // its end, which is its start.
        let advances = after.start >= before.time && after.time > before.start;
        self.advances.look((!advances).then(windows));
        let same = (before.start, before.time) == (after.start, after.time);
        let overlap = after.start < before.time && before.start < after.time;
        let again = if same {
            before.content() != after.content()
        } else {
            overlap
        };
        self.once.look(again.then(windows));
    }

    fn increments(&mut self, recording: &Recording, point: &Point<'_>) {
        let kind = kind_of(recording, &point.metric.name);
        if point.known_temporality() == Some(Temporality::Delta)
            && is_counted(kind, point)
            && let Some(amount) = point.amount()
        {
            self.grows
                .look((amount < 0.0).then(|| format!("{}: delta {amount}", point.label())));
        }
    }

    fn collections(&mut self, recording: &Recording, points: &[Point<'_>]) {
        let mut collections: IndexMap<(u64, &str), Vec<&Point<'_>>> = IndexMap::new();
        for point in points {
            collections
                .entry((point.exchange.ordinal, point.resource.as_str()))
                .or_default()
                .push(point);
        }
        for points in collections.values() {
            let (Some(first), Some(last)) = (
                points.iter().min_by_key(|point| point.time),
                points.iter().max_by_key(|point| point.time),
            ) else {
                continue;
            };
            let arrival = first.exchange.wall_unix_nano;
            let tolerance = if recording.is_exact() {
                0
            } else {
                CLOCK_TOLERANCE
            };
            self.collected
                .look(if last.time > arrival.saturating_add(tolerance) {
                    Some(format!(
                        "{}: time {}, arrived at {}",
                        last.label(),
                        Point::offset(recording, last.time),
                        Point::offset(recording, arrival)
                    ))
                } else if last.time - first.time > SPREAD {
                    Some(format!(
                        "{} has time {}, {} has {}",
                        first.label(),
                        Point::offset(recording, first.time),
                        last.label(),
                        Point::offset(recording, last.time)
                    ))
                } else {
                    None
                });
            let mut starts: IndexMap<(&str, &str), u64> = IndexMap::new();
            for point in points
                .iter()
                .filter(|point| point.known_temporality() == Some(Temporality::Delta))
            {
                let key = (point.scope.as_str(), point.metric.name.as_str());
                let start = *starts.entry(key).or_insert(point.start);
                self.shared.look((start != point.start).then(|| {
                    format!(
                        "{} starts at {}, another point of it at {}",
                        point.label(),
                        Point::offset(recording, point.start),
                        Point::offset(recording, start)
                    )
                }));
            }
        }
    }

    fn findings(self) -> Vec<Finding> {
        [
            self.constant,
            self.advances,
            self.collected,
            self.shared,
            self.grows,
            self.once,
        ]
        .into_iter()
        .filter_map(Survey::finding)
        .collect()
    }
}

/// Whether a sum of this instrument may only grow: a synchronous counter, whose increments a scenario keeps positive.
fn is_counted(kind: Option<InstrumentKind>, point: &Point<'_>) -> bool {
    kind == Some(InstrumentKind::Counter) && point.data == DataType::Sum
        || kind == Some(InstrumentKind::Histogram) && point.data == DataType::Histogram
}
