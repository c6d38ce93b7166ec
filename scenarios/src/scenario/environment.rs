//! Environment variables of the system under test.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::TextDuration;

/// Variables by name, in the order of the file; `null` removes a variable that the scenario (or the runner) sets.
///
/// These texts are replaced in values: `${endpoint}` (the receiver's endpoint for the cell's protocol),
/// `${grpc_endpoint}`, `${http_endpoint}` (URLs), `${authority}`, `${grpc_authority}`, `${http_authority}` (`host:port`);
/// and these by the names of files in PEM: `${ca_file}` (the authority that signed the receiver's certificate),
/// `${other_ca_file}` (one that did not), `${client_certificate_file}`, `${client_key_file}` (a client that the receiver
/// knows), `${other_client_certificate_file}`, `${other_client_key_file}` (one that it does not), `${garbage_file}`.
///
/// These are replaced in names and in values, by what belongs to the cell's signal: `${signal}` (`metrics`), `${SIGNAL}`
/// (`METRICS`), `${http_path}` and `${grpc_path}` (where exports go), `${PROCESSOR}` (`BSP`, `BLRP`), and the names of the
/// variables for the time between exports and for the timeout of an export, `${EXPORT_INTERVAL}`
/// (`OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BLRP_SCHEDULE_DELAY`) and `${EXPORT_TIMEOUT}`.
pub type Environment = IndexMap<String, Option<EnvironmentValue>>;

/// The value of a variable, exactly as the system under test gets it.
///
/// Numbers and booleans are written as they stand in the file. A duration with a unit that is given to a variable of
/// the specification that counts milliseconds becomes that number of milliseconds (see [`resolve`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct EnvironmentValue(String);

impl EnvironmentValue {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for EnvironmentValue {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Variables that say whether there is an SDK at all, and what exports a signal. What wires a provider in code is past them.
///
/// Spec: "Environment Variable Specification" (General SDK Configuration, Exporter Selection).
const SWITCHES: [&str; 4] = [
    "OTEL_SDK_DISABLED",
    "OTEL_TRACES_EXPORTER",
    "OTEL_METRICS_EXPORTER",
    "OTEL_LOGS_EXPORTER",
];

/// Whether this variable says whether there is an SDK at all, or what exports a signal.
pub(crate) fn is_a_switch(variable: &str) -> bool {
    SWITCHES.contains(&variable)
}

/// The variables of the specification, and of ours, that are a number of milliseconds.
///
/// Spec: OpenTelemetry 1.50, "Environment Variable Specification" (type Duration).
pub const MILLISECOND_VARIABLES: [&str; 14] = [
    "OTELBOX_PROMETHEUS_REMOTE_WRITE_TIMEOUT",
    "OTEL_BLRP_EXPORT_TIMEOUT",
    "OTEL_BLRP_SCHEDULE_DELAY",
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
    "OTEL_EXPORTER_OTLP_PROFILES_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_EXPORTER_ZIPKIN_TIMEOUT",
    "OTEL_METRIC_EXPORT_INTERVAL",
    "OTEL_METRIC_EXPORT_TIMEOUT",
    "OTEL_METRIC_READER_TIMEOUT",
];

/// What the system under test gets for `value` in `variable`: milliseconds where a duration with a unit is given to one
/// of [`MILLISECOND_VARIABLES`], else the text unchanged, so that wrong values can be given on purpose.
pub fn resolve(variable: &str, value: &EnvironmentValue) -> String {
    let text = value.as_str();
    if !MILLISECOND_VARIABLES.contains(&variable) {
        return text.to_owned();
    }
    match text.parse::<TextDuration>() {
        Ok(duration) => duration.get().as_millis().to_string(),
        Err(_) => text.to_owned(),
    }
}

impl<'de> Deserialize<'de> for EnvironmentValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EnvironmentValueVisitor)
    }
}

struct EnvironmentValueVisitor;

impl Visitor<'_> for EnvironmentValueVisitor {
    type Value = EnvironmentValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text, a number, a boolean, or null to remove the variable")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(EnvironmentValue(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(EnvironmentValue(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(EnvironmentValue(value.to_string()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(EnvironmentValue(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(EnvironmentValue(value.to_string()))
    }
}

impl JsonSchema for EnvironmentValue {
    fn schema_name() -> Cow<'static, str> {
        "EnvironmentValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number", "boolean"],
            "description": "The value of a variable. `15s` becomes `15000` where the variable counts milliseconds.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_become_milliseconds_only_where_the_variable_counts_them() {
        for (variable, given, expected) in [
            ("OTEL_METRIC_EXPORT_INTERVAL", "15s", "15000"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "15000", "15000"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "-1", "-1"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "soon", "soon"),
            ("OTEL_SERVICE_NAME", "15s", "15s"),
        ] {
            assert_eq!(
                resolve(variable, &EnvironmentValue::from(given)),
                expected,
                "{variable}={given}"
            );
        }
    }
}
