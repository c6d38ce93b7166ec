//! What remote write asks of every request: headers, labels, samples, symbols.
//!
//! Spec: Prometheus Remote-Write 1.0 and 2.0.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use otelbox_mock_collector::fault::Action;
use otelbox_mock_collector::payload::remote_write::{MetricType, Series, is_stale};
use otelbox_mock_collector::signal::Api;
use otelbox_mock_collector::{Protocol, Signal};

use super::wire::name;
use crate::{
    judge::{Finding, Survey, faults::action, seconds},
    run::{Accepted, Exchange, Payload, Recording},
};

/// The labels of a series: what it is.
type Identity<'a> = Vec<(&'a str, &'a str)>;

pub(super) fn judge(recording: &Recording) -> Vec<Finding> {
    let mut surveys = heads(recording);
    surveys.extend(labels(recording));
    surveys.extend(of_2_0(recording));
    surveys.push(order(recording));
    surveys.push(at_once(recording));
    surveys.push(ends(recording));
    surveys.into_iter().filter_map(Survey::finding).collect()
}

/// Every write, whether it can be decoded or not.
fn writes(recording: &Recording) -> impl Iterator<Item = &Exchange> {
    recording.exchanges.iter().filter(|exchange| {
        let protocol = exchange.protocol.map(Protocol::api);
        exchange.signal == Some(Signal::Metrics)
            && protocol.is_none_or(|api| api == Api::RemoteWrite)
    })
}

fn heads(recording: &Recording) -> Vec<Survey> {
    let mut encoding = Survey::new("PRW-HDR-001", "content-encoding: snappy", "requests");
    let mut content_type = Survey::new(
        "PRW-HDR-002",
        "a content-type that names the message",
        "requests",
    );
    let mut old_version = Survey::new(
        "PRW-HDR-003",
        "x-prometheus-remote-write-version: 0.1.0",
        "requests of 1.0",
    );
    let mut new_version = Survey::new(
        "PRW-HDR-004",
        "x-prometheus-remote-write-version: 2.0.0 or newer",
        "requests of 2.0",
    );
    let mut agent = Survey::new("PRW-HDR-005", "a user-agent", "requests");
    let mut body = Survey::new(
        "PRW-BDY-001",
        "a POST of the message that the content-type names, in one block of Snappy",
        "requests",
    );
    for exchange in writes(recording) {
        let wrong = |field: &str, is_right: &dyn Fn(&str) -> bool| {
            let value = exchange.header(field).unwrap_or_default();
            (!is_right(value)).then(|| format!("{} has {field} `{value}`", name(exchange)))
        };
        encoding.look(wrong("content-encoding", &|value| value == "snappy"));
        let types: &[&str] = match exchange.protocol {
            Some(Protocol::RemoteWrite2) => {
                &["application/x-protobuf;proto=io.prometheus.write.v2.Request"]
            }
            _ => &[
                "application/x-protobuf",
                "application/x-protobuf;proto=prometheus.WriteRequest",
            ],
        };
        content_type.look(wrong("content-type", &|value| types.contains(&value)));
        let version = "x-prometheus-remote-write-version";
        match exchange.protocol {
            Some(Protocol::RemoteWrite1) => {
                old_version.look(wrong(version, &|value| value == "0.1.0"));
            }
            Some(Protocol::RemoteWrite2) => {
                new_version.look(wrong(version, &|value| value.starts_with("2.")));
            }
            _ => {}
        }
        agent.look(wrong("user-agent", &|value| !value.is_empty()));
        body.look(match &exchange.payload {
            _ if exchange.method != "POST" => {
                Some(format!("{} is a {}", name(exchange), exchange.method))
            }
            Payload::Undecodable(reason) => Some(format!("{}: {reason}", name(exchange))),
            _ => None,
        });
    }
    vec![
        encoding,
        content_type,
        old_version,
        new_version,
        agent,
        body,
    ]
}

fn labels(recording: &Recording) -> Vec<Survey> {
    let mut has_name = Survey::new("PRW-LBL-001", "a label __name__", "series");
    let mut distinct = Survey::new("PRW-LBL-002", "no name of a label twice", "series");
    let mut sorted = Survey::new(
        "PRW-LBL-003",
        "labels in the order of their names",
        "series",
    );
    let mut filled = Survey::new(
        "PRW-LBL-004",
        "no empty name and no empty value of a label",
        "series",
    );
    let mut valid = Survey::new(
        "PRW-LBL-005",
        "names of letters, digits and underscores",
        "series of 1.0",
    );
    for exchange in recording.payloads() {
        for series in exchange.series() {
            let said =
                |what: &str| Some(format!("{what} in {}: {}", name(exchange), text(&series)));
            let look = |is_wrong: bool, what: &str| is_wrong.then(|| said(what)).flatten();
            let names: Vec<&str> = series.labels.iter().map(|(name, _)| *name).collect();
            let once: BTreeSet<&str> = names.iter().copied().collect();
            has_name.look(look(series.name().is_empty(), "no __name__"));
            distinct.look(look(once.len() < names.len(), "a name twice"));
            sorted.look(look(!names.is_sorted(), "no order"));
            let is_empty = |(name, value): &(&str, &str)| name.is_empty() || value.is_empty();
            filled.look(look(series.labels.iter().any(is_empty), "an empty label"));
            if exchange.protocol == Some(Protocol::RemoteWrite1) {
                let is_valid = names.iter().all(|name| is_name(name, false))
                    && (series.name().is_empty() || is_name(series.name(), true));
                valid.look(look(!is_valid, "a name that is none"));
            }
        }
    }
    vec![has_name, distinct, sorted, filled, valid]
}

/// Spec: Remote-Write 1.0, "Labels": `[a-zA-Z_]([a-zA-Z0-9_])*`, and in names of metrics colons.
fn is_name(text: &str, of_metric: bool) -> bool {
    let is_letter =
        |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || (of_metric && byte == b':');
    match text.as_bytes() {
        [first, rest @ ..] => {
            is_letter(*first)
                && rest
                    .iter()
                    .all(|byte| is_letter(*byte) || byte.is_ascii_digit())
        }
        [] => false,
    }
}

fn of_2_0(recording: &Recording) -> Vec<Survey> {
    let mut symbols = Survey::new(
        "PRW-SYM-001",
        "symbols that begin with the empty one, each of them once",
        "requests of 2.0",
    );
    let mut elements = Survey::new(
        "PRW-SER-001",
        "samples or histograms, and not both",
        "series of 2.0",
    );
    let mut types = Survey::new("PRW-MET-001", "the type of the metric", "series of 2.0");
    let mut starts = Survey::new(
        "PRW-MET-002",
        "when counting began",
        "samples of counters and histograms of 2.0",
    );
    for exchange in recording.payloads() {
        let Payload::RemoteWrite2(request) = &exchange.payload else {
            continue;
        };
        let once: BTreeSet<&String> = request.symbols.iter().collect();
        symbols.look(
            if request
                .symbols
                .first()
                .is_none_or(|first| !first.is_empty())
            {
                Some(format!(
                    "{} does not begin with the empty one",
                    name(exchange)
                ))
            } else {
                (once.len() < request.symbols.len())
                    .then(|| format!("{} has one twice", name(exchange)))
            },
        );
        for series in exchange.series() {
            let said = |what: &str| format!("{what} in {}: {}", name(exchange), text(&series));
            elements.look(
                match (series.samples.is_empty(), series.histograms.is_empty()) {
                    (true, true) => Some(said("nothing")),
                    (false, false) => Some(said("both")),
                    _ => None,
                },
            );
            // Of what has ended nothing more need be said.
            if series.samples.iter().all(|sample| is_stale(sample.value))
                && series.histograms.iter().all(|each| is_stale(each.sum))
            {
                continue;
            }
            let metric_type = series
                .metadata
                .map_or(MetricType::Unspecified, |metadata| metadata.metric_type);
            types.look((metric_type == MetricType::Unspecified).then(|| said("no type")));
            if matches!(metric_type, MetricType::Counter | MetricType::Histogram) {
                let samples = series.samples.iter().map(|sample| sample.start_timestamp);
                let histograms = series.histograms.iter().map(|each| each.start_timestamp);
                for start in samples.chain(histograms) {
                    starts.look((start == 0).then(|| said("no start")));
                }
            }
        }
    }
    vec![symbols, elements, types, starts]
}

/// Samples of a series, within a request and from one to the next.
fn order(recording: &Recording) -> Survey {
    let mut survey = Survey::new(
        "PRW-SMP-001",
        "the samples of each series in the order of their times",
        "samples",
    );
    let mut last: BTreeMap<Vec<(String, String)>, i64> = BTreeMap::new();
    for exchange in recording.payloads() {
        for series in exchange.series() {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            let key = series.labels.iter().map(owned).collect();
            let before = last.entry(key).or_insert(i64::MIN);
            let samples = series.samples.iter().map(|sample| sample.timestamp);
            let histograms = series.histograms.iter().map(|each| each.timestamp);
            for timestamp in samples.chain(histograms) {
                survey.look((timestamp < *before).then(|| {
                    format!(
                        "{} goes back by {} ms: {}",
                        name(exchange),
                        before.saturating_sub(timestamp),
                        text(&series)
                    )
                }));
                *before = timestamp;
            }
        }
    }
    survey
}

/// Requests that are under way while another with one of their series is.
fn at_once(recording: &Recording) -> Survey {
    let mut survey = Survey::new(
        "PRW-CON-001",
        "one request at a time for each series",
        "requests",
    );
    let all: Vec<&Exchange> = recording.attempts().collect();
    let identities: Vec<BTreeSet<Identity<'_>>> = all
        .iter()
        .map(|exchange| {
            exchange
                .series()
                .into_iter()
                .map(|each| each.labels)
                .collect()
        })
        .collect();
    for (index, exchange) in all.iter().enumerate() {
        let before = all.iter().zip(&identities).take(index);
        let other = before
            .filter(|(other, _)| other.at < exchange.at)
            .filter(|(other, _)| other.ended_at.unwrap_or(Duration::MAX) > exchange.at)
            .find(|(_, series)| !series.is_disjoint(&identities[index]));
        survey.look(other.map(|(other, _)| {
            format!(
                "{} at {} while {} was under way",
                name(exchange),
                seconds(exchange.at),
                name(other)
            )
        }));
    }
    survey
}

/// Series that were written and have no end, where the last request says nothing but ends, as a sender's last one does.
fn ends(recording: &Recording) -> Survey {
    let mut survey = Survey::new(
        "PRW-STL-001",
        "a stale marker for every series that was written",
        "series that had to end",
    );
    // Of several senders nobody knows whose series one is.
    if recording.cell.configuration.workers.is_some() {
        return survey;
    }
    let is_lost = |exchange: &Exchange| {
        let fault = exchange.fault.as_ref();
        let action = fault.and_then(|name| action(recording, name));
        action.is_some_and(|action| matches!(action.last(), Action::LoseAcknowledgement(_)))
    };
    // Who takes a write and says that it was refused is believed.
    let is_written = |exchange: &Exchange| {
        exchange.accepted == Accepted::All && (exchange.is_acknowledged() || is_lost(exchange))
    };
    let mut goes_on: BTreeMap<String, bool> = BTreeMap::new();
    let mut is_over = false;
    for exchange in recording.attempts() {
        is_over = says_ends_alone(exchange);
        for series in &exchange.series() {
            if has_ended(series) {
                goes_on.insert(text(series), false);
            } else if is_written(exchange) {
                goes_on.insert(text(series), true);
            }
        }
    }
    for (series, goes_on) in goes_on.iter().filter(|_| is_over) {
        survey.look(goes_on.then(|| format!("{series} was written, and never ended")));
    }
    survey
}

/// Whether a request says nothing but that series have ended.
pub(crate) fn says_ends_alone(exchange: &Exchange) -> bool {
    let all = exchange.series();
    !all.is_empty() && all.iter().all(has_ended)
}

/// Whether the last that is said of the series is that it has ended.
fn has_ended(series: &Series<'_>) -> bool {
    match (series.samples.last(), series.histograms.last()) {
        (Some(sample), _) => is_stale(sample.value),
        (None, Some(histogram)) => is_stale(histogram.sum),
        (None, None) => false,
    }
}

/// `up{job="a"}`, with labels in the order in which they were sent.
fn text(series: &Series<'_>) -> String {
    let labels: Vec<String> = series
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    format!("{{{}}}", labels.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_prometheus_takes_for_one() {
        assert!(is_name("http_requests_total", false));
        assert!(is_name("job:rate:5m", true));
        for name in ["", "5xx", "http.method", "größe", "job:rate"] {
            assert!(!is_name(name, false), "{name}");
        }
    }
}
