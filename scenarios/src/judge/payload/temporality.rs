//! Temporality, monotonicity and the plausibility of times, point by point.

use opentelemetry_proto::tonic::metrics::v1::AggregationTemporality;

use super::Point;
use crate::{
    judge::{Finding, Survey},
    run::Recording,
    scenario::InstrumentKind,
};

/// 2020-01-01T00:00:00Z: no clock of a machine that runs this is older.
const PLAUSIBLE_FROM: u64 = 1_577_836_800_000_000_000;

/// How far ahead of the receiver's clock a time may be: a day, in nanoseconds.
const DAY: u64 = 86_400_000_000_000;

pub(super) fn judge(recording: &Recording, points: &[Point<'_>]) -> Vec<Finding> {
    let mut specified = Survey::new(
        "OTLP-TMP-006",
        "delta or cumulative temporality",
        "points of sums and histograms",
    );
    let mut times = Survey::new(
        "OTLP-TMP-017",
        "a plausible time, and a start that is 0 or not after it",
        "points",
    );
    let mut monotonic = Survey::new(
        "OTLP-TMP-019",
        "is_monotonic for counters, not for up-down counters",
        "points of sums",
    );
    for point in points {
        if let Some(number) = point.temporality {
            specified.look(match AggregationTemporality::try_from(number) {
                Ok(AggregationTemporality::Delta | AggregationTemporality::Cumulative) => None,
                Ok(AggregationTemporality::Unspecified) | Err(_) => {
                    Some(format!("{} has temporality {number}", point.label()))
                }
            });
        }
        times.look(wrong_times(recording, point));
        if let (Some(given), Some(kind)) = (point.monotonic, kind_of(recording, &point.metric.name))
            && let Some(wanted) = monotonic_of(kind)
        {
            monotonic.look((given != wanted).then(|| {
                format!(
                    "{} of a {} says is_monotonic: {given}",
                    point.label(),
                    kind.name()
                )
            }));
        }
    }
    [specified, times, monotonic]
        .into_iter()
        .filter_map(Survey::finding)
        .collect()
}

/// The kind of the instrument of that name; none where a view may have renamed it.
pub(super) fn kind_of(recording: &Recording, name: &str) -> Option<InstrumentKind> {
    recording
        .cell
        .instruments
        .iter()
        .find(|instrument| instrument.name == name)
        .map(|instrument| instrument.kind)
}

fn monotonic_of(kind: InstrumentKind) -> Option<bool> {
    match kind {
        InstrumentKind::Counter | InstrumentKind::ObservableCounter => Some(true),
        InstrumentKind::UpDownCounter | InstrumentKind::ObservableUpDownCounter => Some(false),
        InstrumentKind::Histogram | InstrumentKind::Gauge | InstrumentKind::ObservableGauge => None,
    }
}

fn wrong_times(recording: &Recording, point: &Point<'_>) -> Option<String> {
    let label = point.label();
    let latest = point.exchange.wall_unix_nano.saturating_add(DAY);
    let offset = |time| Point::offset(recording, time);
    if point.time == 0 {
        Some(format!("{label} has no time"))
    } else if point.start > point.time {
        Some(format!(
            "{label} starts at {} and ends at {}",
            offset(point.start),
            offset(point.time)
        ))
    } else {
        [point.start, point.time]
            .into_iter()
            .find(|time| *time != 0 && !(PLAUSIBLE_FROM..latest).contains(time))
            .map(|time| format!("{label} has time {time}"))
    }
}
