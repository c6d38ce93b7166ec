//! The timeline of a run: what reports show as evidence, and what snapshots hold.

use std::{fmt::Write as _, time::Duration};

use otelbox_mock_collector::{Signal, payload::remote_write::is_stale};

use super::{
    payload::{item_keys, items_of, points_of},
    seconds,
};
use crate::{
    run::{ConnectionEvent, End, Exchange, Payload, Recording, RunEnd, StepRecord},
    scenario::{
        AttributeValue, Attributes, Call, CollectorState, Emit, Observe, Record, Rotation, Step,
        Terminate,
        check::{ItemRanges, LogLevel},
    },
    verdict::{TimelineEntry, TimelineKind},
};

/// Everything that happened, in order: steps with their results, attempts with their answers, refused and broken
/// connections, and what the SUT said at WARN or ERROR.
pub fn timeline(recording: &Recording) -> Vec<TimelineEntry> {
    let mut done = Vec::new();
    for record in &recording.steps {
        if let Some(step) = recording.cell.steps.get(record.index) {
            done.extend(step_entries(record, step, recording.cell.id.signal));
        }
    }
    let mut entries = Vec::new();
    let mut add = |at: Duration, kind: TimelineKind, text: String| {
        entries.push(moment(at, kind, text));
    };
    for exchange in &recording.exchanges {
        attempt(recording, exchange, &mut add);
    }
    for record in &recording.connections {
        let text = match &record.event {
            // These show themselves in the attempts.
            ConnectionEvent::Opened | ConnectionEvent::Closed(_) | ConnectionEvent::Reset(_) => {
                continue;
            }
            ConnectionEvent::Refused => "connection refused".to_owned(),
            ConnectionEvent::Swallowed => "connection neither accepted nor refused".to_owned(),
            ConnectionEvent::Shaped(faults) => {
                format!("connection shaped by {}", faults.join(", "))
            }
            ConnectionEvent::Secured { alpn, client } => {
                let alpn = alpn.as_deref().unwrap_or("no ALPN");
                let client = client.as_deref().unwrap_or("client unknown");
                format!("TLS agreed on: {alpn}, {client}")
            }
            ConnectionEvent::HandshakeFailed(reason) => format!("TLS handshake failed: {reason}"),
            ConnectionEvent::PlainText(text) => format!("plain text on a TLS port: {text}"),
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
        // Many a program begins its lines with the level.
        let text = line.text.trim_start();
        let text = text
            .strip_prefix(level)
            .filter(|rest| rest.starts_with(char::is_whitespace))
            .map_or(text, str::trim_start);
        add(line.at, TimelineKind::Log, format!("{level} {text}"));
    }
    // Stable: what happened at one time stays in the order attempt, connection, log.
    entries.sort_by_key(|entry| entry.at);
    let mut timeline = merged(done, entries);
    if let RunEnd::Broken(reason)
    | RunEnd::DidNotStart(reason)
    | RunEnd::Crashed(reason)
    | RunEnd::Hung { reason, .. }
    | RunEnd::Inconclusive(reason) = &recording.end
    {
        let at = timeline.last().map_or(Duration::ZERO, |entry| entry.at);
        let text = format!("ended: {reason}");
        timeline.push(moment(at, TimelineKind::Step, text));
    }
    timeline
}

/// A line of a step, and whether it tells what came of it.
struct StepLine {
    entry: TimelineEntry,
    is_result: bool,
}

/// Steps and everything else in order of time. At one time, a step comes before what it caused, and what came of it after.
fn merged(steps: Vec<StepLine>, others: Vec<TimelineEntry>) -> Vec<TimelineEntry> {
    let mut timeline = Vec::with_capacity(steps.len() + others.len());
    let mut others = others.into_iter().peekable();
    for StepLine { entry, is_result } in steps {
        while let Some(other) =
            others.next_if(|other| other.at < entry.at || is_result && other.at == entry.at)
        {
            timeline.push(other);
        }
        timeline.push(entry);
    }
    timeline.extend(others);
    timeline
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

fn step_entries(record: &StepRecord, step: &Step, signal: Signal) -> Vec<StepLine> {
    let words = match step {
        Step::Emit(emit) => emitted(emit, signal),
        Step::Record(record) => recorded(record),
        Step::Observe(observe) => observed(observe),
        // What happens meanwhile is the interesting part.
        Step::Wait(_) | Step::WaitUntil(_) => return Vec::new(),
        Step::WaitFor(_) => "waited for the receiver".to_owned(),
        Step::Export(call) => return call_entries("export", call, record),
        Step::ForceFlush(call) => return call_entries("force_flush", call, record),
        Step::Shutdown(call) => return call_entries("shutdown", call, record),
        Step::Exit => "exit without shutdown".to_owned(),
        Step::Collector(CollectorState::Down) => "collector down".to_owned(),
        Step::Collector(CollectorState::Up) => "collector up".to_owned(),
        Step::RotateCertificates(rotation) => match rotation {
            Rotation::Receiver => "the receiver gets new certificates",
            Rotation::Files => "the files become what the receiver has",
            Rotation::Both => "receiver and files get new certificates",
            Rotation::BrokenFiles => "the files are cut in half",
        }
        .to_owned(),
        Step::Faults(faults) => format!("{} faults from here on", faults.len()),
        Step::Terminate(asked) => return terminated(*asked, record),
    };
    let is_result = matches!(step, Step::WaitFor(_));
    let at = if is_result {
        record.ended_at
    } else {
        record.at
    };
    vec![step_line(at, words, is_result)]
}

/// When the program was told to end, and when it had.
fn terminated(asked: Terminate, record: &StepRecord) -> Vec<StepLine> {
    let mut told = step_line(
        record.at,
        format!("told to end within {}", asked.within),
        false,
    );
    told.entry.until = Some(record.ended_at);
    told.entry.limit = Some(asked.within.get());
    vec![told]
}

fn step_line(at: Duration, text: String, is_result: bool) -> StepLine {
    StepLine {
        entry: moment(at, TimelineKind::Step, text),
        is_result,
    }
}

const fn moment(at: Duration, kind: TimelineKind, text: String) -> TimelineEntry {
    TimelineEntry {
        at,
        kind,
        text,
        until: None,
        limit: None,
    }
}

fn emitted(emit: &Emit, signal: Signal) -> String {
    let noun = match signal {
        Signal::Metrics | Signal::Profiles => "items",
        Signal::Traces if emit.items == 1 => "span",
        Signal::Traces => "spans",
        Signal::Logs if emit.items == 1 => "log record",
        Signal::Logs => "log records",
    };
    let unsampled = if emit.unsampled { "unsampled " } else { "" };
    format!(
        "emit {} {unsampled}{noun}{}{}",
        emit.items,
        if emit.in_span { " in a span" } else { "" },
        attributes(&emit.attributes)
    )
}

fn recorded(record: &Record) -> String {
    let times = if record.times == 1 {
        String::new()
    } else {
        format!("{} x ", record.times)
    };
    let spread = record.spread.as_ref().map_or_else(String::new, |spread| {
        format!(
            " for each of {} values of {}",
            spread.over, spread.attribute
        )
    });
    format!(
        "record {times}{} on {}{}{spread}",
        record.value,
        record.instrument,
        attributes(&record.attributes)
    )
}

fn observed(observe: &Observe) -> String {
    let value = observe
        .value
        .map_or_else(|| "nothing".to_owned(), |value| value.to_string());
    let mut words = format!(
        "observe {} = {value}{}",
        observe.instrument,
        attributes(&observe.attributes)
    );
    if observe.panic {
        words.push_str(", then panic");
    }
    if let Some(block) = observe.block {
        let _ = write!(words, ", after blocking for {block}");
    }
    words
}

/// The call, and what it returned.
fn call_entries(name: &str, call: &Call, record: &StepRecord) -> Vec<StepLine> {
    let limit = call
        .timeout
        .map_or_else(String::new, |timeout| format!(" within {timeout}"));
    let said = record.outcome.as_ref().map_or_else(
        || "nothing".to_owned(),
        |outcome| {
            format!(
                "{} after {}",
                outcome.result.name(),
                seconds(outcome.elapsed)
            )
        },
    );
    let mut asked = step_line(record.at, format!("{name}{limit}"), false);
    asked.entry.until = Some(record.ended_at);
    asked.entry.limit = call.timeout.map(Into::into);
    vec![
        asked,
        step_line(record.ended_at, format!("{name} returned {said}"), true),
    ]
}

fn attempt(
    recording: &Recording,
    exchange: &Exchange,
    add: &mut impl FnMut(Duration, TimelineKind, String),
) {
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
        Payload::RemoteWrite1(_) | Payload::RemoteWrite2(_) => {
            let series = exchange.series();
            let samples = exchange.items.unwrap_or_default();
            let stale = series
                .iter()
                .flat_map(|series| &series.samples)
                .filter(|sample| is_stale(sample.value))
                .count();
            let mut what = format!(
                "{} series, {}",
                series.len(),
                count(usize::try_from(samples).unwrap_or(usize::MAX), "sample")
            );
            if stale > 0 {
                let _ = write!(what, " ({stale} stale)");
            }
            if exchange.protocol != Some(recording.cell.id.protocol)
                && let Some(protocol) = exchange.protocol
            {
                let _ = write!(what, ", {protocol}");
            }
            what
        }
        Payload::Zipkin(list) => {
            let numbers: ItemRanges = item_keys(exchange)
                .into_iter()
                .map(|(_, number)| number)
                .collect();
            numbered(list.spans.len(), &numbers, "span")
        }
        Payload::Traces(_) => items(exchange, "span"),
        Payload::Logs(_) => items(exchange, "log record"),
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

/// `10 spans (0..9)`: how many, and their numbers.
fn items(exchange: &Exchange, noun: &str) -> String {
    let items: Vec<_> = items_of(exchange).collect();
    let numbers: ItemRanges = items.iter().filter_map(|item| item.number()).collect();
    numbered(items.len(), &numbers, noun)
}

fn numbered(length: usize, numbers: &ItemRanges, noun: &str) -> String {
    let how_many = count(length, noun);
    if numbers.numbers().is_empty() {
        how_many
    } else {
        format!("{how_many} ({numbers})")
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
