//! Answers that are no answers: of proxies, with false labels, with every status there is.

use std::io::Read;

use otelbox_mock_collector::fault::{
    AnswerBody, FalseCompression, GrpcCode, MislabelledAnswer, NotGrpc, WrongLength, always, grpc,
    http, large_answer, millis, mislabelled_answer, not_grpc, on_attempt, on_requests,
};
use otelbox_mock_collector::journal::{Accepted, End};
use otelbox_mock_collector::{Action, Fault, MockCollector, Port};
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::support::{
    Http2Client, JSON, LONG, METRICS_CALL, PROTOBUF, Transport, call, frame, metrics,
    on_both_transports, post,
};

/// A partial success that says nothing, as the Collector sends it.
const EMPTY_PARTIAL_SUCCESS: [u8; 2] = [0x0a, 0x00];

on_both_transports!(
    what_is_no_grpc_has_no_grpc_status,
    async |transport: Transport| {
        let faults = [
            on_attempt(1).then(not_grpc(502)),
            on_attempt(2).then(Action::NotGrpc(NotGrpc {
                status: 200,
                content_type: None,
                body: Some("It works!".to_owned()),
            })),
            on_attempt(3).then(Action::NotGrpc(NotGrpc {
                status: 404,
                content_type: Some("text/plain".to_owned()),
                body: Some(String::new()),
            })),
        ];
        let receiver = transport
            .start(MockCollector::builder().faults(faults))
            .await;
        let client = receiver.grpc().await;

        let page = client.export(1).await.expect("an answer");
        assert_eq!(page.status, 502);
        assert_eq!(page.headers["content-type"], "text/html");
        assert_eq!(
            page.data,
            b"<html><body><h1>502 Bad Gateway</h1></body></html>"
        );
        let works = client.export(1).await.expect("an answer");
        assert_eq!(works.status, 200);
        assert!(!works.headers.contains_key("content-type"));
        assert_eq!(works.data, b"It works!");
        let empty = client.export(1).await.expect("an answer");
        assert_eq!(empty.status, 404);
        assert_eq!(empty.headers["content-type"], "text/plain");
        assert!(empty.trailers_only && empty.data.is_empty());
        for answer in [&page, &works, &empty] {
            assert_eq!((answer.grpc_status(), &answer.trailers), (None, &None));
        }
        let over_http = receiver.http().await.export(2).await.expect("an answer");
        assert_eq!(over_http.status, 200, "HTTP is not matched");

        let exchanges = receiver.after(4).await.exchanges();
        for (attempt, exchange) in (1..=3).zip(&exchanges) {
            assert_eq!(
                exchange.attempt, attempt,
                "the same export, not acknowledged"
            );
            assert_eq!(exchange.accepted(), Accepted::No);
            assert!(!exchange.is_acknowledged(), "not even by a 200");
        }
    }
);

on_both_transports!(
    a_content_type_can_be_wrong_or_missing,
    async |transport: Transport| {
        let label = |text: Option<&str>| {
            mislabelled_answer(MislabelledAnswer::ContentType(text.map(ToOwned::to_owned)))
        };
        let faults = [
            on_requests(1).then(label(Some("application/json"))),
            on_requests(2).then(label(None)),
            on_requests(3).then(label(Some("text/html"))),
        ];
        let receiver = transport
            .start(MockCollector::builder().faults(faults))
            .await;
        let mut client = receiver.http().await;
        let json = client.export(1).await.expect("an answer");
        assert_eq!(json.header("content-type"), Some("application/json"));
        assert_eq!(json.body, EMPTY_PARTIAL_SUCCESS, "protobuf nonetheless");
        let none = client.export(1).await.expect("an answer");
        assert_eq!((none.status, none.header("content-type")), (200, None));
        let call = receiver.grpc().await.export(1).await.expect("an answer");
        assert_eq!(call.headers["content-type"], "text/html");
        assert_eq!(call.grpc_status(), Some("0"));
        assert_eq!(call.data, *frame(0, &EMPTY_PARTIAL_SUCCESS));
        let exchanges = receiver.after(3).await.exchanges();
        assert!(exchanges.iter().all(|it| it.accepted() == Accepted::All));
    }
);

fn with_length(wrong: WrongLength) -> Fault {
    on_requests(1).then(mislabelled_answer(MislabelledAnswer::Length(wrong)))
}

on_both_transports!(
    a_length_that_is_too_short_leaves_a_byte_on_the_connection,
    async |transport: Transport| {
        let fault = with_length(WrongLength::Short);
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let mut client = receiver.http().await;
        let answer = client.export(1).await.expect("an answer");
        assert_eq!(answer.header("content-length"), Some("1"));
        assert_eq!(answer.body, EMPTY_PARTIAL_SUCCESS[..1]);
        // The rest came behind it: the next answer begins with it.
        let request = post("/v1/metrics", &[PROTOBUF], &metrics(2));
        client.stream.write_all(&request).await.expect("sent");
        let next = client.answer().await.expect("an answer");
        assert!(
            next.head.starts_with("\0HTTP/1.1 200 OK"),
            "{:?}",
            next.head
        );
        let exchanges = receiver.after(2).await.exchanges();
        let completion = exchanges[0].completion().expect("complete");
        let sent = completion.answer.as_ref().expect("an answer");
        assert_eq!(sent.body, EMPTY_PARTIAL_SUCCESS.as_slice());
        assert_eq!(exchanges[0].accepted(), Accepted::All);
    }
);

on_both_transports!(
    a_length_that_is_too_long_keeps_the_client_waiting,
    async |transport: Transport| {
        let fault = with_length(WrongLength::Long);
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let mut client = receiver.http().await;
        let request = post("/v1/metrics", &[JSON], br#"{"resourceMetrics":[]}"#);
        client.stream.write_all(&request).await.expect("sent");
        let body = br#"{"partialSuccess":{}}"#;
        let mut read = Vec::new();
        while !read.ends_with(body) {
            let byte = timeout(LONG, client.stream.read_u8())
                .await
                .expect("in time");
            read.push(byte.expect("a byte"));
        }
        let head = String::from_utf8_lossy(&read);
        let announced = format!("content-length: {}\r\n", body.len() + 16);
        assert!(head.contains(&announced), "{head}");
        // Neither more nor the end comes.
        assert!(timeout(millis(200), client.stream.read_u8()).await.is_err());
        drop(client);
        let exchange = receiver.only_exchange().await;
        assert_eq!(
            exchange.completion().expect("complete").end,
            End::ClientGone
        );
        assert!(!exchange.is_acknowledged());
    }
);

on_both_transports!(
    a_grpc_message_can_be_longer_or_shorter_than_its_prefix_says,
    async |transport: Transport| {
        for (wrong, length) in [(WrongLength::Short, 1), (WrongLength::Long, 18)] {
            let fault = with_length(wrong);
            let receiver = transport.start(MockCollector::builder().fault(fault)).await;
            let answer = receiver.grpc().await.export(1).await.expect("an answer");
            assert_eq!(answer.data, [0, 0, 0, 0, length, 0x0a, 0x00]);
            assert_eq!(answer.grpc_status(), Some("0"));
        }
    }
);

on_both_transports!(
    a_wrong_content_length_is_sent_over_http2_too,
    async |transport: Transport| {
        let fault = with_length(WrongLength::Short);
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let stream = receiver.connect(Port::Http).await.expect("a connection");
        let client = Http2Client::new(stream).await;
        let request = ::http::Request::post("http://otelbox/v1/metrics")
            .header("content-type", "application/x-protobuf")
            .body(())
            .expect("a request");
        let error = client.send(request, metrics(1).into()).await;
        let error = error.expect_err("the crate h2 compares the two");
        assert_eq!(error.reason(), Some(h2::Reason::PROTOCOL_ERROR));
    }
);

on_both_transports!(
    what_says_that_it_is_compressed_need_not_be,
    async |transport: Transport| {
        let label = |label| mislabelled_answer(MislabelledAnswer::Compression(label));
        let faults = [
            on_requests(1).then(label(FalseCompression::NotGzip)),
            on_requests(2..).then(label(FalseCompression::FlagAlone)),
        ];
        let receiver = transport
            .start(MockCollector::builder().faults(faults))
            .await;
        let call = receiver.grpc().await.export(1).await.expect("an answer");
        assert_eq!(call.headers["grpc-encoding"], "gzip");
        assert_eq!(call.data, *frame(1, &EMPTY_PARTIAL_SUCCESS));
        assert_eq!(call.grpc_status(), Some("0"));
        let call = receiver.grpc().await.export(2).await.expect("an answer");
        assert!(!call.headers.contains_key("grpc-encoding"));
        assert_eq!(call.data, *frame(1, &EMPTY_PARTIAL_SUCCESS));
        let plain = receiver.http().await.export(3).await.expect("an answer");
        assert_eq!(plain.header("content-encoding"), None, "there is no flag");

        let label = label(FalseCompression::NotGzip);
        receiver
            .collector
            .set_faults([always().then(label)])
            .expect("possible");
        let answer = receiver.http().await.export(4).await.expect("an answer");
        assert_eq!(answer.header("content-encoding"), Some("gzip"));
        assert_eq!(answer.body, EMPTY_PARTIAL_SUCCESS);
    }
);

#[tokio::test(start_paused = true)]
async fn every_status_from_200_to_599_is_sent() {
    let faults = (200_u16..=599)
        .zip(1_u64..)
        .map(|(status, request)| on_requests(request).then(http(status).location("/elsewhere")));
    let receiver = Transport::Memory
        .start(MockCollector::builder().faults(faults))
        .await;
    let mut client = receiver.http().await;
    for status in 200_u16..=599 {
        let answer = client.export(u64::from(status)).await.expect("an answer");
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("location"), Some("/elsewhere"));
        let has_no_body = matches!(status, 200..=299 | 304);
        assert_eq!(answer.body.is_empty(), has_no_body, "{status}");
    }
    let exchanges = receiver.after(400).await.exchanges();
    for (exchange, status) in exchanges.iter().zip(200..) {
        assert_eq!(exchange.is_acknowledged(), status < 300, "{status}");
        assert_eq!(exchange.accepted() == Accepted::All, status < 300);
    }
}

on_both_transports!(
    redirects_say_where_to_or_do_not,
    async |transport: Transport| {
        let faults = [301_u16, 302, 303, 307, 308]
            .into_iter()
            .zip(1_u64..)
            .flat_map(|(status, place)| {
                [
                    on_requests(2 * place - 1).then(http(status).location("http://localhost:9/v1")),
                    on_requests(2 * place).then(http(status).body(AnswerBody::Empty)),
                ]
            });
        let receiver = transport
            .start(MockCollector::builder().faults(faults))
            .await;
        let mut client = receiver.http().await;
        for status in [301, 302, 303, 307, 308] {
            let with = client.export(1).await.expect("an answer");
            assert_eq!(with.status, status);
            assert_eq!(with.header("location"), Some("http://localhost:9/v1"));
            let without = client.export(1).await.expect("an answer");
            assert_eq!((without.status, without.header("location")), (status, None));
        }
    }
);

on_both_transports!(
    any_code_and_any_message_can_be_sent,
    async |transport: Transport| {
        let long = "zu groß für dieses Haus 🏠\r\n".repeat(1000);
        let codes = (1..=16).chain([17, 99, u32::MAX]);
        let faults: Vec<Fault> = codes
            .clone()
            .zip(1_u64..)
            .map(|(code, request)| {
                on_requests(request).then(grpc(GrpcCode::new(code)).message(long.clone()))
            })
            .chain([on_requests(20).then(grpc(GrpcCode::new(13)).message(""))])
            .collect();
        let receiver = transport
            .start(MockCollector::builder().faults(faults))
            .await;
        let client = receiver.grpc().await;
        for code in codes {
            let answer = client.export(1).await.expect("an answer");
            assert_eq!(answer.grpc_status(), Some(code.to_string().as_str()));
            let message = answer.grpc_message();
            assert!(message.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            let decoded = percent_decode_str(message).decode_utf8();
            assert_eq!(decoded.expect("UTF-8"), long);
        }
        let empty = client.export(1).await.expect("an answer");
        assert_eq!(
            (empty.grpc_status(), empty.grpc_message()),
            (Some("13"), "")
        );
    }
);

on_both_transports!(
    an_answer_a_little_over_4_mib_only_after_decompression,
    async |transport: Transport| {
        let limit = 4 * 1024 * 1024;
        let fault = always().then(large_answer(limit + 1024).gzip());
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let plain_length = |compressed: &[u8]| {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(compressed)
                .read_to_end(&mut plain)
                .expect("gzip");
            plain.len() as u64
        };
        let call = receiver
            .grpc()
            .await
            .send(call(METRICS_CALL), frame(0, &metrics(1)))
            .await
            .expect("an answer");
        assert!(call.data.len() < 16 * 1024, "{}", call.data.len());
        assert_eq!(plain_length(&call.data[5..]), limit + 1024 + 6);
        let answer = receiver.http().await.export(1).await.expect("an answer");
        assert!(answer.body.len() < 16 * 1024, "{}", answer.body.len());
        assert_eq!(plain_length(&answer.body), limit + 1024 + 6);
    }
);
