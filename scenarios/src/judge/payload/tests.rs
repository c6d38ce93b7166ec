//! Every rule for all payloads, each on a recording that keeps it and on one that breaks it.

use opentelemetry_proto::tonic::metrics::v1::AggregationTemporality;
use otelbox_mock_collector::Protocol;

use crate::judge::crooked::*;
use crate::run::{Accepted, Payload, Recording};
use crate::scenario::CallResult;

fn one(metric: opentelemetry_proto::tonic::metrics::v1::Metric) -> Recording {
    recording(vec![attempt(1, 1, 15, metric)])
}

fn two(
    first: opentelemetry_proto::tonic::metrics::v1::Metric,
    second: opentelemetry_proto::tonic::metrics::v1::Metric,
) -> Recording {
    recording(vec![attempt(1, 1, 15, first), attempt(2, 1, 30, second)])
}

#[test]
fn calls_go_to_the_method_of_the_signal_with_one_message_each() {
    let straight = one(delta(0, 15, 1));
    let mut bent = straight.clone();
    bent.exchanges[0].path = "/v1/metrics".to_owned();
    tells_apart("OTLP-TRN-005", &straight, &bent);
    let mut bent = straight.clone();
    bent.exchanges[0].messages = 2;
    tells_apart("OTLP-TRN-005", &straight, &bent);
    let mut bent = straight.clone();
    bent.exchanges[0].headers[0].1 = "application/json".to_owned();
    tells_apart("OTLP-TRN-005", &straight, &bent);
}

#[test]
fn http_requests_are_posts_with_their_content_type() {
    let over = |protocol, content_type| {
        recording(vec![attempt(1, 1, 15, delta(0, 15, 1)).over_http(
            protocol,
            content_type,
            "{}",
        )])
    };
    let protobuf = over(Protocol::HttpProtobuf, "application/x-protobuf; v=1");
    let mut get = protobuf.clone();
    get.exchanges[0].method = "GET".to_owned();
    tells_apart("OTLP-TRN-006", &protobuf, &get);
    tells_apart(
        "OTLP-TRN-007",
        &protobuf,
        &over(Protocol::HttpProtobuf, "application/json"),
    );
    let json = over(Protocol::HttpJson, "application/json");
    tells_apart(
        "OTLP-TRN-008",
        &json,
        &over(Protocol::HttpJson, "text/json"),
    );
}

#[test]
fn bodies_decode_and_hold_something() {
    let straight = one(delta(0, 15, 1));
    let mut bent = straight.clone();
    bent.exchanges[0].payload = Payload::Undecodable("invalid wire type".to_owned());
    tells_apart("OTLP-TRN-011", &straight, &bent);
    let mut bent = straight.clone();
    bent.exchanges[0].items = Some(0);
    tells_apart("OTLP-TRN-012", &straight, &bent);
}

#[test]
fn user_agents_name_exporter_language_and_version() {
    let straight = one(delta(0, 15, 1));
    for agent in ["tonic/0.14.9", "OTel-OTLP-Exporter-Rust", "Rust/1.0", ""] {
        let mut bent = straight.clone();
        bent.exchanges[0].headers[1].1 = agent.to_owned();
        tells_apart("OTLP-HDR-005", &straight, &bent);
    }
}

#[test]
fn retries_carry_the_headers_of_the_first_attempt() {
    let straight = recording(vec![
        attempt(1, 1, 15, delta(0, 15, 1)).refused(14),
        attempt(1, 2, 16, delta(0, 15, 1)),
    ]);
    let mut bent = straight.clone();
    bent.exchanges[1].headers.pop();
    tells_apart("OTLP-HDR-001", &straight, &bent);
}

#[test]
fn compressed_bodies_say_so_and_have_one_layer() {
    use std::io::Write as _;
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let mut straight = recording(vec![attempt(1, 1, 15, delta(0, 15, 1)).over_http(
        Protocol::HttpProtobuf,
        "application/x-protobuf",
        "",
    )]);
    straight.exchanges[0].body = gzip(b"message").into();
    straight.exchanges[0]
        .headers
        .push(("content-encoding".to_owned(), "gzip".to_owned()));
    let mut silent = straight.clone();
    silent.exchanges[0].headers.pop();
    tells_apart("OTLP-CMP-001", &straight, &silent);
    let mut twice = straight.clone();
    twice.exchanges[0].body = gzip(&gzip(b"message")).into();
    tells_apart("OTLP-CMP-002", &straight, &twice);
    let mut short = straight.clone();
    short.exchanges[0].payload = Payload::Undecodable("unexpected end".to_owned());
    tells_apart("OTLP-CMP-005", &straight, &short);

    let mut straight = one(delta(0, 15, 1));
    straight.exchanges[0].body = gzip(b"message").into();
    straight.exchanges[0]
        .headers
        .push(("grpc-encoding".to_owned(), "gzip".to_owned()));
    let mut silent = straight.clone();
    silent.exchanges[0].headers.pop();
    tells_apart("OTLP-CMP-003", &straight, &silent);
}

#[test]
fn json_is_written_as_the_protocol_asks() {
    let over = |body| {
        recording(vec![attempt(1, 1, 15, delta(0, 15, 1)).over_http(
            Protocol::HttpJson,
            "application/json",
            body,
        )])
    };
    let straight =
        over(r#"{"aggregationTemporality":1,"asInt":"5","bucketCounts":["1","2"],"flags":0}"#);
    tells_apart(
        "OTLP-JSN-002",
        &straight,
        &over(r#"{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA"}"#),
    );
    tells_apart(
        "OTLP-JSN-003",
        &straight,
        &over(r#"{"time_unix_nano":"5"}"#),
    );
    tells_apart("OTLP-JSN-004", &straight, &over(r#"{"asInt":5}"#));
    tells_apart(
        "OTLP-JSN-004",
        &straight,
        &over(r#"{"bucketCounts":[1,2]}"#),
    );
    tells_apart("OTLP-JSN-004", &straight, &over(r#"{"flags":"0"}"#));
}

#[test]
fn histograms_add_up() {
    let straight = one(histogram(|_| ()));
    tells_apart(
        "OTLP-MDT-003",
        &straight,
        &one(histogram(|point| point.count = 3)),
    );
    tells_apart(
        "OTLP-MDT-003",
        &straight,
        &one(histogram(|point| point.bucket_counts = vec![1, 1])),
    );
    tells_apart(
        "OTLP-MDT-003",
        &straight,
        &one(histogram(|point| point.explicit_bounds = vec![10.0, 5.0])),
    );
    tells_apart(
        "OBX-PAY-002",
        &straight,
        &one(histogram(|point| point.min = Some(8.0))),
    );
    tells_apart(
        "OBX-PAY-002",
        &straight,
        &one(histogram(|point| point.sum = Some(80.0))),
    );
}

#[test]
fn attribute_keys_are_unique_and_not_empty() {
    let with = |keys: [&str; 2]| {
        one(with_points(delta(0, 15, 1), |points| {
            points[0].attributes = keys.map(|key| text(key, "x")).to_vec();
        }))
    };
    tells_apart("OTLP-MDT-020", &with(["a", "b"]), &with(["a", "a"]));
    tells_apart("OTLP-MDT-020", &with(["a", "b"]), &with(["a", ""]));
}

#[test]
fn a_series_has_one_point_in_a_payload_and_an_instrument_one_metric() {
    let straight = one(delta(0, 15, 1));
    let bent = one(with_points(delta(0, 15, 1), |points| {
        points.push(points[0].clone());
    }));
    tells_apart("OBX-PAY-001", &straight, &bent);
    let mut bent = straight.clone();
    if let Payload::Metrics(request) = &mut bent.exchanges[0].payload {
        let metrics =
            &mut std::sync::Arc::make_mut(request).resource_metrics[0].scope_metrics[0].metrics;
        let mut other = metrics[0].clone();
        other.name = other.name.to_uppercase();
        metrics.push(other);
    }
    tells_apart("OTLP-MDT-019", &straight, &bent);
}

#[test]
fn temporality_is_specified_and_counters_are_monotonic() {
    let straight = one(delta(0, 15, 1));
    tells_apart(
        "OTLP-TMP-006",
        &straight,
        &one(sum(AggregationTemporality::Unspecified, 0, 15, 1)),
    );
    let mut metric = delta(0, 15, 1);
    if let Some(opentelemetry_proto::tonic::metrics::v1::metric::Data::Sum(sum)) = &mut metric.data
    {
        sum.is_monotonic = false;
    }
    tells_apart("OTLP-TMP-019", &straight, &one(metric));
}

#[test]
fn times_are_there_plausible_and_in_order() {
    let straight = one(delta(0, 15, 1));
    let with = |start, time| {
        one(with_points(delta(0, 15, 1), |points| {
            points[0].start_time_unix_nano = start;
            points[0].time_unix_nano = time;
        }))
    };
    tells_apart("OTLP-TMP-017", &straight, &with(unix(0), 0));
    tells_apart("OTLP-TMP-017", &straight, &with(unix(15), unix(0)));
    tells_apart("OTLP-TMP-017", &straight, &with(0, 15));
    tells_apart("OTLP-TMP-012", &straight, &with(unix(0), unix(16)));
}

#[test]
fn cumulative_series_keep_their_start_and_never_fall() {
    let straight = two(total(0, 15, 3), total(0, 30, 5));
    tells_apart(
        "OTLP-TMP-010",
        &straight,
        &two(total(0, 15, 3), total(1, 30, 5)),
    );
    tells_apart(
        "OTLP-TMP-018",
        &straight,
        &two(total(0, 15, 3), total(0, 30, 2)),
    );
    tells_apart(
        "OTLP-TMP-012",
        &straight,
        &two(total(0, 15, 3), total(0, 15, 5)),
    );
}

#[test]
fn delta_windows_follow_one_another() {
    let straight = two(delta(0, 15, 3), delta(15, 30, 5));
    tells_apart(
        "OTLP-TMP-011",
        &straight,
        &two(delta(0, 15, 3), delta(0, 30, 5)),
    );
    tells_apart(
        "OTLP-TMP-024",
        &straight,
        &two(delta(0, 15, 3), delta(10, 30, 5)),
    );
    tells_apart(
        "OTLP-TMP-024",
        &straight,
        &two(delta(0, 15, 3), delta(0, 15, 5)),
    );
    tells_apart(
        "OTLP-TMP-018",
        &straight,
        &two(delta(0, 15, 3), delta(15, 30, -5)),
    );
    let shared = |start: u64| {
        one(with_points(delta(0, 15, 1), |points| {
            let mut other = points[0].clone();
            other.attributes = vec![text("a", "b")];
            other.start_time_unix_nano = unix(start);
            points.push(other);
        }))
    };
    tells_apart("OTLP-TMP-013", &shared(0), &shared(5));
}

#[test]
fn exports_do_not_overlap() {
    let straight = two(delta(0, 15, 3), delta(15, 30, 5));
    let bent = recording(vec![
        attempt(1, 1, 15, delta(0, 15, 3)).until(31),
        attempt(2, 1, 30, delta(15, 30, 5)),
    ]);
    tells_apart("OTLP-CON-002", &straight, &bent);
}

#[test]
fn nothing_comes_after_shutdown() {
    let shut = |at| one(delta(0, 15, 3)).calling(shutdown(), secs(at), secs(at), CallResult::Ok);
    tells_apart("OTLP-PMR-012", &shut(20), &shut(10));
}

#[test]
fn refused_data_does_not_come_again() {
    let after = |metric| {
        recording(vec![
            attempt(1, 1, 15, delta(0, 15, 3)).refused(3),
            attempt(2, 1, 30, metric),
        ])
    };
    tells_apart(
        "OTLP-RTY-008",
        &after(delta(15, 30, 5)),
        &after(delta(0, 15, 3)),
    );
}

#[test]
fn a_partial_success_is_not_retried() {
    for (rule, protocol) in [
        ("OTLP-PSU-001", Protocol::Grpc),
        ("OTLP-PSU-002", Protocol::HttpProtobuf),
    ] {
        let after = |metric| {
            let mut exchanges = vec![
                attempt(1, 1, 15, delta(0, 15, 3)),
                attempt(2, 1, 16, metric),
            ];
            exchanges[0].accepted = Accepted::Partial { rejected: 1 };
            exchanges[0].protocol = Some(protocol);
            recording(exchanges)
        };
        tells_apart(rule, &after(delta(15, 16, 5)), &after(delta(0, 15, 3)));
    }
}

#[test]
fn no_more_is_accepted_than_was_recorded() {
    let recording = two(delta(0, 15, 3), delta(15, 30, 5));
    tells_apart(
        "OTLP-TMP-025",
        &recording.clone().having_emitted(8),
        &recording.having_emitted(7),
    );
}

#[test]
fn the_user_agent_is_made_of_products_and_comments() {
    let straight = one(delta(0, 15, 1));
    let agent = |text: &str| {
        let mut recording = straight.clone();
        for (key, value) in &mut recording.exchanges[0].headers {
            if key == "user-agent" {
                text.clone_into(value);
            }
        }
        recording
    };
    for good in [
        "OTel-OTLP-Exporter-Python/1.38.0",
        "my-app/2 OTel OTLP Exporter Go/1.40.0 grpc-go/1.75",
        "OTel-OTLP-Exporter-Java/1.5 (Linux (x86_64); \\) ) okhttp",
    ] {
        assert_eq!(
            grade("OTLP-HDR-006", &agent(good)),
            Some(crate::judge::Grade::Passed),
            "{good}"
        );
    }
    for bad in [
        "",
        "(only a comment)",
        "name/1/2",
        "a/ b",
        "a (open",
        "a {b}",
    ] {
        tells_apart("OTLP-HDR-006", &straight, &agent(bad));
    }
}
