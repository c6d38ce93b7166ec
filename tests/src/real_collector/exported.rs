//! What a Collector has written to its file.

use std::fmt;

use otelbox_mock_collector::Signal;
use serde_json::Value;

/// The lines of a file exporter, in order: one OTLP/JSON payload each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exported {
    payloads: Vec<(Signal, Value)>,
}

impl Exported {
    /// Reads whole lines; what is still being written at the end is left out.
    ///
    /// # Panics
    ///
    /// Where a line is something else than OTLP/JSON.
    pub(super) fn parse(text: &str) -> Self {
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let payloads = whole.lines().map(|line| {
            let payload: Value = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("no JSON: {error}: {line}"));
            let signal = Signal::ALL
                .into_iter()
                .find(|signal| payload.get(key(*signal)).is_some())
                .unwrap_or_else(|| panic!("no payload of a signal: {line}"));
            (signal, payload)
        });
        Self {
            payloads: payloads.collect(),
        }
    }

    /// The payloads of a signal, in order.
    pub fn of(&self, signal: Signal) -> impl Iterator<Item = &Value> {
        self.payloads
            .iter()
            .filter(move |(other, _)| *other == signal)
            .map(|(_, payload)| payload)
    }

    /// Every item of a signal: data points, spans, log records or profiles.
    pub fn items(&self, signal: Signal) -> Vec<&Value> {
        self.of(signal)
            .flat_map(|payload| items(signal, payload))
            .collect()
    }
}

/// The key of the list of resources.
const fn key(signal: Signal) -> &'static str {
    match signal {
        Signal::Metrics => "resourceMetrics",
        Signal::Traces => "resourceSpans",
        Signal::Logs => "resourceLogs",
        Signal::Profiles => "resourceProfiles",
    }
}

fn items(signal: Signal, payload: &Value) -> Vec<&Value> {
    let (scopes, records) = match signal {
        Signal::Metrics => ("scopeMetrics", "metrics"),
        Signal::Traces => ("scopeSpans", "spans"),
        Signal::Logs => ("scopeLogs", "logRecords"),
        Signal::Profiles => ("scopeProfiles", "profiles"),
    };
    let records = list(payload, key(signal))
        .iter()
        .flat_map(|resource| list(resource, scopes))
        .flat_map(|scope| list(scope, records));
    match signal {
        Signal::Metrics => records
            .flat_map(|metric| metric.as_object().into_iter().flatten())
            .flat_map(|(_, data)| list(data, "dataPoints"))
            .collect(),
        Signal::Traces | Signal::Logs | Signal::Profiles => records.collect(),
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

impl fmt::Display for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, signal) in Signal::ALL.into_iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{} {signal}", self.items(signal).len())?;
        }
        write!(f, " in {} payloads", self.payloads.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_counted_by_signal_and_a_line_that_is_not_whole_is_left_out() {
        let text = concat!(
            r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","sum":{"dataPoints":[{},{}]}}]}]}]}"#,
            "\n",
            r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"one"}]}]}]}"#,
            "\n",
            r#"{"resourceLogs":[{"scopeL"#,
        );
        let exported = Exported::parse(text);
        assert_eq!(
            exported.to_string(),
            "2 metrics, 1 traces, 0 logs, 0 profiles in 2 payloads"
        );
        assert_eq!(exported.items(Signal::Traces)[0]["name"], "one");
        assert_eq!(exported.of(Signal::Logs).count(), 0);
    }
}
