//! HTTP/1.1 from clients that mean no good: the connection may end, the collector goes on.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use otelbox_mock_collector::journal::{BodyError, ConnectionEvent};
use otelbox_mock_collector::{MockCollector, Port};
use tokio::io::{AsyncReadExt, AsyncWriteExt, split};
use tokio::time::timeout;

use crate::support::{JSON, LONG, Receiver, Transport, metrics, on_both_transports, post};

/// What the collector sends to a client that writes the bytes again and again, at most so often, and then nothing more. Where
/// nothing is repeated, it is for the collector to end the connection.
async fn answer_to(receiver: &Receiver, start: &[u8], again: &[u8], times: usize) -> String {
    let stream = receiver.connect(Port::Http).await.expect("it listens");
    let (mut reads, mut writes) = split(stream);
    let reading = tokio::spawn(async move {
        let mut bytes = Vec::new();
        // However it ends.
        let _ = reads.read_to_end(&mut bytes).await;
        String::from_utf8_lossy(&bytes).into_owned()
    });
    // A collector that has had enough closes.
    let mut written = writes.write_all(start).await;
    for _ in 0..times {
        if written.is_err() {
            break;
        }
        written = writes.write_all(again).await;
    }
    if times > 0 {
        let _ = writes.shutdown().await;
    }
    let answer = timeout(LONG, reading).await;
    answer.expect("the collector ends").expect("no panic")
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

/// Whatever one client did, another is served.
async fn serves_others(receiver: &Receiver) {
    let answer = receiver.http().await.export(1).await.expect("an answer");
    assert_eq!(answer.status, 200);
}

const CHUNKED: &[u8] = b"POST /v1/metrics HTTP/1.1\r\nhost: o\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";

on_both_transports!(
    headers_without_end_are_refused,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let cases: [(&[u8], Vec<u8>); 3] = [
            (
                b"POST /v1/metrics HTTP/1.1\r\nhost: o\r\n",
                b"x: y\r\n".repeat(1000),
            ),
            (b"POST /v1/metrics HTTP/1.1\r\nx: ", vec![b'y'; 10_000]),
            (b"POST /", vec![b'y'; 10_000]),
        ];
        for (start, again) in cases {
            let answer = answer_to(&receiver, start, &again, 10_000).await;
            assert!(
                ["431", "414", "400"].contains(&status(&answer)),
                "{answer:?}"
            );
            serves_others(&receiver).await;
        }
        receiver
            .event(|record| matches!(record.event, ConnectionEvent::ProtocolError(_)))
            .await;
    }
);

on_both_transports!(
    what_goes_on_beside_a_chunked_body_without_end_is_refused,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let extension = [CHUNKED, b"1;"].concat();
        let trailers = [CHUNKED, b"2\r\n{}\r\n0\r\n"].concat();
        let size = [CHUNKED, b"0"].concat();
        for (start, again) in [
            (extension, b"x=y;".repeat(1000)),
            (trailers, b"x: y\r\n".repeat(1000)),
            (size, b"0".repeat(1000)),
        ] {
            let answer = answer_to(&receiver, &start, &again, 10_000).await;
            assert!(["400", "431", ""].contains(&status(&answer)), "{answer:?}");
            serves_others(&receiver).await;
        }
        let exchanges = receiver.after(6).await.exchanges();
        let broken: Vec<_> = exchanges
            .iter()
            .filter_map(|exchange| exchange.request.body_error.clone())
            .collect();
        assert_eq!(broken.len(), 3, "{broken:?}");
        assert!(
            broken
                .iter()
                .all(|error| matches!(error, BodyError::Incomplete(_))),
            "{broken:?}"
        );
    }
);

on_both_transports!(
    chunks_of_one_byte_are_put_together,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let body = metrics(500);
        let mut request = b"POST /v1/metrics HTTP/1.1\r\nhost: o\r\ncontent-type: application/x-protobuf\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        for (number, byte) in body.iter().enumerate() {
            // In several spellings.
            request.extend_from_slice([&b"1"[..], b"01", b"1;a=b", b"1 ;c"][number % 4]);
            request.extend([b'\r', b'\n', *byte, b'\r', b'\n']);
        }
        request.extend_from_slice(b"0\r\n\r\n");
        let answer = receiver
            .http()
            .await
            .send(&request)
            .await
            .expect("an answer");
        assert_eq!(answer.status, 200);
        assert_eq!(receiver.only_exchange().await.items(), Some(500));
    }
);

on_both_transports!(
    a_request_with_two_lengths_is_no_request,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let heads = [
            "content-length: 2\r\ncontent-length: 3\r\n",
            "content-length: +2\r\n",
            "content-length: 2, 3\r\n",
            "content-length : 2\r\n",
            "content-length: 99999999999999999999999\r\n",
            "transfer-encoding: chunked, identity\r\n",
            "transfer-encoding: xchunked\r\n",
        ];
        for head in heads {
            let request = format!("POST /v1/metrics HTTP/1.1\r\nhost: o\r\n{head}\r\n{{}}");
            let answer = answer_to(&receiver, request.as_bytes(), b"", 0).await;
            assert_eq!(status(&answer), "400", "{head:?}: {answer:?}");
        }
        assert!(receiver.collector.journal().exchanges().is_empty());
        serves_others(&receiver).await;
    }
);

on_both_transports!(
    chunks_win_over_a_length_and_what_follows_is_a_request_of_its_own,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        // To whoever goes by the length, the second request would be a part of the first.
        let second = b"GET /smuggled HTTP/1.1\r\nhost: o\r\nconnection: close\r\n\r\n";
        let body = [b"2\r\n{}\r\n0\r\n\r\n", &second[..]].concat();
        for order in [0, 1] {
            let mut lengths = [
                format!("content-length: {}\r\n", body.len()),
                "transfer-encoding: chunked\r\n".to_owned(),
            ];
            lengths.rotate_left(order);
            let head = format!(
                "POST /v1/metrics HTTP/1.1\r\nhost: o\r\ncontent-type: application/json\r\n{}\r\n",
                lengths.concat()
            );
            let request = [head.as_bytes(), &body].concat();
            let answer = answer_to(&receiver, &request, b"", 0).await;
            assert_eq!(status(&answer), "200", "{answer:?}");
        }
        let exchanges = receiver.after(2).await.exchanges();
        for exchange in exchanges {
            let target = exchange.request.target.as_str();
            match target {
                "/v1/metrics" => assert_eq!(exchange.wire_body().expect("a body"), "{}"),
                _ => assert_eq!(target, "/smuggled"),
            }
        }
        serves_others(&receiver).await;
    }
);

on_both_transports!(
    who_asks_to_be_told_to_go_on_is_told,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let request = post("/v1/metrics", &[JSON, ("expect", "100-continue")], b"{}");
        let (head, body) = request.split_at(request.len() - 2);
        let mut client = receiver.http().await;
        let interim = client.send(head).await.expect("an answer");
        assert_eq!(interim.status, 100);
        let answer = client.send(body).await.expect("an answer");
        assert_eq!(answer.status, 200);
        // Who does not wait is served as well.
        let at_once = client.send(&request).await.expect("an answer");
        assert_eq!(at_once.status, 100);
        assert_eq!(client.answer().await.expect("an answer").status, 200);
    }
);

on_both_transports!(
    a_thousand_requests_in_one_go_are_answered_in_order,
    async |transport: Transport| {
        const REQUESTS: usize = 1000;
        let receiver = transport.start(MockCollector::builder()).await;
        let mut requests = Vec::new();
        for number in 0..REQUESTS {
            let body = " ".repeat(number % 7) + "{}";
            let path = ["/v1/metrics", "/nowhere"][number % 2];
            let close = ("connection", "close");
            let headers = if number + 1 == REQUESTS {
                &[JSON, close][..]
            } else {
                &[JSON]
            };
            requests.extend(post(path, headers, body.as_bytes()));
        }
        let answer = answer_to(&receiver, &requests, b"", 0).await;
        let statuses: Vec<&str> = answer
            .split("HTTP/1.1 ")
            .skip(1)
            .map(|answer| &answer[..3])
            .collect();
        assert_eq!(statuses.len(), REQUESTS);
        assert!(
            statuses.chunks(2).all(|pair| pair == ["200", "404"]),
            "{statuses:?}"
        );
    }
);

on_both_transports!(
    what_was_refused_as_too_large_is_not_inflated_later_either,
    async |transport: Transport| {
        let builder = MockCollector::builder().max_request_bytes(1000);
        let receiver = transport.start(builder).await;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![b' '; 500_000]).expect("a vector");
        let bomb = encoder.finish().expect("a vector");
        let gzip = ("content-encoding", "gzip");
        let request = post("/v1/metrics", &[JSON, gzip], &bomb);
        let mut client = receiver.http().await;
        let answer = client.send(&request).await.expect("an answer");
        assert_eq!(answer.status, 413);
        let exchange = receiver.only_exchange().await;
        assert_eq!(exchange.wire_body().expect("it is small"), bomb);
        let error = exchange.plain_body().expect_err("it would be large");
        assert!(error.to_string().contains("1000"), "{error}");
        assert!(exchange.payload().is_err());
    }
);
