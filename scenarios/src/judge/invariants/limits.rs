//! The time limits that a cell sets.

use std::time::Duration;

use otelbox_mock_collector::Signal;

use crate::judge::payload::says_ends_alone;
use crate::run::{Exchange, Recording};
use crate::scenario::{Call, Step, TextDuration};

/// Spec: OpenTelemetry 1.60.0, "OTLP Exporter", Timeout.
const EXPORTER_TIMEOUT: Duration = Duration::from_secs(10);

/// Spec: OpenTelemetry 1.60.0, "Environment Variable Specification", `OTEL_METRIC_EXPORT_TIMEOUT` and
/// `OTEL_BSP_EXPORT_TIMEOUT`.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(30);

/// The limit of a call that is given none. Our choice.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// The limit of a cycle of the reader, where the cell sets what it comes from.
pub(super) fn cycle(recording: &Recording) -> Duration {
    let configuration = &recording.cell.configuration;
    match (configuration.timeout, configuration.interval) {
        (Some(timeout), _) => timeout.get(),
        // Spec: our choice, OBX-CYC-005.
        (None, Some(interval)) => EXPORT_TIMEOUT.min(interval.get() * 2 / 3),
        (None, None) => EXPORT_TIMEOUT,
    }
}

/// The limit of one export over all attempts and waits, of which this is the first. No cycle limits the last of all over remote
/// write, which is sent after it.
pub(super) fn export(recording: &Recording, first: &Exchange) -> Duration {
    let configuration = &recording.cell.configuration;
    let own = configuration
        .exporter_timeout
        .map_or(EXPORTER_TIMEOUT, TextDuration::get);
    if says_ends_alone(first) {
        return own;
    }
    let above = match recording.cell.id.signal {
        Signal::Metrics | Signal::Profiles => cycle(recording),
        Signal::Traces | Signal::Logs => configuration
            .export_timeout
            .map_or(EXPORT_TIMEOUT, TextDuration::get),
    };
    own.min(above)
}

/// The limit of a call.
pub(super) fn call(call: &Call) -> Duration {
    call.timeout.map_or(CALL_LIMIT, TextDuration::get)
}

/// A call of `force_flush` or `shutdown` that was made.
pub(super) struct Called<'a> {
    pub(super) name: &'static str,
    pub(super) limit: Duration,
    pub(super) record: &'a crate::run::StepRecord,
}

/// The calls that were made, in order.
pub(super) fn calls(recording: &Recording) -> impl Iterator<Item = Called<'_>> {
    recording.steps.iter().filter_map(|record| {
        let (name, limit) = match recording.cell.steps.get(record.index)? {
            Step::ForceFlush(made) => ("force_flush", call(made)),
            Step::Shutdown(made) => ("shutdown", call(made)),
            _ => return None,
        };
        Some(Called {
            name,
            limit,
            record,
        })
    })
}

/// The first shutdown.
pub(super) fn shutdown(recording: &Recording) -> Option<Called<'_>> {
    calls(recording).find(|called| called.name == "shutdown")
}
