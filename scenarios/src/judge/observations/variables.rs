//! What a variable does whose value means nothing: the SDK refuses to start, starts and says so, or starts in silence.

use std::time::Duration;

use super::{Fact, fact};
use crate::{
    run::{Exchange, Recording, RunEnd},
    scenario::{MILLISECOND_VARIABLES, check::LogLevel},
    verdict::Subject,
};

/// Ends of the names of variables that are numbers of things.
const NUMBERS: [&str; 4] = [
    "_MAX_QUEUE_SIZE",
    "_MAX_EXPORT_BATCH_SIZE",
    "_COUNT_LIMIT",
    "_LENGTH_LIMIT",
];

/// Ends of the names of variables that are one of a few words, which are read whatever their case.
const WORDS: [(&str, &[&str]); 5] = [
    ("_PROTOCOL", &["grpc", "http/protobuf", "http/json"]),
    ("_COMPRESSION", &["gzip", "none"]),
    (
        "_TEMPORALITY_PREFERENCE",
        &["cumulative", "delta", "lowmemory"],
    ),
    (
        "_DEFAULT_HISTOGRAM_AGGREGATION",
        &[
            "explicit_bucket_histogram",
            "base2_exponential_bucket_histogram",
        ],
    ),
    ("_INSECURE", &["true", "false"]),
];

/// Whether the value of a variable of the specification means nothing. Empty values do: they mean that it is unset.
fn is_bad(name: &str, value: &str) -> bool {
    if value.is_empty() || !name.starts_with("OTEL_") {
        return false;
    }
    if MILLISECOND_VARIABLES.contains(&name) || NUMBERS.iter().any(|end| name.ends_with(end)) {
        return value.parse::<u64>().is_err();
    }
    WORDS.iter().any(|(end, words)| {
        name.ends_with(end) && !words.iter().any(|word| word.eq_ignore_ascii_case(value))
    })
}

/// A fact for each variable of the cell with such a value.
pub(super) fn of(recording: &Recording) -> Vec<Fact> {
    recording
        .cell
        .env
        .iter()
        .filter(|(name, value)| is_bad(name, value))
        .map(|(name, value)| {
            let (what, evidence) = done_with(name, value, recording);
            fact(
                Subject::BadVariable,
                format!("{name}={value}: {what}"),
                evidence,
            )
        })
        .collect()
}

fn done_with(name: &str, value: &str, recording: &Recording) -> (String, String) {
    if let RunEnd::DidNotStart(reason) = &recording.end {
        return ("the SDK refuses to start".to_owned(), reason.clone());
    }
    let line = recording.log.iter().find(|line| {
        // A short value stands in many a line that has nothing to do with it.
        line.level >= LogLevel::Info
            && (line.text.contains(name) || value.len() > 2 && line.text.contains(value))
    });
    let said = line.map_or("the SDK starts and says nothing", |line| {
        if line.level >= LogLevel::Warn {
            "the SDK starts and warns"
        } else {
            "the SDK starts and mentions it"
        }
    });
    let (used, seen) = used(name, recording).unwrap_or_default();
    let evidence = match line {
        Some(line) => format!("log: {}{seen}", line.text),
        None => format!("no line names it{seen}"),
    };
    (format!("{said}{used}"), evidence)
}

/// What was used in its place, and from what that is seen; none where it does not show.
fn used(name: &str, recording: &Recording) -> Option<(String, String)> {
    let first = recording.attempts().next()?;
    if name.ends_with("_PROTOCOL") {
        let protocol = first.protocol?;
        return Some((
            format!(", uses {protocol}"),
            format!("; first request: {}", first.path),
        ));
    }
    if name.ends_with("_COMPRESSION") {
        let coding = first
            .header("content-encoding")
            .or_else(|| first.header("grpc-encoding"))
            .filter(|coding| *coding != "identity");
        return Some(match coding {
            None => (
                ", does not compress".to_owned(),
                "; the first request has no coding".to_owned(),
            ),
            Some(coding) => (
                format!(", uses {coding}"),
                format!("; the first request is coded in {coding}"),
            ),
        });
    }
    let is_period = name == "OTEL_METRIC_EXPORT_INTERVAL";
    is_period
        .then(|| period(recording))
        .flatten()
        .map(|period| {
            (
                format!(", exports every {} s", period.as_secs()),
                format!("; {} exports", recording.exports().len()),
            )
        })
}

/// The time between the first two exports, half a second longer, so that its seconds are rounded.
fn period(recording: &Recording) -> Option<Duration> {
    let exports = recording.exports();
    let start = |place: usize| -> Option<Duration> {
        let first: &&Exchange = exports.get(place)?.first()?;
        Some(first.at)
    };
    let between = start(1)?.checked_sub(start(0)?)?;
    Some(between + Duration::from_millis(500))
}
