//! OTLP/HTTP: answers and faults, as bytes.

use std::io;

use otelbox_mock_collector::fault::{
    Action, AnswerBody, CloseAt, OverrunDeadline, ResetAt, RetryAfter, SignedDuration,
    UndecodableBody, always, close, delay, hang, http, millis, on_attempt, overrun_deadline,
    partial_success, require_header, reset, secs, undecodable_answer,
};
use otelbox_mock_collector::journal::{Accepted, End};
use otelbox_mock_collector::{MockCollector, Protocol, Signal};
use tokio::io::AsyncWriteExt;

use crate::support::{Http2Client, JSON, PROTOBUF, Transport, metrics, on_both_transports, post};

const METRICS_JSON: &[u8] = br#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"level","gauge":{"dataPoints":[{"asDouble":0.5},{"asInt":"7"}]}}]}]}]}"#;

on_both_transports!(
    each_encoding_is_answered_in_kind,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = receiver.http().await;
        let protobuf = client.export(3).await.expect("an answer");
        assert_eq!(
            (protobuf.status, protobuf.header("content-type")),
            (200, Some("application/x-protobuf"))
        );
        assert_eq!(protobuf.body, b"");
        let json = client
            .send(&post("/v1/metrics", &[JSON], METRICS_JSON))
            .await
            .expect("an answer");
        assert_eq!(
            (json.status, json.header("content-type")),
            (200, Some("application/json"))
        );
        assert_eq!(json.text(), "{}");

        let exchanges = receiver.after(2).await.exchanges();
        let seen: Vec<_> = exchanges
            .iter()
            .map(|exchange| (exchange.protocol, exchange.items()))
            .collect();
        assert_eq!(
            seen,
            [
                (Some(Protocol::HttpProtobuf), Some(3)),
                (Some(Protocol::HttpJson), Some(2))
            ]
        );
        assert!(
            exchanges.iter().all(|exchange| exchange.connection == 1),
            "the connection is kept"
        );
    }
);

on_both_transports!(all_signals_have_their_path, async |transport: Transport| {
    let receiver = transport.start(MockCollector::builder()).await;
    let mut client = receiver.http().await;
    for signal in Signal::ALL {
        let answer = client
            .send(&post(signal.http_path(), &[PROTOBUF], b""))
            .await
            .expect("an answer");
        assert_eq!(answer.status, 200, "{signal}");
    }
    let exchanges = receiver.after(4).await.exchanges();
    assert_eq!(
        exchanges
            .iter()
            .filter_map(|exchange| exchange.signal)
            .collect::<Vec<_>>(),
        Signal::ALL
    );
});

on_both_transports!(
    http_2_is_spoken_to_those_who_start_with_it,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let stream = receiver
            .connect(otelbox_mock_collector::Port::Http)
            .await
            .expect("a connection");
        let client = Http2Client::new(stream).await;
        let request = ::http::Request::post("http://otelbox/v1/metrics")
            .header("content-type", "application/x-protobuf")
            .body(())
            .expect("a request");
        let answer = client
            .send(request, metrics(1).into())
            .await
            .expect("an answer");
        assert_eq!((answer.status.as_u16(), answer.trailers), (200, None));
        assert_eq!(
            receiver.only_exchange().await.request.version,
            ::http::Version::HTTP_2
        );
    }
);

on_both_transports!(every_status_is_sent, async |transport: Transport| {
    let receiver = transport.start(MockCollector::builder()).await;
    for status in 300..=599 {
        receiver
            .collector
            .set_faults([always().then(http(status).message("later"))])
            .expect("a fault");
        let answer = receiver.http().await.export(1).await.expect("an answer");
        assert_eq!(answer.status, status);
        if status == 304 {
            assert_eq!(answer.body, b"");
        } else {
            assert_eq!(
                answer.header("content-type"),
                Some("application/x-protobuf")
            );
            assert!(
                answer.body.ends_with(b"\x12\x05later"),
                "{status}: {:?}",
                answer.body
            );
        }
    }
});

on_both_transports!(
    retry_after_is_sent_as_it_is,
    async |transport: Transport| {
        for text in ["3", "0", "-1", "soon", ""] {
            let fault = always().then(http(503).retry_after(text));
            let receiver = transport.start(MockCollector::builder().fault(fault)).await;
            let answer = receiver.http().await.export(1).await.expect("an answer");
            assert_eq!(answer.header("retry-after"), Some(text));
        }
    }
);

on_both_transports!(retry_after_can_be_a_date, async |transport: Transport| {
    #[derive(Debug)]
    struct Noon;
    impl otelbox_mock_collector::clock::WallClock for Noon {
        fn now_unix_nano(&self) -> u64 {
            784_111_777_000_000_000
        }
    }
    let cases = [
        (
            RetryAfter::DateIn(secs(4).into()),
            "Sun, 06 Nov 1994 08:49:41 GMT",
        ),
        (
            RetryAfter::DateIn(SignedDuration::negative(secs(7))),
            "Sun, 06 Nov 1994 08:49:30 GMT",
        ),
    ];
    for (asked, sent) in cases {
        let fault = always().then(http(429).retry_after(asked));
        let builder = MockCollector::builder()
            .fault(fault)
            .wall_clock(std::sync::Arc::new(Noon));
        let receiver = transport.start(builder).await;
        let answer = receiver.http().await.export(1).await.expect("an answer");
        assert_eq!(answer.header("retry-after"), Some(sent));
        assert_eq!(answer.header("date"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    }
});

on_both_transports!(bodies_come_as_asked, async |transport: Transport| {
    let cases = [
        (
            AnswerBody::Json,
            Some("application/json"),
            r#"{"code":14,"message":"later"}"#,
        ),
        (AnswerBody::Text, Some("text/plain"), "later"),
        (AnswerBody::Empty, None, ""),
        (
            AnswerBody::Html,
            Some("text/html"),
            "<html><body><h1>503 Service Unavailable</h1>later</body></html>",
        ),
    ];
    for (body, content_type, text) in cases {
        let fault = always().then(http(503).body(body).message("later"));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let answer = receiver.http().await.export(1).await.expect("an answer");
        assert_eq!(
            (answer.header("content-type"), answer.text()),
            (content_type, text)
        );
    }
});

on_both_transports!(a_redirect_has_its_location, async |transport: Transport| {
    let fault = always().then(http(307).location("http://elsewhere/v1/metrics"));
    let receiver = transport.start(MockCollector::builder().fault(fault)).await;
    let answer = receiver.http().await.export(1).await.expect("an answer");
    assert_eq!(
        (answer.status, answer.header("location")),
        (307, Some("http://elsewhere/v1/metrics"))
    );
});

on_both_transports!(
    a_partial_success_is_told_in_json,
    async |transport: Transport| {
        let fault = always().then(partial_success(1, "too old"));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let mut client = receiver.http().await;
        let answer = client
            .send(&post("/v1/metrics", &[JSON], METRICS_JSON))
            .await
            .expect("an answer");
        assert_eq!(
            answer.text(),
            r#"{"partialSuccess":{"rejectedDataPoints":"1","errorMessage":"too old"}}"#
        );
        assert_eq!(receiver.only_exchange().await.accepted_items(), 1);
    }
);

on_both_transports!(
    delays_and_overruns_do_not_come_early,
    async |transport: Transport| {
        let overrun = Action::OverrunDeadline(OverrunDeadline {
            by: millis(50),
            after: Some(millis(50)),
        });
        for (action, least) in [(delay(millis(80)), millis(80)), (overrun, millis(100))] {
            let receiver = transport
                .start(MockCollector::builder().fault(always().then(action)))
                .await;
            assert_eq!(
                receiver
                    .http()
                    .await
                    .export(1)
                    .await
                    .expect("an answer")
                    .status,
                200
            );
            let exchange = receiver.only_exchange().await;
            let answered_at = exchange.completion().expect("it is complete").at;
            assert!(
                answered_at >= exchange.received_at + least,
                "{answered_at:?}"
            );
        }
    }
);

on_both_transports!(
    an_overrun_without_a_deadline_does_not_apply,
    async |transport: Transport| {
        let fault = always().then(overrun_deadline(millis(50)));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        assert_eq!(
            receiver
                .http()
                .await
                .export(1)
                .await
                .expect("an answer")
                .status,
            200
        );
        assert_eq!(receiver.only_exchange().await.decision.fault, None);
    }
);

on_both_transports!(
    a_client_that_leaves_is_gone,
    async |transport: Transport| {
        let receiver = transport
            .start(MockCollector::builder().fault(always().then(hang())))
            .await;
        let mut client = receiver.http().await;
        client
            .stream
            .write_all(&post("/v1/metrics", &[PROTOBUF], &metrics(1)))
            .await
            .expect("a connection");
        client.stream.flush().await.expect("a connection");
        // The journal has it before it ends.
        while receiver.collector.journal().exchanges().is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(
            receiver.collector.journal().exchanges()[0]
                .completion()
                .is_none()
        );
        drop(client);
        let exchange = receiver.only_exchange().await;
        let completion = exchange.completion().expect("it is complete");
        assert_eq!(
            (completion.end, completion.answer.is_none()),
            (End::ClientGone, true)
        );
        assert!(exchange.request.complete);
    }
);

on_both_transports!(
    resets_are_seen_at_each_point,
    async |transport: Transport| {
        for at in [ResetAt::BeforeBody, ResetAt::MidBody, ResetAt::AfterBody] {
            let receiver = transport
                .start(MockCollector::builder().fault(always().then(reset(at))))
                .await;
            let error = receiver.http().await.export(1).await.expect_err("a reset");
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{at:?}");
            let exchange = receiver.only_exchange().await;
            assert_eq!(
                exchange.completion().expect("it is complete").end,
                End::ResetByCollector
            );
            assert_eq!(
                exchange.request.complete,
                at == ResetAt::AfterBody,
                "{at:?}"
            );
            assert_eq!(
                exchange.request.wire_bytes > 0,
                at != ResetAt::BeforeBody,
                "{at:?}"
            );
        }
    }
);

on_both_transports!(
    a_reset_comes_in_the_middle_of_a_long_body,
    async |transport: Transport| {
        let fault = always().then(reset(ResetAt::MidBody));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let mut client = receiver.http().await;
        let long = vec![0; 32 * 1024 * 1024];
        // Either the client cannot write to the end, or it finds the connection reset when it reads.
        let error = client
            .send(&post("/v1/metrics", &[PROTOBUF], &long))
            .await
            .expect_err("a reset");
        assert!(
            matches!(
                error.kind(),
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
            ),
            "{error:?}"
        );
        let exchange = receiver.only_exchange().await;
        assert!(exchange.request.wire_bytes < 32 * 1024 * 1024);
    }
);

on_both_transports!(
    a_close_takes_the_place_of_an_answer,
    async |transport: Transport| {
        let fault = always().then(close(CloseAt::BeforeAnswer));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let mut client = receiver.http().await;
        let error = client.export(1).await.expect_err("no answer");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(client.unread(), b"");
        assert_eq!(
            receiver
                .only_exchange()
                .await
                .completion()
                .expect("it is complete")
                .end,
            End::ClosedByCollector
        );
    }
);

on_both_transports!(
    half_an_answer_breaks_off_within_the_body,
    async |transport: Transport| {
        let fault = always().then(close(CloseAt::MidAnswer));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let mut client = receiver.http().await;
        client
            .stream
            .write_all(&post("/v1/metrics", &[JSON], METRICS_JSON))
            .await
            .expect("a connection");
        let text =
            String::from_utf8(client.read_to_end().await.expect("an end, no reset")).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a whole head");
        assert!(head.to_lowercase().contains("content-length: 21"), "{head}");
        assert_eq!(body, r#"{"partialS"#);
        let exchange = receiver.only_exchange().await;
        let completion = exchange.completion().expect("it is complete");
        assert_eq!(completion.end, End::ClosedByCollector);
        assert_eq!(
            completion
                .answer
                .as_ref()
                .map(|answer| answer.body.as_ref()),
            Some(body.as_bytes())
        );
    }
);

on_both_transports!(
    an_undecodable_answer_is_a_success_all_the_same,
    async |transport: Transport| {
        for body in [
            UndecodableBody::RandomBytes,
            UndecodableBody::Html,
            UndecodableBody::Truncated,
            UndecodableBody::WrongJson,
        ] {
            let fault = on_attempt(1).then(undecodable_answer(body));
            let receiver = transport.start(MockCollector::builder().fault(fault)).await;
            let mut client = receiver.http().await;
            let answer = client
                .send(&post("/v1/metrics", &[JSON], METRICS_JSON))
                .await
                .expect("an answer");
            assert_eq!(answer.status, 200);
            assert!(!answer.body.is_empty());
            assert_eq!(receiver.only_exchange().await.accepted(), Accepted::All);
        }
    }
);

on_both_transports!(a_header_can_be_required, async |transport: Transport| {
    let fault = always().then(require_header("authorization", "Bearer x"));
    let receiver = transport.start(MockCollector::builder().fault(fault)).await;
    let mut client = receiver.http().await;
    let mut status = async |headers: &[(&str, &str)]| {
        client
            .send(&post("/v1/metrics", headers, &metrics(1)))
            .await
            .expect("an answer")
            .status
    };
    assert_eq!(status(&[PROTOBUF]).await, 401);
    assert_eq!(
        status(&[PROTOBUF, ("authorization", "Bearer y")]).await,
        403
    );
    assert_eq!(
        status(&[PROTOBUF, ("authorization", "Bearer x")]).await,
        200
    );
});
