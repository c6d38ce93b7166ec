//! Every field, against JSON written by hand.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
    SummaryDataPoint, exemplar,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use serde_json::{Value, json};

use super::*;

fn attribute(key: &str, value: Any) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Any::StringValue(value.to_owned()))
}

fn metric(name: &str, data: Data) -> Metric {
    Metric {
        name: name.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

fn encoded(metrics_of_one_scope: Vec<Metric>) -> Value {
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            scope_metrics: vec![ScopeMetrics {
                metrics: metrics_of_one_scope,
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    };
    let document: Value = serde_json::from_slice(&metrics(&request)).expect("JSON");
    document["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].clone()
}

fn point(value: Number) -> NumberDataPoint {
    NumberDataPoint {
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

#[test]
fn nothing_is_an_empty_object() {
    assert_eq!(metrics(&ExportMetricsServiceRequest::default()), b"{}");
}

#[test]
fn envelopes_carry_resource_scope_and_schema() {
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource {
                attributes: vec![text("service.name", "checkout-service")],
                dropped_attributes_count: 2,
                entity_refs: vec![EntityRef {
                    schema_url: "https://schema".to_owned(),
                    r#type: "service".to_owned(),
                    id_keys: vec!["service.name".to_owned()],
                    description_keys: vec!["service.version".to_owned()],
                }],
            }),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(InstrumentationScope {
                    name: "main".to_owned(),
                    version: "3.1.0".to_owned(),
                    attributes: vec![text("a", "")],
                    dropped_attributes_count: 1,
                }),
                metrics: vec![Metric {
                    name: "m".to_owned(),
                    description: "d".to_owned(),
                    unit: "{request}".to_owned(),
                    metadata: vec![text("k", "v")],
                    data: None,
                }],
                schema_url: "https://scope".to_owned(),
            }],
            schema_url: "https://resource".to_owned(),
        }],
    };
    let actual: Value = serde_json::from_slice(&metrics(&request)).expect("JSON");
    let expected = json!({"resourceMetrics": [{
        "resource": {
            "attributes": [{"key": "service.name", "value": {"stringValue": "checkout-service"}}],
            "droppedAttributesCount": 2,
            "entityRefs": [{
                "schemaUrl": "https://schema",
                "type": "service",
                "idKeys": ["service.name"],
                "descriptionKeys": ["service.version"],
            }],
        },
        "scopeMetrics": [{
            "scope": {
                "name": "main",
                "version": "3.1.0",
                "attributes": [{"key": "a", "value": {"stringValue": ""}}],
                "droppedAttributesCount": 1,
            },
            "metrics": [{
                "name": "m",
                "description": "d",
                "unit": "{request}",
                "metadata": [{"key": "k", "value": {"stringValue": "v"}}],
            }],
            "schemaUrl": "https://scope",
        }],
        "schemaUrl": "https://resource",
    }]});
    assert_eq!(actual, expected);
}

#[test]
fn attribute_values_of_every_type() {
    let attributes = vec![
        attribute("bool", Any::BoolValue(false)),
        attribute("int", Any::IntValue(i64::MIN)),
        attribute("double", Any::DoubleValue(0.0)),
        attribute("bytes", Any::BytesValue(vec![0xfb, 0xff])),
        attribute(
            "array",
            Any::ArrayValue(ArrayValue {
                values: vec![
                    AnyValue {
                        value: Some(Any::IntValue(200)),
                    },
                    AnyValue::default(),
                ],
            }),
        ),
        attribute(
            "map",
            Any::KvlistValue(KeyValueList {
                values: vec![text("k", "v")],
            }),
        ),
    ];
    let gauge = Gauge {
        data_points: vec![NumberDataPoint {
            attributes,
            ..NumberDataPoint::default()
        }],
    };
    assert_eq!(
        encoded(vec![metric("m", Data::Gauge(gauge))])[0]["gauge"]["dataPoints"][0]["attributes"],
        json!([
            {"key": "bool", "value": {"boolValue": false}},
            {"key": "int", "value": {"intValue": "-9223372036854775808"}},
            {"key": "double", "value": {"doubleValue": 0.0}},
            {"key": "bytes", "value": {"bytesValue": "+/8="}},
            {"key": "array", "value": {"arrayValue": {"values": [{"intValue": "200"}, {}]}}},
            {"key": "map", "value": {"kvlistValue": {"values": [
                {"key": "k", "value": {"stringValue": "v"}}
            ]}}},
        ])
    );
}

#[test]
fn integers_of_64_bits_are_exact_and_zero_values_are_present() {
    let sum = Sum {
        data_points: vec![
            NumberDataPoint {
                start_time_unix_nano: u64::MAX,
                time_unix_nano: 9_007_199_254_740_993,
                flags: 1,
                exemplars: vec![Exemplar {
                    filtered_attributes: vec![text("user", "u")],
                    time_unix_nano: 5,
                    span_id: vec![0xee; 8],
                    trace_id: vec![0x0f; 16],
                    value: Some(exemplar::Value::AsInt(0)),
                }],
                ..point(Number::AsInt(i64::MAX))
            },
            point(Number::AsInt(0)),
            point(Number::AsDouble(0.0)),
        ],
        aggregation_temporality: 2,
        is_monotonic: true,
    };
    assert_eq!(
        encoded(vec![metric("m", Data::Sum(sum))]),
        json!([{"name": "m", "sum": {
            "dataPoints": [
                {
                    "startTimeUnixNano": "18446744073709551615",
                    "timeUnixNano": "9007199254740993",
                    "asInt": "9223372036854775807",
                    "flags": 1,
                    "exemplars": [{
                        "filteredAttributes": [{"key": "user", "value": {"stringValue": "u"}}],
                        "timeUnixNano": "5",
                        "asInt": "0",
                        "spanId": "eeeeeeeeeeeeeeee",
                        "traceId": "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
                    }],
                },
                {"asInt": "0"},
                {"asDouble": 0.0},
            ],
            "aggregationTemporality": 2,
            "isMonotonic": true,
        }}])
    );
}

#[test]
fn doubles_without_a_json_number_are_strings() {
    let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.1, -0.0];
    let gauge = Gauge {
        data_points: values.map(|value| point(Number::AsDouble(value))).into(),
    };
    let points = &encoded(vec![metric("m", Data::Gauge(gauge))])[0]["gauge"]["dataPoints"];
    assert_eq!(
        *points,
        json!([
            {"asDouble": "NaN"},
            {"asDouble": "Infinity"},
            {"asDouble": "-Infinity"},
            {"asDouble": 0.1},
            {"asDouble": -0.0},
        ])
    );
}

#[test]
fn histograms_of_both_kinds_and_summaries() {
    let histogram = Histogram {
        data_points: vec![HistogramDataPoint {
            time_unix_nano: 9,
            count: 50,
            sum: Some(2125.0),
            bucket_counts: vec![0, 0, 50, 0, 0],
            explicit_bounds: vec![10.0, 25.0, 50.0, 100.0],
            min: Some(42.5),
            max: Some(0.0),
            ..HistogramDataPoint::default()
        }],
        aggregation_temporality: 1,
    };
    let exponential = ExponentialHistogram {
        data_points: vec![ExponentialHistogramDataPoint {
            count: 3,
            sum: Some(0.0),
            scale: -2,
            zero_count: 1,
            positive: Some(Buckets {
                offset: -1,
                bucket_counts: vec![2],
            }),
            negative: Some(Buckets::default()),
            zero_threshold: 0.5,
            ..ExponentialHistogramDataPoint::default()
        }],
        aggregation_temporality: 2,
    };
    let summary = Summary {
        data_points: vec![SummaryDataPoint {
            count: 2,
            sum: 3.5,
            quantile_values: vec![ValueAtQuantile {
                quantile: 0.5,
                value: 1.75,
            }],
            ..SummaryDataPoint::default()
        }],
    };
    assert_eq!(
        encoded(vec![
            metric("h", Data::Histogram(histogram)),
            metric("e", Data::ExponentialHistogram(exponential)),
            metric("s", Data::Summary(summary)),
        ]),
        json!([
            {"name": "h", "histogram": {
                "dataPoints": [{
                    "timeUnixNano": "9",
                    "count": "50",
                    "sum": 2125.0,
                    "bucketCounts": ["0", "0", "50", "0", "0"],
                    "explicitBounds": [10.0, 25.0, 50.0, 100.0],
                    "min": 42.5,
                    "max": 0.0,
                }],
                "aggregationTemporality": 1,
            }},
            {"name": "e", "exponentialHistogram": {
                "dataPoints": [{
                    "count": "3",
                    "sum": 0.0,
                    "scale": -2,
                    "zeroCount": "1",
                    "positive": {"offset": -1, "bucketCounts": ["2"]},
                    "negative": {},
                    "zeroThreshold": 0.5,
                }],
                "aggregationTemporality": 2,
            }},
            {"name": "s", "summary": {
                "dataPoints": [{
                    "count": "2",
                    "sum": 3.5,
                    "quantileValues": [{"quantile": 0.5, "value": 1.75}],
                }],
            }},
        ])
    );
}
