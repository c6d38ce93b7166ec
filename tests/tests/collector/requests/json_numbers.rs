//! OTLP/JSON's traps: numbers and enums.

use super::making::json;
use super::payloads::{gauge, log, metric, span};
use crate::wire::Request;

/// Points of a gauge.
const POINTS: &[(&str, &str)] = &[
    ("an integer as text", r#""asInt":"12""#),
    ("an integer as a number", r#""asInt":12"#),
    (
        "an integer that no double holds, as a number",
        r#""asInt":9007199254740993"#,
    ),
    ("an integer with a fraction of zero", r#""asInt":12.0"#),
    ("an integer with an exponent", r#""asInt":1.2e1"#),
    ("an integer with an exponent, as text", r#""asInt":"1.2e1""#),
    ("an integer with a fraction", r#""asInt":12.5"#),
    ("an integer with a plus", r#""asInt":"+12""#),
    ("an integer within spaces", r#""asInt":" 12 ""#),
    ("an integer in hexadecimal", r#""asInt":"0x0c""#),
    (
        "an integer that is too large",
        r#""asInt":"9223372036854775808""#,
    ),
    ("an integer as empty text", r#""asInt":"""#),
    ("an integer as null", r#""asInt":null"#),
    ("an integer as true", r#""asInt":true"#),
    (
        "a time as text",
        r#""timeUnixNano":"1700000001000000001","asInt":"1""#,
    ),
    (
        "a time as a number",
        r#""timeUnixNano":1700000001000000001,"asInt":"1""#,
    ),
    ("a negative time", r#""timeUnixNano":"-1","asInt":"1""#),
    (
        "the latest time",
        r#""timeUnixNano":"18446744073709551615","asInt":"1""#,
    ),
    ("a double", r#""asDouble":1.5"#),
    ("a double as text", r#""asDouble":"1.5""#),
    ("a double without a fraction", r#""asDouble":3"#),
    ("minus zero", r#""asDouble":-0.0"#),
    ("NaN as text", r#""asDouble":"NaN""#),
    ("Infinity as text", r#""asDouble":"Infinity""#),
    ("minus Infinity as text", r#""asDouble":"-Infinity""#),
    ("nan in lower case", r#""asDouble":"nan""#),
    ("inf as text", r#""asDouble":"inf""#),
    ("NaN without quotes", r#""asDouble":NaN"#),
    ("a double beyond all doubles", r#""asDouble":1e400"#),
    ("a double in hexadecimal, as text", r#""asDouble":"0x1p-2""#),
    ("flags as text", r#""flags":"1","asInt":"1""#),
    (
        "flags that are too large",
        r#""flags":4294967296,"asInt":"1""#,
    ),
    ("negative flags", r#""flags":-1,"asInt":"1""#),
    ("two choices of one value", r#""asInt":"1","asDouble":2.5"#),
];

/// Fields of a log record.
const RECORDS: &[(&str, &str)] = &[
    ("a severity as a number", r#""severityNumber":9"#),
    (
        "a severity by its name",
        r#""severityNumber":"SEVERITY_NUMBER_INFO""#,
    ),
    (
        "a severity by a name that is none",
        r#""severityNumber":"INFO""#,
    ),
    ("a severity as a number in text", r#""severityNumber":"9""#),
    ("a severity that has no name", r#""severityNumber":99"#),
    ("a severity with a fraction", r#""severityNumber":9.5"#),
];

/// Metrics.
const METRICS: &[(&str, &str)] = &[
    (
        "a temporality by its name",
        r#""sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA","dataPoints":[{"asInt":"1"}]}"#,
    ),
    (
        "a temporality as a number",
        r#""sum":{"aggregationTemporality":1,"dataPoints":[{"asInt":"1"}]}"#,
    ),
    (
        "buckets as numbers and as texts",
        r#""histogram":{"dataPoints":[{"count":3,"bucketCounts":[1,"2"],"explicitBounds":[0.5]}]}"#,
    ),
    (
        "bounds as texts",
        r#""histogram":{"dataPoints":[{"count":"3","bucketCounts":["1","2"],"explicitBounds":["0.5"]}]}"#,
    ),
    (
        "a sum that is null",
        r#""histogram":{"dataPoints":[{"count":"3","sum":null,"bucketCounts":["3"]}]}"#,
    ),
    (
        "isMonotonic as text",
        r#""sum":{"isMonotonic":"true","dataPoints":[{"asInt":"1"}]}"#,
    ),
    (
        "isMonotonic as a number",
        r#""sum":{"isMonotonic":1,"dataPoints":[{"asInt":"1"}]}"#,
    ),
];

pub(super) fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for (what, point) in POINTS {
        let name = format!("JSON/{what}");
        requests.push(json(&name, "/v1/metrics", &gauge(&name, point)));
    }
    for (what, fields) in METRICS {
        let name = format!("JSON/{what}");
        requests.push(json(&name, "/v1/metrics", &metric(&name, fields)));
    }
    for (what, fields) in RECORDS {
        let name = format!("JSON/{what}");
        requests.push(json(&name, "/v1/logs", &log(&name, fields)));
    }
    for (what, fields) in [
        ("a kind by its name", r#""kind":"SPAN_KIND_SERVER""#),
        (
            "a status code by its name",
            r#""status":{"code":"STATUS_CODE_ERROR"}"#,
        ),
        ("a kind as null", r#""kind":null"#),
    ] {
        let name = format!("JSON/{what}");
        requests.push(json(&name, "/v1/traces", &span(&name, fields)));
    }
    requests
}
