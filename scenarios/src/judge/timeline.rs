//! The timeline of a run: what reports show as evidence, and what snapshots hold.

use std::{fmt::Write as _, time::Duration};

use super::{checks::call_in_words, payload::points_of, seconds};
use crate::{
    run::{ConnectionEvent, End, Exchange, Payload, Recording, RunEnd, StepRecord},
    scenario::{AttributeValue, Attributes, Call, CollectorState, Step, check::LogLevel},
    verdict::{TimelineEntry, TimelineKind},
};

/// Everything that happened, in order: steps with their results, attempts with their answers, refused and broken
/// connections, and what the SUT said at WARN or ERROR.
pub fn timeline(recording: &Recording) -> Vec<TimelineEntry> {
    let mut entries = Vec::new();
    let mut add = |at: Duration, kind: TimelineKind, text: String| {
        entries.push(TimelineEntry { at, kind, text });
    };
    for record in &recording.steps {
        if let Some(step) = recording.cell.steps.get(record.index) {
            steps(record, step, &mut add);
        }
    }
    for exchange in &recording.exchanges {
        attempt(exchange, &mut add);
    }
    for record in &recording.connections {
        let text = match &record.event {
            // These show themselves in the attempts.
            ConnectionEvent::Opened | ConnectionEvent::Closed(_) | ConnectionEvent::Reset(_) => {
                continue;
            }
            ConnectionEvent::Refused => "connection refused".to_owned(),
            ConnectionEvent::ProtocolError(error) => format!("protocol error: {error}"),
        };
        add(record.at, TimelineKind::Connection, text);
    }
    for line in recording
        .log
        .iter()
        .filter(|line| line.level >= LogLevel::Warn)
    {
        let level = if line.level == LogLevel::Error {
            "ERROR"
        } else {
            "WARN"
        };
        add(line.at, TimelineKind::Log, format!("{level} {}", line.text));
    }
    if let RunEnd::Broken(reason) | RunEnd::Crashed(reason) | RunEnd::Inconclusive(reason) =
        &recording.end
    {
        let at = entries
            .iter()
            .map(|entry| entry.at)
            .max()
            .unwrap_or_default();
        entries.push(TimelineEntry {
            at,
            kind: TimelineKind::Step,
            text: format!("ended: {reason}"),
        });
    }
    // Stable: what happened at one time stays in the order step, attempt, connection, log.
    entries.sort_by_key(|entry| entry.at);
    entries
}

/// The timeline as text, one line for each entry.
pub fn render(timeline: &[TimelineEntry]) -> String {
    let mut text = String::new();
    for entry in timeline {
        let kind = match entry.kind {
            TimelineKind::Step => "step",
            TimelineKind::Attempt => "attempt",
            TimelineKind::Connection => "connection",
            TimelineKind::Log => "log",
        };
        let _ = writeln!(text, "{:>9}  {kind:<10}  {}", seconds(entry.at), entry.text);
    }
    text
}

fn steps(record: &StepRecord, step: &Step, add: &mut impl FnMut(Duration, TimelineKind, String)) {
    let words = match step {
        Step::Emit(emit) => format!("emit {} items{}", emit.items, attributes(&emit.attributes)),
        Step::Record(record) => {
            let times = if record.times == 1 {
                String::new()
            } else {
                format!("{} x ", record.times)
            };
            format!(
                "record {times}{} on {}{}",
                record.value,
                record.instrument,
                attributes(&record.attributes)
            )
        }
        Step::Observe(observe) => {
            let mut words = format!("observe {}", observe.instrument);
            let value = observe
                .value
                .map_or_else(|| "nothing".to_owned(), |value| value.to_string());
            let _ = write!(words, " = {value}");
            words.push_str(&attributes(&observe.attributes));
            if observe.panic {
                words.push_str(", then panic");
            }
            if let Some(block) = observe.block {
                let _ = write!(words, ", after blocking for {block}");
            }
            words
        }
        // What happens meanwhile is the interesting part.
        Step::Wait(_) | Step::WaitUntil(_) => return,
        Step::WaitFor(_) => "waited for the receiver".to_owned(),
        Step::ForceFlush(call) => return calls("force_flush", call, record, add),
        Step::Shutdown(call) => return calls("shutdown", call, record, add),
        Step::Exit => "exit without shutdown".to_owned(),
        Step::Collector(CollectorState::Down) => "collector down".to_owned(),
        Step::Collector(CollectorState::Up) => "collector up".to_owned(),
        Step::Faults(faults) => format!("{} faults from here on", faults.len()),
    };
    let at = if matches!(step, Step::WaitFor(_)) {
        record.ended_at
    } else {
        record.at
    };
    add(at, TimelineKind::Step, words);
}

fn calls(
    name: &str,
    call: &Call,
    record: &StepRecord,
    add: &mut impl FnMut(Duration, TimelineKind, String),
) {
    let limit = call
        .timeout
        .map_or_else(String::new, |timeout| format!(" within {timeout}"));
    let said = call_in_words(record);
    // The call comes before what it causes; its result has a line of its own after it.
    add(record.at, TimelineKind::Step, format!("{name}{limit}"));
    add(
        record.ended_at,
        TimelineKind::Step,
        format!("{name} returned {said}"),
    );
}

fn attempt(exchange: &Exchange, add: &mut impl FnMut(Duration, TimelineKind, String)) {
    let label = match (exchange.export, exchange.signal) {
        (Some(export), Some(signal)) => format!("{signal} {export}.{}", exchange.attempt),
        _ => format!("{} {}", exchange.method, exchange.path),
    };
    let what = match &exchange.payload {
        Payload::Metrics(_) => {
            let points = points_of(exchange);
            let streams: std::collections::HashSet<_> = points
                .iter()
                .map(|point| (&point.resource, &point.scope, &point.metric.name))
                .collect();
            format!(
                "{}, {}",
                count(streams.len(), "stream"),
                count(points.len(), "point")
            )
        }
        Payload::Counted => count(
            usize::try_from(exchange.items.unwrap_or(0)).unwrap_or(usize::MAX),
            "item",
        ),
        Payload::Incomplete => "incomplete body".to_owned(),
        Payload::Undecodable(reason) => reason.clone(),
    };
    let fault = exchange
        .fault
        .as_ref()
        .map_or_else(String::new, |fault| format!(" [{fault}]"));
    let answer = match (&exchange.answer, exchange.end) {
        (Some(answer), End::Answered) => match &answer.message {
            Some(message) if !message.is_empty() => format!("{} ({message})", answer.status_text()),
            Some(_) | None => answer.status_text(),
        },
        (Some(answer), _) => format!("{}, cut short", answer.status_text()),
        (None, _) => exchange.answer_text(),
    };
    match exchange.ended_at {
        Some(ended) if seconds(ended) != seconds(exchange.at) => {
            add(
                exchange.at,
                TimelineKind::Attempt,
                format!("{label}: {what}{fault}"),
            );
            add(ended, TimelineKind::Attempt, format!("{label} -> {answer}"));
        }
        Some(_) | None => add(
            exchange.at,
            TimelineKind::Attempt,
            format!("{label}: {what}{fault} -> {answer}"),
        ),
    }
}

fn count(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

fn attributes(attributes: &Attributes) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> = attributes
        .iter()
        .map(|(key, value)| match value {
            AttributeValue::Boolean(value) => format!("{key}={value}"),
            AttributeValue::Integer(value) => format!("{key}={value}"),
            AttributeValue::Float(value) => format!("{key}={value:?}"),
            AttributeValue::Text(value) => format!("{key}={value}"),
        })
        .collect();
    format!(" {{{}}}", pairs.join(", "))
}
