//! Whether the exporter's timeout covers all attempts of an export or each of them, where that shows.

use std::time::Duration;

use super::{Fact, delivery::calls, fact, harm::DEFAULT_TIMEOUT};
use crate::{
    judge::seconds,
    run::{End, Exchange, Recording},
    scenario::{CallResult, TextDuration},
    verdict::Subject,
};

/// Times that differ by less than this part of the timeout are the same time: clocks, roundings and a busy machine.
const SAME: f64 = 0.1;

/// The default of the limits above the exporter: of the reader, and of a batch processor.
/// Spec: OpenTelemetry 1.60.0, "Environment Variable Specification".
const DEFAULT_CYCLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The exporter's timeout as the cell sets it, in code or by the signal's variable before the general one; else the
/// default.
pub(super) fn exporter_timeout(recording: &Recording) -> Duration {
    let cell = &recording.cell;
    if let Some(timeout) = cell.configuration.exporter_timeout {
        return timeout.get();
    }
    let signal = cell.id.signal.to_string().to_uppercase();
    [
        format!("OTEL_EXPORTER_OTLP_{signal}_TIMEOUT"),
        "OTEL_EXPORTER_OTLP_TIMEOUT".to_owned(),
    ]
    .iter()
    .find_map(|name| milliseconds(recording, name))
    .unwrap_or(DEFAULT_TIMEOUT)
}

/// A variable that is a number of milliseconds, and not zero.
fn milliseconds(recording: &Recording, name: &str) -> Option<Duration> {
    let millis: u64 = recording.cell.env.get(name)?.parse().ok()?;
    (millis > 0).then(|| Duration::from_millis(millis))
}

/// The limit above the exporter's: of the reader's cycle, or of a batch processor's export.
fn cycle_timeout(recording: &Recording) -> Duration {
    let configuration = &recording.cell.configuration;
    configuration
        .timeout
        .or(configuration.export_timeout)
        .map(TextDuration::get)
        .or_else(|| {
            [
                "OTEL_METRIC_EXPORT_TIMEOUT",
                "OTEL_BSP_EXPORT_TIMEOUT",
                "OTEL_BLRP_EXPORT_TIMEOUT",
            ]
            .iter()
            .find_map(|name| milliseconds(recording, name))
        })
        .unwrap_or(DEFAULT_CYCLE_TIMEOUT)
}

/// What the first export says that says anything.
pub(super) fn scope(recording: &Recording) -> Option<Fact> {
    if recording.cell.configuration.attempt_timeout.is_some() {
        return None;
    }
    let timeout = exporter_timeout(recording);
    recording
        .exports()
        .iter()
        .find_map(|attempts| {
            by_deadlines(attempts).or_else(|| by_ends(attempts, timeout, recording))
        })
        .map(|(value, evidence)| fact(Subject::TimeoutScope, value, evidence))
}

const ALL: &str = "all attempts together";
const EACH: &str = "each attempt";

/// gRPC clients say how long they will wait: what is left, or as long as the first time.
fn by_deadlines(attempts: &[&Exchange]) -> Option<(&'static str, String)> {
    let (first, last) = (attempts.first()?, attempts.last()?);
    let (one, other) = (first.client_deadline?, last.client_deadline?);
    let passed = last.at.checked_sub(first.at)?;
    // A difference that is too small to be told from how long a client takes to send.
    if attempts.len() < 2 || passed < one.mul_f64(SAME) {
        return None;
    }
    let shorter = one.saturating_sub(other).as_secs_f64() / passed.as_secs_f64();
    let evidence = format!(
        "export {}: a deadline of {} in attempt 1, and of {} in attempt {}, {} later",
        first.export.unwrap_or_default(),
        seconds(one),
        seconds(other),
        last.attempt,
        seconds(passed)
    );
    if shorter < 0.25 {
        Some((EACH, evidence))
    } else if (0.75..1.25).contains(&shorter) {
        Some((ALL, evidence))
    } else {
        None
    }
}

/// An attempt that begins when the timeout of the export is long over has one of its own; one that the client cuts short
/// when the export's time is over has not.
fn by_ends(
    attempts: &[&Exchange],
    timeout: Duration,
    recording: &Recording,
) -> Option<(&'static str, String)> {
    let (first, last) = (attempts.first()?, attempts.last()?);
    if attempts.len() < 2 {
        return None;
    }
    let begins = last.at.checked_sub(first.at)?;
    let number = first.export.unwrap_or_default();
    if begins > timeout.mul_f64(1.0 + SAME) {
        let evidence = format!(
            "export {number}: attempt {} began {} after the first, with a timeout of {}",
            last.attempt,
            seconds(begins),
            seconds(timeout)
        );
        return Some((EACH, evidence));
    }
    let is_alone = cycle_timeout(recording) > timeout.mul_f64(1.0 + 2.0 * SAME)
        && !calls(recording).any(|called| called.record.result() == Some(CallResult::Timeout));
    if last.end != End::ClientGone || begins < timeout.mul_f64(2.0 * SAME) || !is_alone {
        return None;
    }
    let ended = last.ended_at?.checked_sub(first.at)?;
    let own = ended.checked_sub(begins)?;
    let is_about =
        |time: Duration| (timeout.mul_f64(1.0 - SAME)..timeout.mul_f64(1.0 + SAME)).contains(&time);
    let evidence = format!(
        "export {number}: attempt {} was cut short after {}, {} after the first began, with a timeout of {}",
        last.attempt,
        seconds(own),
        seconds(ended),
        seconds(timeout)
    );
    match (is_about(ended), is_about(own)) {
        (true, false) => Some((ALL, evidence)),
        (false, true) => Some((EACH, evidence)),
        _ => None,
    }
}
