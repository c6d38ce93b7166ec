//! Over HTTP/1.1 nothing changes on the way: requests and answers are compared as bytes.

use flate2::Compression;
use flate2::write::GzEncoder;
use otelbox_mock_collector::journal::UpstreamOutcome;
use otelbox_mock_collector::{Accepted, Port};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::io::Write as _;

use super::raw_http1::{Answer, Event, Parsed, RawHttp1};
use super::{start, to_address};
use crate::support::{Http1Client, Receiver, metrics};

/// A request and the answer to it.
#[derive(Clone, Debug)]
struct Case {
    target: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
    chunked: bool,
    status: u16,
    answer_fields: Vec<(String, String)>,
    answer_body: Vec<u8>,
    answer_chunked: bool,
}

fn any_fields() -> impl Strategy<Value = Vec<(String, String)>> {
    let field = (
        "x-[a-c][a-z0-9-]{0,3}(-bin)?",
        "([!-~]([ -~]{0,12}[!-~])?)?",
    );
    vec(field, 0..8)
}

fn any_body() -> impl Strategy<Value = (&'static str, Option<&'static str>, Vec<u8>)> {
    let protobuf = "application/x-protobuf";
    prop_oneof![
        (0_u64..5).prop_map(move |points| (protobuf, None, metrics(points))),
        (0_u64..5).prop_map(move |points| (protobuf, Some("gzip"), gzip(&metrics(points)))),
        // Neither the compression nor the bytes have to be what they say.
        vec(any::<u8>(), 0..200).prop_map(move |body| (protobuf, Some("zstd"), body)),
        vec(any::<u8>(), 0..200).prop_map(|body| ("application/json", None, body)),
        vec(any::<u8>(), 0..200).prop_map(|body| ("text/plain", Some("gzip"), body)),
    ]
}

fn any_case() -> impl Strategy<Value = Case> {
    let target = "/(v1/(metrics|traces|logs)|healthz|a/b)(\\?[a-z]=[a-z%20]{0,4})?";
    let status = proptest::sample::select(vec![200_u16, 202, 400, 404, 429, 500, 503]);
    let request = (target, any_fields(), any_body(), any::<bool>());
    let answer = (status, any_fields(), any_body(), any::<bool>());
    (request, answer).prop_map(|(request, answer)| {
        let (target, mut fields, body, chunked) = request;
        let (status, mut answer_fields, answer_body, answer_chunked) = answer;
        let add = |fields: &mut Vec<(String, String)>, kind: &str, encoding: Option<&str>| {
            fields.push(("content-type".to_owned(), kind.to_owned()));
            fields.extend(encoding.map(|name| ("content-encoding".to_owned(), name.to_owned())));
        };
        add(&mut fields, body.0, body.1);
        add(&mut answer_fields, answer_body.0, answer_body.1);
        Case {
            target,
            fields,
            body: body.2,
            chunked,
            status,
            answer_fields,
            answer_body: answer_body.2,
            answer_chunked,
        }
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// A message as bytes.
fn message(first: &str, fields: &[(String, String)], body: &[u8], chunked: bool) -> Vec<u8> {
    let mut bytes = format!("{first}\r\n").into_bytes();
    for (name, value) in fields {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if !chunked {
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
        bytes.extend_from_slice(body);
        return bytes;
    }
    bytes.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
    for part in body.chunks(70) {
        bytes.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
        bytes.extend_from_slice(part);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

/// What a client reads of an answer before the collector ends the connection.
async fn answer_to(receiver: &Receiver, request: &[u8]) -> Parsed {
    let mut client: Http1Client = receiver.http().await;
    tokio::io::AsyncWriteExt::write_all(&mut client.stream, request)
        .await
        .expect("it is read");
    Parsed::of(&client.read_to_end().await.expect("an answer"))
}

#[test]
fn requests_and_answers_arrive_as_they_were_sent() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (receiver, upstream) = runtime.block_on(async {
        let upstream = RawHttp1::start(Answer::Silence).await;
        (start(to_address(upstream.address)).await, upstream)
    });
    let upstream = tokio::sync::Mutex::new(upstream);
    let config = Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let check = |case: Case| {
        runtime.block_on(async {
            let mut upstream = upstream.lock().await;
            let first = format!("HTTP/1.1 {} Whatever", case.status);
            upstream.answers(Answer::Bytes(message(
                &first,
                &case.answer_fields,
                &case.answer_body,
                case.answer_chunked,
            )));
            let first = format!("POST {} HTTP/1.1", case.target);
            let mut sent_fields = case.fields.clone();
            sent_fields.push(("host".to_owned(), "otelbox".to_owned()));
            sent_fields.push(("connection".to_owned(), "close".to_owned()));
            let sent = message(&first, &sent_fields, &case.body, case.chunked);
            let answer = answer_to(&receiver, &sent).await;

            let arrived = upstream.request().await;
            let sent = Parsed::of(&sent);
            prop_assert_eq!(&arrived.first_line, &sent.first_line);
            let own = ["host", "connection"];
            prop_assert_eq!(arrived.fields_without(&["host"]), sent.fields_without(&own));
            prop_assert_eq!(&arrived.body, &case.body);
            let host = upstream.address.to_string();
            prop_assert_eq!(arrived.field("host"), Some(host.as_bytes()));

            let given = Parsed::of(&message("", &case.answer_fields, &case.answer_body, false));
            let status = format!("HTTP/1.1 {} ", case.status);
            prop_assert!(answer.first_line.starts_with(&status), "{answer:?}");
            prop_assert_eq!(
                answer.fields_without(&["connection"]),
                given.fields_without(&[])
            );
            prop_assert_eq!(&answer.body, &case.answer_body);
            Ok(())
        })
    };
    TestRunner::new(config)
        .run(&any_case(), check)
        .unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn trailers_go_both_ways() {
    let answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n\
        3\r\nabc\r\n0\r\nx-sum: 6\r\n\r\n";
    let mut upstream = RawHttp1::start(Answer::Bytes(answer.to_vec())).await;
    let receiver = start(to_address(upstream.address)).await;
    let request =
        b"POST /anything HTTP/1.1\r\nhost: a\r\nte: trailers\r\nconnection: te, close\r\n\
        trailer: x-count\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx-count: 2\r\n\r\n";
    let answer = answer_to(&receiver, request).await;
    assert_eq!(answer.body, b"abc");
    assert_eq!(answer.trailers, [("x-sum".to_owned(), b"6".to_vec())]);
    let arrived = upstream.request().await;
    assert_eq!(arrived.body, b"hi");
    assert_eq!(arrived.trailers, [("x-count".to_owned(), b"2".to_vec())]);
    // They are this connection's: it takes trailers as well.
    assert_eq!(arrived.field("te"), Some(&b"trailers"[..]));
    assert_eq!(arrived.field("connection"), Some(&b"te"[..]));
}

#[tokio::test]
async fn answers_without_a_body_stay_without() {
    let mut upstream = RawHttp1::start(Answer::Silence).await;
    let receiver = start(to_address(upstream.address)).await;
    for (method, given, length) in [
        (
            "HEAD",
            "HTTP/1.1 200 OK\r\ncontent-length: 7\r\nx-a: 1\r\n\r\n",
            Some("7"),
        ),
        ("GET", "HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n", None),
        ("GET", "HTTP/1.1 304 Not Modified\r\nx-a: 1\r\n\r\n", None),
    ] {
        upstream.answers(Answer::Bytes(given.as_bytes().to_vec()));
        let request = format!("{method} /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let answer = answer_to(&receiver, request.as_bytes()).await;
        let length = length.map(str::as_bytes);
        assert_eq!(answer.field("content-length"), length, "{method} {given}");
        assert_eq!(
            answer.fields_without(&["connection"]),
            [("x-a".to_owned(), b"1".to_vec())]
        );
        assert_eq!(answer.body, b"");
        let arrived = upstream.request().await;
        assert_eq!(arrived.first_line, format!("{method} /x HTTP/1.1"));
        assert_eq!(arrived.fields_without(&["host"]), []);
        // Nothing is announced where nothing was sent.
        assert_eq!(arrived.field("content-length"), None);
    }
}

#[tokio::test]
async fn one_client_connection_is_one_upstream_connection() {
    let answer =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
    let mut upstream = RawHttp1::start(Answer::Bytes(answer.to_vec())).await;
    let receiver = start(to_address(upstream.address)).await;
    let mut client = receiver.http().await;
    for points in 1..=3 {
        assert_eq!(client.export(points).await.expect("an answer").status, 200);
    }
    drop(client);
    assert_eq!(upstream.event().await, Event::Connected);
    for _ in 0..3 {
        assert!(matches!(upstream.event().await, Event::Request(_)));
    }
    assert_eq!(upstream.event().await, Event::Gone);
    // Nobody else has connected: the next client does.
    receiver.http().await.export(1).await.expect("an answer");
    assert_eq!(upstream.event().await, Event::Connected);
}

#[tokio::test]
async fn an_upstream_that_closes_after_its_answer_is_connected_to_again() {
    let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    let mut upstream = RawHttp1::start(Answer::Last(answer.to_vec())).await;
    let receiver = start(to_address(upstream.address)).await;
    let mut client = receiver.http().await;
    for points in 1..=3 {
        // The connection of the client is another: it lives on.
        let answer = client.export(points).await.expect("an answer");
        assert_eq!((answer.status, answer.header("connection")), (200, None));
        assert_eq!(upstream.event().await, Event::Connected);
        assert!(matches!(upstream.event().await, Event::Request(_)));
    }
    assert_eq!(receiver.collector.ledger().doubt(), None);
    let exchanges = receiver.after(3).await.exchanges();
    for exchange in &exchanges {
        let forwarding = exchange.forwarding().expect("it is forwarded");
        let Some(UpstreamOutcome::Answered { accepted, .. }) = forwarding.outcome() else {
            panic!("{forwarding}");
        };
        assert_eq!(*accepted, Accepted::All);
        assert_eq!(exchange.connection, exchanges[0].connection);
    }
    assert!(receiver.collector.http_addr().is_some(), "{:?}", Port::Http);
}
