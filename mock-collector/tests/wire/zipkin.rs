//! Zipkin v2 on the HTTP port: what is taken, what is refused, and in whose words.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use otelbox_mock_collector::fault::{always, http, on_attempt, partial_success};
use otelbox_mock_collector::journal::Accepted;
use otelbox_mock_collector::payload::Encoding;
use otelbox_mock_collector::{MockCollector, Payload, Protocol, Signal, json};
use serde_json::{Value, json};

use crate::support::{JSON, PROTOBUF, Transport, on_both_transports, post};

const PATH: &str = "/api/v2/spans";
const GZIP: (&str, &str) = ("content-encoding", "gzip");

fn spans() -> Value {
    json!([{
        "traceId": "5af7183fb1d4cf5f00000000000000a1",
        "id": "352bff9a74ca9ad2",
        "parentId": "6b221d5bc9e6496c",
        "kind": "CLIENT",
        "name": "get /api",
        "timestamp": 1_556_604_172_355_737_u64,
        "duration": 1431,
        "localEndpoint": { "serviceName": "shop", "ipv4": "192.0.2.1", "port": 8080 },
        "remoteEndpoint": { "serviceName": "db", "ipv6": "2001:db8::1" },
        "annotations": [{ "timestamp": 1_556_604_172_355_800_u64, "value": "sent" }],
        "tags": { "http.path": "/api", "otelbox.item": "7" },
        "shared": true,
    }])
}

/// The same in protobuf, byte by byte.
fn list_of_spans() -> Vec<u8> {
    let tag = |key: &str, value: &str| {
        let mut inside = delimited(1, key.as_bytes());
        inside.extend(delimited(2, value.as_bytes()));
        delimited(11, &inside)
    };
    let fixed64 = |field: u8, value: u64| [&[field << 3 | 1][..], &value.to_le_bytes()].concat();
    let mut local = delimited(1, b"shop");
    local.extend(delimited(2, &[192, 0, 2, 1]));
    local.extend([0x20, 0x90, 0x3f]);
    let mut remote = delimited(1, b"db");
    remote.extend(delimited(
        3,
        &[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ));
    let mut annotation = fixed64(1, 1_556_604_172_355_800);
    annotation.extend(delimited(2, b"sent"));
    let span = [
        delimited(
            1,
            &[
                0x5a, 0xf7, 0x18, 0x3f, 0xb1, 0xd4, 0xcf, 0x5f, 0, 0, 0, 0, 0, 0, 0, 0xa1,
            ],
        ),
        delimited(2, &[0x6b, 0x22, 0x1d, 0x5b, 0xc9, 0xe6, 0x49, 0x6c]),
        delimited(3, &[0x35, 0x2b, 0xff, 0x9a, 0x74, 0xca, 0x9a, 0xd2]),
        vec![0x20, 1],
        delimited(5, b"get /api"),
        fixed64(6, 1_556_604_172_355_737),
        vec![0x38, 0x97, 0x0b],
        delimited(8, &local),
        delimited(9, &remote),
        delimited(10, &annotation),
        tag("http.path", "/api"),
        tag("otelbox.item", "7"),
        vec![0x68, 1],
    ]
    .concat();
    let mut list = vec![0x0a];
    prost::encoding::encode_varint(span.len() as u64, &mut list);
    [list, span].concat()
}

fn delimited(field: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).expect("short");
    assert!(length < 0x80);
    [&[field << 3 | 2, length], bytes].concat()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

on_both_transports!(
    spans_are_taken_in_both_encodings_and_mean_the_same,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = receiver.http().await;
        let text = spans().to_string();
        for (headers, body) in [
            (&[JSON][..], text.clone().into_bytes()),
            (&[PROTOBUF][..], list_of_spans()),
            (&[JSON, GZIP][..], gzip(text.as_bytes())),
            // Whatever is no protobuf is JSON, and nothing at all is no span.
            (&[][..], b"".to_vec()),
        ] {
            let answer = client
                .send(&post(PATH, headers, &body))
                .await
                .expect("an answer");
            assert_eq!((answer.status, answer.text()), (202, ""), "{headers:?}");
            assert_eq!(answer.header("content-length"), Some("0"));
        }
        let exchanges = receiver.after(4).await.exchanges();
        let seen: Vec<_> = exchanges
            .iter()
            .map(|exchange| {
                (
                    exchange.protocol,
                    exchange.items(),
                    exchange.request.encoding,
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (Some(Protocol::ZipkinJson), Some(1), Encoding::Identity),
                (Some(Protocol::ZipkinProtobuf), Some(1), Encoding::Identity),
                (Some(Protocol::ZipkinJson), Some(1), Encoding::Gzip),
                (Some(Protocol::ZipkinJson), Some(0), Encoding::Identity),
            ]
        );
        assert_eq!(exchanges[0].digest(), exchanges[1].digest());
        let read = json::encode(exchanges[1].payload().expect("a payload"));
        assert_eq!(read, spans());
        let payload = exchanges[0].payload().expect("a payload");
        assert_eq!(payload.resources()[0]["service.name"], "shop");
        let ledger = receiver.collector.ledger();
        let traces = ledger.signal(Signal::Traces);
        // Compressed or not, the same bytes are one payload, and what came again is told by item.
        assert_eq!((traces.accepted, traces.by_item["7"]), (2, 3));
    }
);

#[test]
fn short_ids_are_filled_up_and_what_is_no_span_is_refused() {
    let read = |text: &str| {
        Payload::decode(Signal::Traces, Protocol::ZipkinJson, text.as_bytes())
            .map(|payload| json::encode(&payload))
            .map_err(|error| error.to_string())
    };
    assert_eq!(
        read(r#"[{"traceId":"a1","id":"b2","parentId":"0","timestamp":null,"later":{}}]"#),
        Ok(json!([{ "traceId": "00000000000000a1", "id": "00000000000000b2" }]))
    );
    for (text, reason) in [
        (r#"{"traceId":"a1"}"#, "invalid type: map"),
        (r#"[{"id":"b2"}]"#, "a span without traceId"),
        (r#"[{"traceId":"a1"}]"#, "a span without id"),
        (
            r#"[{"traceId":"A1","id":"b2"}]"#,
            "is no id in lower-case hex",
        ),
        (
            r#"[{"traceId":"a1","id":"b2","kind":"INTERNAL"}]"#,
            "unknown kind INTERNAL",
        ),
        (
            r#"[{"traceId":"a1","id":"b2","timestamp":1.5}]"#,
            "invalid type: floating point",
        ),
        (
            r#"[{"traceId":"a1","id":"b2","tags":{"a":true}}]"#,
            "did not match any variant",
        ),
        (r#"[{"traceId":"0","id":"b2"}]"#, "or of zeros"),
    ] {
        let error = read(text).expect_err(text);
        assert!(error.contains(reason), "{error}: {reason}");
    }
}

on_both_transports!(
    what_cannot_be_taken_is_refused_as_text,
    async |transport: Transport| {
        let receiver = transport
            .start(MockCollector::builder().max_request_bytes(1000))
            .await;
        for (headers, body, status, text) in [
            (&[JSON][..], &b"hello"[..], 400, "no such JSON message"),
            (&[PROTOBUF][..], b"hello", 400, "no such protobuf message"),
            (&[JSON, GZIP][..], b"hello", 400, "Cannot gunzip spans"),
            (
                &[JSON][..],
                &[b' '; 1001],
                413,
                "413 Request Entity Too Large",
            ),
        ] {
            let mut client = receiver.http().await;
            let answer = client
                .send(&post(PATH, headers, body))
                .await
                .expect("an answer");
            assert_eq!(answer.status, status, "{text}");
            assert!(
                answer.text().contains(text),
                "{:?}: {text:?}",
                answer.text()
            );
            assert_eq!(
                answer.header("content-type"),
                Some(if status == 400 {
                    "text/*"
                } else {
                    "text/plain; charset=utf-8"
                })
            );
        }
        let mut client = receiver.http().await;
        let get = format!("GET {PATH} HTTP/1.1\r\nhost: otelbox\r\n\r\n");
        let answer = client.send(get.as_bytes()).await.expect("an answer");
        assert_eq!((answer.status, answer.text()), (404, "404 Not Found"));
    }
);

on_both_transports!(
    statuses_apply_and_what_is_only_for_others_does_not,
    async |transport: Transport| {
        let receiver = transport
            .start(
                MockCollector::builder()
                    .fault(always().then(partial_success(1, "no")))
                    .fault(on_attempt(1).then(http(503).message("later"))),
            )
            .await;
        let mut client = receiver.http().await;
        let body = spans().to_string();
        let request = post(PATH, &[JSON], body.as_bytes());
        let later = client.send(&request).await.expect("an answer");
        assert_eq!((later.status, later.text()), (503, "later"));
        let again = client.send(&request).await.expect("an answer");
        assert_eq!(again.status, 202);
        let exchanges = receiver.after(2).await.exchanges();
        let seen: Vec<_> = exchanges
            .iter()
            .map(|exchange| (exchange.attempt, exchange.accepted()))
            .collect();
        assert_eq!(seen, [(1, Accepted::No), (2, Accepted::All)]);
    }
);
