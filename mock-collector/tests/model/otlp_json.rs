//! OTLP/JSON and what trips implementations of it.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;
use otelbox_mock_collector::{Payload, PayloadError, Signal, json};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::arbitrary::payload;

fn decode(signal: Signal, text: &str) -> Result<Payload, PayloadError> {
    json::decode(signal, text.as_bytes())
}

/// The first value of the first point of the first metric.
fn point(point: &str) -> Result<number_data_point::Value, PayloadError> {
    let text = format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"sum":{{"dataPoints":[{point}]}}}}]}}]}}]}}"#
    );
    let Payload::Metrics(request) = decode(Signal::Metrics, &text)? else {
        panic!("no metrics")
    };
    let metric = &request.resource_metrics[0].scope_metrics[0].metrics[0];
    let Some(Data::Sum(sum)) = &metric.data else {
        panic!("no sum")
    };
    Ok(sum.data_points[0].value.expect("a value"))
}

/// The value of the body of the only log record.
fn body(body: &str) -> Result<Any, PayloadError> {
    let text =
        format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{body}}}]}}]}}]}}"#);
    let Payload::Logs(request) = decode(Signal::Logs, &text)? else {
        panic!("no logs")
    };
    let record = &request.resource_logs[0].scope_logs[0].log_records[0];
    Ok(record
        .body
        .clone()
        .and_then(|body| body.value)
        .expect("a value"))
}

fn span(fields: &str) -> Result<opentelemetry_proto::tonic::trace::v1::Span, PayloadError> {
    let text = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#);
    let Payload::Traces(request) = decode(Signal::Traces, &text)? else {
        panic!("no traces")
    };
    Ok(request.resource_spans[0].scope_spans[0].spans[0].clone())
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(payload in payload()) {
        let text = json::encode(&payload).to_string();
        let read = decode(payload.signal(), &text);
        prop_assert_eq!(read.as_ref(), Ok(&payload), "{}", text);
    }

    #[test]
    fn a_payload_in_another_order_has_the_same_digest(payload in payload()) {
        prop_assert_eq!(payload.canonical().digest(), payload.digest());
        prop_assert_eq!(reversed(payload.clone()).digest(), payload.digest());
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..64)) {
        for signal in Signal::ALL {
            let _ = json::decode(signal, &bytes);
        }
    }

    #[test]
    fn random_json_never_panics(text in r#"[\[\]{}",:a-zA-Z0-9.\-]{0,60}"#) {
        for signal in Signal::ALL {
            let _ = decode(signal, &text);
        }
    }

    #[test]
    fn json_of_another_signal_is_read_as_an_empty_request(payload in payload()) {
        let text = json::encode(&payload).to_string();
        for signal in Signal::ALL.into_iter().filter(|signal| *signal != payload.signal()) {
            prop_assert_eq!(decode(signal, &text).map(|read| read.items()), Ok(0));
        }
    }
}

/// The same with what has no order of its own the other way round.
fn reversed(mut payload: Payload) -> Payload {
    match &mut payload {
        Payload::Metrics(request) => {
            request.resource_metrics.reverse();
            for resource in &mut request.resource_metrics {
                resource.scope_metrics.reverse();
                resource
                    .scope_metrics
                    .iter_mut()
                    .for_each(|scope| scope.metrics.reverse());
            }
        }
        Payload::Traces(request) => {
            request.resource_spans.reverse();
            for resource in &mut request.resource_spans {
                resource.scope_spans.reverse();
                resource
                    .scope_spans
                    .iter_mut()
                    .for_each(|scope| scope.spans.reverse());
            }
        }
        Payload::Logs(request) => {
            request.resource_logs.reverse();
            for resource in &mut request.resource_logs {
                resource.scope_logs.reverse();
                resource
                    .scope_logs
                    .iter_mut()
                    .for_each(|scope| scope.log_records.reverse());
            }
        }
        _ => {}
    }
    payload
}

#[test]
fn integers_of_64_bits_are_strings_or_numbers() {
    use number_data_point::Value::AsInt;
    assert_eq!(
        point(r#"{"asInt":"9223372036854775807"}"#),
        Ok(AsInt(i64::MAX))
    );
    assert_eq!(
        point(r#"{"asInt":-9223372036854775808}"#),
        Ok(AsInt(i64::MIN))
    );
    assert_eq!(point(r#"{"asInt":"-5"}"#), Ok(AsInt(-5)));
    assert_eq!(point(r#"{"asInt":1e3}"#), Ok(AsInt(1000)));
    for wrong in [
        r#""9223372036854775808""#,
        "1.5",
        r#""five""#,
        r#""""#,
        "true",
        "[]",
    ] {
        assert!(
            point(&format!(r#"{{"asInt":{wrong}}}"#)).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn unsigned_integers_reach_beyond_those_with_a_sign() {
    let text = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[
        {"count":"18446744073709551615","bucketCounts":["1",2],"timeUnixNano":18446744073709551615}]}}]}]}]}"#;
    let Ok(Payload::Metrics(request)) = decode(Signal::Metrics, text) else {
        panic!("not read")
    };
    let Some(Data::Histogram(histogram)) =
        &request.resource_metrics[0].scope_metrics[0].metrics[0].data
    else {
        panic!("no histogram")
    };
    let point = &histogram.data_points[0];
    assert_eq!((point.count, point.time_unix_nano), (u64::MAX, u64::MAX));
    assert_eq!(point.bucket_counts, [1, 2]);
}

#[test]
fn doubles_may_be_no_numbers() {
    use number_data_point::Value::AsDouble;
    assert_eq!(
        point(r#"{"asDouble":"Infinity"}"#),
        Ok(AsDouble(f64::INFINITY))
    );
    assert_eq!(
        point(r#"{"asDouble":"-Infinity"}"#),
        Ok(AsDouble(f64::NEG_INFINITY))
    );
    assert!(matches!(point(r#"{"asDouble":"NaN"}"#), Ok(AsDouble(value)) if value.is_nan()));
    assert_eq!(point(r#"{"asDouble":"42.5"}"#), Ok(AsDouble(42.5)));
    assert_eq!(point(r#"{"asDouble":3}"#), Ok(AsDouble(3.0)));
    for wrong in [r#""inf""#, r#""nan""#, r#""1e999""#, "1e999", "{}"] {
        assert!(
            point(&format!(r#"{{"asDouble":{wrong}}}"#)).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn enums_are_numbers_and_their_names_are_refused() {
    assert_eq!(span(r#""kind":2"#).map(|span| span.kind), Ok(2));
    assert_eq!(
        span(r#""kind":99"#).map(|span| span.kind),
        Ok(99),
        "a number that is no value is kept"
    );
    let error = span(r#""kind":"SPAN_KIND_SERVER""#)
        .expect_err("a name")
        .to_string();
    insta::assert_snapshot!(error, @r#"no such JSON message: request.resourceSpans[0].scopeSpans[0].spans[0].kind: expected the number of an enum value, not its name, found "SPAN_KIND_SERVER""#);
}

#[test]
fn ids_are_hex_in_either_case() {
    let read = span(r#""traceId":"5B8EFFF798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174""#)
        .unwrap();
    assert_eq!(read.trace_id[..3], [0x5b, 0x8e, 0xff]);
    assert_eq!(read.span_id.len(), 8);
    for wrong in ["W47/95gDgQPSabYzgT/GDA==", "5b8", "zz"] {
        assert!(span(&format!(r#""traceId":"{wrong}""#)).is_err(), "{wrong}");
    }
}

#[test]
fn other_bytes_are_base64_with_either_alphabet_padded_or_not() {
    for text in ["+/8=", "-_8=", "+/8", "-_8"] {
        assert_eq!(
            body(&format!(r#"{{"bytesValue":"{text}"}}"#)),
            Ok(Any::BytesValue(vec![0xfb, 0xff])),
            "{text}"
        );
    }
    assert!(body(r#"{"bytesValue":"*"}"#).is_err());
}

#[test]
fn unknown_keys_are_ignored_and_null_is_absent() {
    assert_eq!(
        body(r#"{"stringValue":"a","noSuchKey":{"x":[1]},"intValue":null}"#),
        Ok(Any::StringValue("a".into()))
    );
    assert_eq!(
        decode(Signal::Metrics, r#"{"resource_metrics":[{}]}"#).map(|payload| payload.items()),
        Ok(0)
    );
    assert_eq!(
        decode(Signal::Metrics, "{}").map(|payload| payload.items()),
        Ok(0)
    );
}

#[test]
fn two_choices_of_one_field_exclude_each_other() {
    assert!(body(r#"{"stringValue":"a","intValue":"1"}"#).is_err());
    assert!(point(r#"{"asInt":"1","asDouble":1}"#).is_err());
}

#[test]
fn errors_say_where() {
    let errors = [
        decode(Signal::Metrics, "").map(drop),
        decode(Signal::Metrics, "[]").map(drop),
        decode(Signal::Metrics, r#"{"resourceMetrics":{}}"#).map(drop),
        decode(
            Signal::Metrics,
            r#"{"resourceMetrics":[{},{"scopeMetrics":[3]}]}"#,
        )
        .map(drop),
        point(r#"{"asInt":"many"}"#).map(drop),
        body(r#"{"boolValue":"true"}"#).map(drop),
    ];
    let errors = errors.map(|error| error.expect_err("wrong").to_string());
    insta::assert_snapshot!(errors.join("\n"), @r#"
    no such JSON message: EOF while parsing a value at line 1 column 0
    no such JSON message: request: expected an object, found an array
    no such JSON message: request.resourceMetrics: expected an array, found an object
    no such JSON message: request.resourceMetrics[1].scopeMetrics[0]: expected an object, found 3
    no such JSON message: request.resourceMetrics[0].scopeMetrics[0].metrics[0].sum.dataPoints[0].asInt: expected a 64-bit integer as a string or a number, found "many"
    no such JSON message: request.resourceLogs[0].scopeLogs[0].logRecords[0].body.boolValue: expected true or false, found "true"
    "#);
}

#[test]
fn deep_nesting_is_refused_not_followed() {
    let deep = format!(
        "{}{}",
        r#"{"arrayValue":{"values":["#.repeat(10_000),
        "]}}".repeat(10_000)
    );
    assert!(body(&deep).is_err());
}

#[test]
fn profiles_are_counted() {
    let text = r#"{"resourceProfiles":[{"scopeProfiles":[{"profiles":[{},{}]}]},{"scopeProfiles":[{"profiles":[{}]}]}]}"#;
    assert_eq!(
        decode(Signal::Profiles, text),
        Ok(Payload::Profiles { count: 3 })
    );
}
