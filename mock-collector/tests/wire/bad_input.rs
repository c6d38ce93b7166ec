//! Bad input gets what the real Collector answers, and a journal entry.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use otelbox_mock_collector::journal::{BodyError, ConnectionEvent, End};
use otelbox_mock_collector::{MockCollector, Port};
use tokio::io::AsyncWriteExt;

use crate::support::{
    JSON, METRICS_CALL, PROTOBUF, Transport, call, frame, metrics, on_both_transports, post,
};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

const GZIP: (&str, &str) = ("content-encoding", "gzip");

// OTLP/HTTP

on_both_transports!(
    what_is_no_export_is_told_so_in_plain_text,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = receiver.http().await;
        let cases: [(Vec<u8>, u16, &str); 5] = [
            (
                post("/v1/metric", &[PROTOBUF], b""),
                404,
                "404 page not found\n",
            ),
            (
                post("/v1/metrics", &[("content-type", "text/plain")], b""),
                415,
                UNSUPPORTED,
            ),
            (post("/v1/metrics", &[], b""), 415, UNSUPPORTED),
            (
                post(
                    "/v1/metrics",
                    &[("content-type", "application/json; =")],
                    b"{}",
                ),
                415,
                UNSUPPORTED,
            ),
            (
                b"GET /v1/metrics HTTP/1.1\r\nhost: otelbox\r\n\r\n".to_vec(),
                405,
                "405 method not allowed, supported: [POST]",
            ),
        ];
        let requests = cases.len();
        for (request, status, text) in cases {
            let answer = client.send(&request).await.expect("an answer");
            assert_eq!((answer.status, answer.text()), (status, text));
            assert!(
                answer
                    .header("content-type")
                    .is_some_and(|value| value.starts_with("text/plain"))
            );
        }
        let exchanges = receiver.after(requests as u64).await.exchanges();
        assert_eq!(exchanges.len(), requests);
        assert!(
            exchanges
                .iter()
                .all(|exchange| exchange.export.is_none() && exchange.items().is_none())
        );
    }
);

const UNSUPPORTED: &str =
    "415 unsupported media type, supported: [application/json, application/x-protobuf]";

on_both_transports!(
    a_body_that_cannot_be_decoded_is_a_bad_request,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = receiver.http().await;
        let json = client
            .send(&post("/v1/metrics", &[JSON], b"{\"resourceMetrics\":7}"))
            .await
            .expect("an answer");
        assert_eq!(
            (json.status, json.header("content-type")),
            (400, Some("application/json"))
        );
        assert!(
            json.text().starts_with(r#"{"code":3,"message":""#),
            "{}",
            json.text()
        );
        let protobuf = client
            .send(&post("/v1/metrics", &[PROTOBUF], b"garbage"))
            .await
            .expect("an answer");
        assert_eq!(
            (protobuf.status, protobuf.header("content-type")),
            (400, Some("application/x-protobuf"))
        );
        assert_eq!(protobuf.body[..2], [0x08, 3]);

        for exchange in receiver.after(2).await.exchanges() {
            assert!(matches!(
                exchange.request.body_error,
                Some(BodyError::Undecodable(_))
            ));
            assert!(exchange.request.complete);
            assert!(exchange.payload().is_err());
            assert!(!exchange.is_acknowledged());
        }
    }
);

on_both_transports!(gzip_is_inflated, async |transport: Transport| {
    let receiver = transport.start(MockCollector::builder()).await;
    let body = gzip(&metrics(4));
    let mut client = receiver.http().await;
    let answer = client
        .send(&post("/v1/metrics", &[PROTOBUF, GZIP], &body))
        .await
        .expect("an answer");
    assert_eq!(answer.status, 200);
    let exchange = receiver.only_exchange().await;
    assert_eq!(exchange.items(), Some(4));
    assert_eq!(exchange.wire_body().expect("a body"), body);
    assert_eq!(exchange.plain_body().expect("a body"), metrics(4));
});

on_both_transports!(
    wrong_content_encodings_are_bad_requests,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = receiver.http().await;
        let unknown = [JSON, ("content-encoding", "br")];
        let answer = client
            .send(&post("/v1/metrics", &unknown, b"{}"))
            .await
            .expect("an answer");
        assert_eq!(
            (answer.status, answer.text()),
            (
                400,
                r#"{"code":3,"message":"unsupported Content-Encoding: br"}"#
            )
        );
        let answer = client
            .send(&post("/v1/metrics", &[JSON, GZIP], b"{}"))
            .await
            .expect("an answer");
        assert_eq!(answer.status, 400);
        let half = gzip(&metrics(100));
        let answer = client
            .send(&post("/v1/metrics", &[JSON, GZIP], &half[..half.len() / 2]))
            .await
            .expect("an answer");
        assert_eq!(answer.status, 400);
        let errors: Vec<_> = receiver
            .after(3)
            .await
            .exchanges()
            .iter()
            .map(|exchange| exchange.request.body_error.clone())
            .collect();
        assert!(matches!(
            errors.as_slice(),
            [
                Some(BodyError::UnsupportedEncoding(_)),
                Some(BodyError::Decompression(_)),
                Some(BodyError::Decompression(_))
            ]
        ));
    }
);

on_both_transports!(
    what_is_too_large_is_refused_before_it_takes_memory,
    async |transport: Transport| {
        let receiver = transport
            .start(MockCollector::builder().max_request_bytes(1000))
            .await;
        let exact = receiver
            .http()
            .await
            .send(&post("/v1/metrics", &[JSON], &[b' '; 1000]))
            .await
            .expect("an answer");
        assert_eq!(exact.status, 400, "within the limit, but no JSON");
        let announced = receiver
            .http()
            .await
            .send(&post("/v1/metrics", &[JSON], &[b' '; 1001]))
            .await
            .expect("an answer");
        assert_eq!(
            (announced.status, announced.header("content-type")),
            (413, Some("application/json"))
        );
        let mut client = receiver.http().await;
        let mut chunked =
        b"POST /v1/metrics HTTP/1.1\r\nhost: o\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec();
        chunked.extend_from_slice(b"7d0\r\n");
        chunked.extend_from_slice(&[b' '; 2000]);
        chunked.extend_from_slice(b"\r\n");
        assert_eq!(client.send(&chunked).await.expect("an answer").status, 413);
        let bomb = gzip(&vec![b' '; 500_000]);
        assert!(bomb.len() <= 1000, "{}", bomb.len());
        let inflated = receiver
            .http()
            .await
            .send(&post("/v1/metrics", &[JSON, GZIP], &bomb))
            .await
            .expect("an answer");
        assert_eq!(inflated.status, 413);

        let exchanges = receiver.after(4).await.exchanges();
        for exchange in &exchanges[1..] {
            assert_eq!(
                exchange.request.body_error,
                Some(BodyError::TooLarge { limit_bytes: 1000 })
            );
        }
    }
);

on_both_transports!(
    half_a_request_leaves_an_entry,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = receiver.http().await;
        let whole = post("/v1/metrics", &[PROTOBUF], &metrics(2));
        client
            .stream
            .write_all(&whole[..whole.len() - 9])
            .await
            .expect("a connection");
        client.stream.flush().await.expect("a connection");
        drop(client);
        let exchange = receiver.only_exchange().await;
        assert!(!exchange.request.complete);
        assert_eq!(exchange.request.wire_bytes, metrics(2).len() as u64 - 9);
        assert!(matches!(
            exchange.request.body_error,
            Some(BodyError::Incomplete(_))
        ));
        assert_eq!(
            exchange.completion().expect("it is complete").end,
            End::ClientGone
        );
        assert_eq!(exchange.export, None);
    }
);

on_both_transports!(
    garbage_on_the_http_port_is_recorded,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = receiver.http().await;
        let answer = client
            .send(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
            .await
            .expect("an answer");
        assert_eq!(answer.status, 400);
        client.read_to_end().await.expect("an end");
        receiver
            .event(|record| matches!(record.event, ConnectionEvent::ProtocolError(_)))
            .await;
    }
);

// OTLP/gRPC

on_both_transports!(
    http_1_on_the_grpc_port_is_recorded,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut stream = receiver.connect(Port::Grpc).await.expect("a connection");
        stream
            .write_all(&post("/v1/metrics", &[PROTOBUF], &metrics(1)))
            .await
            .expect("a connection");
        let mut sent = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut sent)
            .await
            .expect("an end, no reset");
        // A SETTINGS frame comes first, whoever the client is.
        assert_eq!(sent.get(3), Some(&4), "{sent:?}");
        receiver
            .event(|record| matches!(record.event, ConnectionEvent::ProtocolError(_)))
            .await;
        assert!(receiver.collector.journal().exchanges().is_empty());
    }
);

on_both_transports!(
    calls_that_cannot_be_served_get_the_texts_of_grpc_go,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let client = receiver.grpc().await;
        let with = |name: &'static str, value: &str| {
            let mut request = call(METRICS_CALL);
            request
                .headers_mut()
                .insert(name, value.parse().expect("a value"));
            request
        };
        let mut get = call(METRICS_CALL);
        *get.method_mut() = ::http::Method::GET;
        let whole = || frame(0, &metrics(1));
        let cases: Vec<(::http::Request<()>, Bytes, u16, &str, &str)> = vec![
            (call("/x.Y/Z"), whole(), 200, "12", "unknown service x.Y"),
            (
                call("/opentelemetry.proto.collector.metrics.v1.MetricsService/Import"),
                whole(),
                200,
                "12",
                "unknown method Import for service opentelemetry.proto.collector.metrics.v1.MetricsService",
            ),
            (
                call("/nonsense"),
                whole(),
                200,
                "12",
                "malformed method name: \"/nonsense\"",
            ),
            (
                with("content-type", "application/json"),
                whole(),
                415,
                "3",
                "invalid gRPC request content-type \"application/json\"",
            ),
            (
                get,
                whole(),
                405,
                "13",
                "Received a HEADERS frame with :method \"GET\" which should be POST",
            ),
            (
                with("grpc-timeout", "5s"),
                whole(),
                400,
                "13",
                "malformed grpc-timeout: transport: timeout unit is not recognized: \"5s\"",
            ),
            (
                with("grpc-encoding", "br"),
                whole(),
                200,
                "12",
                "grpc: Decompressor is not installed for grpc-encoding \"br\"",
            ),
            (
                call(METRICS_CALL),
                frame(1, &gzip(&metrics(1))),
                200,
                "13",
                "grpc: compressed flag set with identity or empty encoding",
            ),
            (
                call(METRICS_CALL),
                frame(7, &metrics(1)),
                200,
                "13",
                "grpc: received unexpected payload format 7",
            ),
            (
                call(METRICS_CALL),
                whole().slice(..10),
                200,
                "2",
                "unexpected EOF",
            ),
            (
                call(&format!("{METRICS_CALL}?tenant=1")),
                whole(),
                200,
                "12",
                "unknown method Export?tenant=1 for service opentelemetry.proto.collector.metrics.v1.MetricsService",
            ),
            (
                with("trace-bin", "!!"),
                whole(),
                400,
                "13",
                "malformed binary metadata in header \"trace-bin\"",
            ),
            (
                call(METRICS_CALL),
                Bytes::new(),
                200,
                "13",
                "cardinality violation: received no request message from non-client-streaming RPC",
            ),
            (
                call(METRICS_CALL),
                [whole(), whole()].concat().into(),
                200,
                "13",
                "cardinality violation: received multiple request messages for non-client-streaming RPC",
            ),
        ];
        let requests = cases.len();
        for (request, body, http_status, grpc_status, message) in cases {
            let answer = client.send(request, body).await.expect("an answer");
            assert_eq!(answer.grpc_message(), message);
            assert_eq!(
                (answer.status.as_u16(), answer.grpc_status()),
                (http_status, Some(grpc_status)),
                "{message}"
            );
            assert!(answer.trailers_only);
        }
        let exchanges = receiver.after(requests as u64).await.exchanges();
        assert_eq!(exchanges.len(), requests);
        assert!(exchanges.iter().all(|exchange| exchange.export.is_none()));
    }
);

on_both_transports!(
    a_call_that_waits_for_its_refusal_gets_it,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let client = receiver.grpc().await;
        let mut sender = client.sender.clone().ready().await.expect("a connection");
        // As a streaming call: the request is not ended before an answer comes.
        let (response, _stream) = sender
            .send_request(call("/grpc.health.v1.Health/Watch"), false)
            .expect("a stream");
        let answer = crate::support::read_answer(response)
            .await
            .expect("an answer");
        assert_eq!(answer.grpc_status(), Some("12"));
    }
);

on_both_transports!(
    messages_that_are_wrong_inside_are_refused,
    async |transport: Transport| {
        let receiver = transport
            .start(MockCollector::builder().max_request_bytes(1000))
            .await;
        let client = receiver.grpc().await;
        let gzipped = || {
            let mut request = call(METRICS_CALL);
            request
                .headers_mut()
                .insert("grpc-encoding", "gzip".parse().expect("a value"));
            request
        };
        let answer = client
            .send(call(METRICS_CALL), frame(0, b"garbage"))
            .await
            .expect("an answer");
        assert_eq!(answer.grpc_status(), Some("13"));
        assert!(
            answer
                .grpc_message()
                .starts_with("grpc: error unmarshalling request: "),
            "{}",
            answer.grpc_message()
        );
        let answer = client
            .send(gzipped(), frame(1, b"garbage"))
            .await
            .expect("an answer");
        assert_eq!(answer.grpc_status(), Some("13"));
        let answer = client
            .send(call(METRICS_CALL), frame(0, &[0; 1001]))
            .await
            .expect("an answer");
        assert_eq!(
            (answer.grpc_status(), answer.grpc_message()),
            (
                Some("8"),
                "grpc: received message larger than max (1001 vs. 1000)"
            )
        );
        let answer = client
            .send(gzipped(), frame(1, &gzip(&vec![0; 500_000])))
            .await
            .expect("an answer");
        assert_eq!(
            (answer.grpc_status(), answer.grpc_message()),
            (
                Some("8"),
                "grpc: received message after decompression larger than max 1000"
            )
        );
        let answer = client
            .send(gzipped(), frame(1, &gzip(&metrics(2))))
            .await
            .expect("an answer");
        assert_eq!(answer.grpc_status(), Some("0"));
        let answer = client
            .send(gzipped(), frame(0, &metrics(2)))
            .await
            .expect("an answer");
        assert_eq!(
            answer.grpc_status(),
            Some("0"),
            "not compressed, although it might be"
        );
        receiver.after(6).await;
    }
);
