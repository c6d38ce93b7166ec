//! What the contract of drivers sets for the exporter of one signal.

use std::{collections::BTreeMap, time::Duration};

use otelbox_sdk::Environment;
use percent_encoding::percent_decode_str;

use crate::{driver::StartRequest, scenario::Signal};

/// The `OTEL_EXPORTER_OTLP_*` variables of a start request, or of the process where the request brings none.
pub(super) struct Contract {
    signal: Signal,
    variables: BTreeMap<String, String>,
}

impl Contract {
    pub(super) fn of(request: &StartRequest) -> Self {
        let variables = request.env.clone().unwrap_or_else(|| {
            let environment = Environment::process();
            let values = environment.names().filter_map(|name| {
                let value = environment.get(name)?;
                Some((name.to_owned(), value.to_owned()))
            });
            values.collect()
        });
        Self {
            signal: request.signal,
            variables,
        }
    }

    /// `OTEL_EXPORTER_OTLP_<SIGNAL>_<option>`. What is empty is not set.
    pub(super) fn of_signal(&self, option: &str) -> Option<&str> {
        let signal = self.signal.name().to_uppercase();
        self.named(&format!("OTEL_EXPORTER_OTLP_{signal}_{option}"))
    }

    /// `OTEL_EXPORTER_OTLP_<option>`.
    pub(super) fn of_all(&self, option: &str) -> Option<&str> {
        self.named(&format!("OTEL_EXPORTER_OTLP_{option}"))
    }

    /// The one of the signal, else the one of all signals.
    pub(super) fn value(&self, option: &str) -> Option<&str> {
        self.of_signal(option).or_else(|| self.of_all(option))
    }

    fn named(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?.as_str();
        (!value.is_empty()).then_some(value)
    }

    /// The time limit of an export, where it is a number of milliseconds.
    pub(super) fn timeout(&self) -> Option<Duration> {
        let millis = self.value("TIMEOUT")?.trim().parse().ok()?;
        Some(Duration::from_millis(millis))
    }

    /// Whether the receiver is to get sums since the export before. The reading of `lowmemory` is that of counters.
    pub(super) fn is_delta(&self) -> bool {
        self.of_all("METRICS_TEMPORALITY_PREFERENCE")
            .is_some_and(|preference| {
                ["delta", "lowmemory"]
                    .iter()
                    .any(|name| preference.eq_ignore_ascii_case(name))
            })
    }

    /// The headers, `key=value` with commas between them, percent-decoded.
    pub(super) fn headers(&self) -> BTreeMap<String, String> {
        let pairs = self.value("HEADERS").unwrap_or_default().split(',');
        pairs
            .filter_map(|pair| {
                let (key, value) = pair.split_once('=')?;
                let value = percent_decode_str(value.trim()).decode_utf8_lossy();
                Some((key.trim().to_owned(), value.into_owned()))
            })
            .collect()
    }
}
