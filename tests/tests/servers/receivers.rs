//! What the mock answers to remote write and to spans for Zipkin, against what the real servers answer to the same bytes.
//!
//! Compared are the status, what a client acts on, and the texts of refusals that a client may be told: those of a head. Why a
//! body is none, each says in its own words.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use libtest_mimic::Trial;
use otelbox_mock_collector::MockCollector;
use otelbox_tests::{Need, Prometheus, Zipkin};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::block_on;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Need::Prometheus3.trial("remote_write_is_answered_as_by_prometheus", |tool| {
            let same = block_on(async {
                let started = Prometheus::start(tool, "", &[]).await;
                let prometheus = started.expect("a Prometheus");
                differences(prometheus.address(), &writes()).await
            });
            assert_eq!(same, "");
        }),
        Need::Zipkin.trial("spans_are_answered_as_by_zipkin", |tool| {
            let same = block_on(async {
                let zipkin = Zipkin::start(tool).await.expect("a Zipkin");
                differences(zipkin.address(), &spans()).await
            });
            assert_eq!(same, "");
        }),
    ]
}

/// A request, and whether the whole answer is compared.
struct Case {
    name: &'static str,
    head: String,
    body: Vec<u8>,
    with_text: bool,
}

/// What a client sees of an answer.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    status: String,
    fields: Vec<String>,
    text: String,
}

/// The cases in which the mock answers otherwise than the server.
async fn differences(server: SocketAddr, cases: &[Case]) -> String {
    let mock = MockCollector::builder().start().await.expect("a receiver");
    let mock = mock.http_addr().expect("an address");
    let mut different = String::new();
    for case in cases {
        let (real, ours) = (send(server, case).await, send(mock, case).await);
        if real != ours {
            let _ = writeln!(different, "{}\n  real {real:?}\n  mock {ours:?}", case.name);
        }
    }
    different
}

async fn send(address: SocketAddr, case: &Case) -> Seen {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let length = case.body.len();
    let head = format!(
        "{}host: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n",
        case.head
    );
    let request = [head.as_bytes(), &case.body].concat();
    stream.write_all(&request).await.expect("written");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, text) = answer.split_once("\r\n\r\n").expect("a head");
    let (line, fields) = head.split_once("\r\n").unwrap_or((head, ""));
    let told = ["content-type:", "x-content-type-options:", "allow:"];
    let mut fields: Vec<String> = fields
        .lines()
        .map(|field| {
            let (name, value) = field.split_once(':').unwrap_or((field, ""));
            format!("{}: {}", name.to_ascii_lowercase(), value.trim())
        })
        .filter(|field| {
            told.iter().any(|name| field.starts_with(name)) || field.contains("-written: ")
        })
        .collect();
    fields.sort();
    Seen {
        status: line.split(' ').nth(1).unwrap_or_default().to_owned(),
        fields,
        text: if case.with_text {
            text.to_owned()
        } else {
            String::new()
        },
    }
}

fn writes() -> Vec<Case> {
    const V1: &str = "application/x-protobuf";
    const V2: &str = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
    let case = |name, content_type: Option<&str>, encoding: Option<&str>, body, with_text| {
        let mut head = "POST /api/v1/write HTTP/1.1\r\n".to_owned();
        for (field, value) in [
            ("content-type", content_type),
            ("content-encoding", encoding),
        ] {
            if let Some(value) = value {
                let _ = write!(head, "{field}: {value}\r\n");
            }
        }
        Case {
            name,
            head,
            body,
            with_text,
        }
    };
    let snappy = Some("snappy");
    let (one, two) = (block(&write_request()), block(&request(2)));
    vec![
        case("1.0", Some(V1), snappy, one.clone(), true),
        case("2.0", Some(V2), snappy, two.clone(), true),
        case("nothing in 2.0", Some(V2), snappy, block(b""), true),
        case("no content type", None, snappy, one.clone(), true),
        case("no encoding", Some(V1), None, one.clone(), true),
        case("Snappy", Some(V1), Some("Snappy"), one.clone(), true),
        case("JSON", Some("application/json"), snappy, one.clone(), true),
        case(
            "another message",
            Some("application/x-protobuf;proto=x"),
            snappy,
            one.clone(),
            true,
        ),
        case(
            "half a parameter",
            Some("application/x-protobuf;proto"),
            snappy,
            one.clone(),
            true,
        ),
        case(
            "a blank before the parameter",
            Some("application/x-protobuf; proto=io.prometheus.write.v2.Request"),
            snappy,
            two.clone(),
            true,
        ),
        case("gzip", Some(V1), Some("gzip"), one, true),
        case("gzip of 2.0", Some(V2), Some("gzip"), two, true),
        case("no block", Some(V1), snappy, b"\x05hello".to_vec(), false),
        case(
            "no block of 2.0",
            Some(V2),
            snappy,
            b"\x05hello".to_vec(),
            false,
        ),
        case("no message", Some(V1), snappy, block(b"\xff"), false),
        case("no message of 2.0", Some(V2), snappy, block(b"\xff"), false),
        case(
            "a symbol of none",
            Some(V2),
            snappy,
            block(&request(9)),
            false,
        ),
        Case {
            name: "GET",
            head: "GET /api/v1/write HTTP/1.1\r\n".to_owned(),
            body: Vec::new(),
            with_text: true,
        },
    ]
}

fn spans() -> Vec<Case> {
    const JSON: &str = "application/json";
    let case = |name, content_type: Option<&str>, body: &[u8], with_text| {
        let mut head = "POST /api/v2/spans HTTP/1.1\r\n".to_owned();
        if let Some(content_type) = content_type {
            let _ = write!(head, "content-type: {content_type}\r\n");
        }
        Case {
            name,
            head,
            body: body.to_vec(),
            with_text,
        }
    };
    let span = br#"[{"traceId":"5af7183fb1d4cf5f00000000000000a1","id":"352bff9a74ca9ad2","name":"x","timestamp":1}]"#;
    let protobuf = delimited(1, &[delimited(1, &[1; 16]), delimited(3, &[2; 8])].concat());
    let mut not_gzip = case("no gzip", Some(JSON), b"hello", true);
    not_gzip.head.push_str("content-encoding: gzip\r\n");
    vec![
        case("JSON", Some(JSON), span, true),
        case("protobuf", Some("application/x-protobuf"), &protobuf, true),
        case("no content type", None, span, true),
        case("text", Some("text/plain"), span, true),
        case("nothing", Some(JSON), b"", true),
        case("an empty list", Some(JSON), b"[]", true),
        case(
            "null and what is unknown",
            Some(JSON),
            br#"[{"traceId":"a1","id":"b2","name":null,"x":{}}]"#,
            true,
        ),
        case(
            "a number as a tag",
            Some(JSON),
            br#"[{"traceId":"a1","id":"b2","tags":{"a":1}}]"#,
            true,
        ),
        case("no list", Some(JSON), b"hello", false),
        case("half a list", Some(JSON), &span[..40], false),
        case(
            "upper case",
            Some(JSON),
            br#"[{"traceId":"A1","id":"b2"}]"#,
            false,
        ),
        case("no id", Some(JSON), br#"[{"traceId":"a1"}]"#, false),
        case(
            "a kind of OpenTelemetry",
            Some(JSON),
            br#"[{"traceId":"a1","id":"b2","kind":"INTERNAL"}]"#,
            false,
        ),
        case(
            "half a microsecond",
            Some(JSON),
            br#"[{"traceId":"a1","id":"b2","timestamp":1.5}]"#,
            false,
        ),
        case(
            "JSON as protobuf",
            Some("application/x-protobuf"),
            span,
            false,
        ),
        case("protobuf as JSON", Some(JSON), &protobuf, false),
        not_gzip,
    ]
}

/// One series of 1.0.
fn write_request() -> Vec<u8> {
    let label = |name: &str, value: &str| {
        let inside = [
            delimited(1, name.as_bytes()),
            delimited(2, value.as_bytes()),
        ];
        delimited(1, &inside.concat())
    };
    let labels = [label("__name__", "up"), label("job", "one")].concat();
    delimited(1, &[labels, delimited(2, &sample())].concat())
}

/// One series of 2.0; its job is the symbol with this number, of which there are four.
fn request(job: u8) -> Vec<u8> {
    let symbols = ["", "__name__", "up", "job"];
    let mut request: Vec<u8> = symbols
        .iter()
        .flat_map(|symbol| delimited(4, symbol.as_bytes()))
        .collect();
    let labels = delimited(1, &[1, 2, 3, job]);
    request.extend(delimited(5, &[labels, delimited(2, &sample())].concat()));
    request
}

/// 1, now.
fn sample() -> Vec<u8> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a real server takes no sample that is old"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = u64::try_from(now.expect("after 1970").as_millis()).expect("this age");
    let mut sample = [&[0x09][..], &1_f64.to_le_bytes(), &[0x10]].concat();
    prost::encoding::encode_varint(millis, &mut sample);
    sample
}

fn delimited(field: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).expect("short");
    assert!(length < 0x80);
    [&[field << 3 | 2, length], bytes].concat()
}

/// A block of Snappy that compresses nothing.
fn block(plain: &[u8]) -> Vec<u8> {
    let length = u8::try_from(plain.len()).expect("short");
    let mut block = vec![length];
    assert!(length < 0x80);
    for literal in plain.chunks(60) {
        block.push(u8::try_from(literal.len() - 1).expect("short") << 2);
        block.extend(literal);
    }
    block
}
