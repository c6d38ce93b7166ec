//! Prometheus remote write on the HTTP port: what is taken, what is refused, and in whose words.

use otelbox_mock_collector::fault::{
    Action, AnswerBody, CloseAt, PartialSuccess, UndecodableBody, always, close, http, on_attempt,
    partial_success, secs, undecodable_answer,
};
use otelbox_mock_collector::journal::{Accepted, End};
use otelbox_mock_collector::payload::Encoding;
use otelbox_mock_collector::{MockCollector, Payload, Protocol, Signal, json};
use serde_json::json;

use crate::support::{Http1Answer, Http1Client, Transport, on_both_transports, post};

const PATH: &str = "/api/v1/write";
const SNAPPY: (&str, &str) = ("content-encoding", "snappy");
const V1: (&str, &str) = ("content-type", "application/x-protobuf");
const V2: (&str, &str) = (
    "content-type",
    "application/x-protobuf;proto=io.prometheus.write.v2.Request",
);

/// `up{job="a"} 1` and `up{job="b"} 2` at 1000 ms, in 1.0, byte by byte.
fn write_request() -> Vec<u8> {
    let label = |name: &str, value: &str| {
        let mut inside = delimited(1, name.as_bytes());
        inside.extend(delimited(2, value.as_bytes()));
        delimited(1, &inside)
    };
    let series = |job: &str, value: f64| {
        let mut series = label("__name__", "up");
        series.extend(label("job", job));
        series.extend(delimited(2, &sample(value)));
        delimited(1, &series)
    };
    [series("a", 1.0), series("b", 2.0)].concat()
}

/// The same two samples and a native histogram with an exemplar, in 2.0.
fn request() -> Vec<u8> {
    let symbols = ["", "__name__", "up", "job", "a", "b", "latency"];
    let mut request: Vec<u8> = symbols
        .iter()
        .flat_map(|symbol| delimited(4, symbol.as_bytes()))
        .collect();
    for (job, value) in [(4, 1.0), (5, 2.0)] {
        let mut series = delimited(1, &[1, 2, 3, job]);
        series.extend(delimited(2, &sample(value)));
        // A gauge without a unit, and with a help that is a symbol.
        series.extend(delimited(5, &[0x08, 2, 0x18, 2]));
        request.extend(delimited(5, &series));
    }
    let mut histogram = delimited(1, &[1, 6]);
    // Count 3 as an integer, at 1000 ms.
    histogram.extend(delimited(3, &[0x08, 3, 0x78, 0xe8, 0x07]));
    histogram.extend(delimited(4, &[0x18, 0xe8, 0x07]));
    request.extend(delimited(5, &histogram));
    request
}

fn sample(value: f64) -> Vec<u8> {
    let mut sample = vec![0x09];
    sample.extend(value.to_le_bytes());
    sample.extend([0x10, 0xe8, 0x07]);
    sample
}

fn delimited(field: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).expect("short");
    assert!(length < 0x80);
    [&[field << 3 | 2, length], bytes].concat()
}

fn block(plain: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new()
        .compress_vec(plain)
        .expect("snappy")
}

async fn write(client: &mut Http1Client, content_type: (&str, &str), plain: &[u8]) -> Http1Answer {
    let request = post(PATH, &[content_type, SNAPPY], &block(plain));
    client.send(&request).await.expect("an answer")
}

fn written(answer: &Http1Answer) -> [Option<&str>; 3] {
    ["samples", "histograms", "exemplars"]
        .map(|what| answer.header(&format!("x-prometheus-remote-write-{what}-written")))
}

on_both_transports!(
    both_versions_are_written_and_answered_as_prometheus_does,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = receiver.http().await;
        let first = write(&mut client, V1, &write_request()).await;
        assert_eq!((first.status, first.text()), (204, ""));
        assert_eq!(first.header("content-type"), None);
        assert_eq!(written(&first), [None; 3]);
        let second = write(&mut client, V2, &request()).await;
        assert_eq!(second.status, 204);
        assert_eq!(written(&second), [Some("2"), Some("1"), Some("1")]);

        let journal = receiver.after(2).await;
        let exchanges = journal.exchanges();
        let seen: Vec<_> = exchanges
            .iter()
            .map(|exchange| (exchange.signal, exchange.protocol, exchange.items()))
            .collect();
        assert_eq!(
            seen,
            [
                (Some(Signal::Metrics), Some(Protocol::RemoteWrite1), Some(2)),
                (Some(Signal::Metrics), Some(Protocol::RemoteWrite2), Some(3)),
            ]
        );
        assert!(
            exchanges
                .iter()
                .all(|exchange| exchange.request.encoding == Encoding::Snappy
                    && exchange.accepted() == Accepted::All)
        );
        let ledger = receiver.collector.ledger();
        assert_eq!(ledger.signal(Signal::Metrics).accepted, 5);
        assert_eq!(
            ledger.total("up").map(|total| total.to_string()).as_deref(),
            Some("3")
        );
        assert_eq!(ledger.count("latency"), 3);
    }
);

#[tokio::test(start_paused = true)]
async fn what_was_written_can_be_read_with_its_texts() {
    let receiver = Transport::Memory.start(MockCollector::builder()).await;
    let mut client = receiver.http().await;
    write(&mut client, V1, &write_request()).await;
    write(&mut client, V2, &request()).await;
    let exchanges = receiver.after(2).await.exchanges();
    let read = |index: usize| json::encode(exchanges[index].payload().expect("a payload"));
    let up = |job: &str, value: f64| {
        json!({
            "labels": [{ "name": "__name__", "value": "up" }, { "name": "job", "value": job }],
            "samples": [{ "value": value, "timestamp": 1000 }],
        })
    };
    assert_eq!(
        read(0),
        json!({ "timeseries": [up("a", 1.0), up("b", 2.0)] })
    );
    let with_metadata = |job: &str, value: f64| {
        let mut series = up(job, value);
        series["metadata"] = json!({ "type": "gauge", "help": "up" });
        series
    };
    assert_eq!(
        read(1),
        json!({ "timeseries": [
            with_metadata("a", 1.0),
            with_metadata("b", 2.0),
            {
                "labels": [{ "name": "__name__", "value": "latency" }],
                "histograms": [{ "countInt": "3", "sum": 0.0, "timestamp": 1000 }],
                "exemplars": [{ "value": 0.0, "timestamp": 1000 }],
            },
        ] })
    );
    let Ok(Payload::RemoteWrite2(request)) = exchanges[1].payload() else {
        panic!("a request of 2.0");
    };
    let mut other_order = request.clone();
    other_order.timeseries.reverse();
    other_order.symbols.push("unused".to_owned());
    let digest = Payload::RemoteWrite2(request.clone()).digest();
    assert_ne!(Payload::RemoteWrite2(other_order.clone()).digest(), digest);
    other_order.symbols.pop();
    assert_eq!(Payload::RemoteWrite2(other_order).digest(), digest);
}

on_both_transports!(
    what_cannot_be_written_is_refused_in_prometheus_words,
    async |transport: Transport| {
        let receiver = transport
            .start(MockCollector::builder().max_request_bytes(10_000))
            .await;
        let body = block(&write_request());
        let bomb = block(&vec![0; 10_001]);
        // It says that it becomes a gigabyte, and has ten bytes.
        let liar = [&[0x80, 0x80, 0x80, 0x80, 0x04][..], &[0; 5]].concat();
        let broken_reference = block(&delimited(5, &delimited(1, &[1, 2])));
        let unknown = ("content-type", "application/x-protobuf;proto=other.Request");
        for (headers, body, status, text) in [
            (
                &[("content-type", "application/json"), SNAPPY][..],
                &body,
                415,
                "expected application/x-protobuf as the first (media) part, got application/json content-type\n",
            ),
            (
                &[unknown, SNAPPY][..],
                &body,
                415,
                "got application/x-protobuf;proto=other.Request content type; unknown type for remote write protobuf message \
                 other.Request, supported: prometheus.WriteRequest, io.prometheus.write.v2.Request\n",
            ),
            (
                &[V1, ("content-encoding", "gzip")][..],
                &body,
                415,
                "gzip encoding (compression) is not accepted by this server; only snappy is acceptable\n",
            ),
            (
                &[V1, SNAPPY][..],
                &bomb,
                413,
                "http: request body too large, the limit is 10000 bytes\n",
            ),
            (
                &[V1, SNAPPY][..],
                &liar,
                413,
                "http: request body too large, the limit is 10000 bytes\n",
            ),
            (
                &[V1, SNAPPY][..],
                &b"\x05hello".to_vec(),
                400,
                "the body cannot be decompressed",
            ),
            (
                &[V1, SNAPPY][..],
                &block(b"\xff"),
                400,
                "no such protobuf message",
            ),
            (
                &[V2, SNAPPY][..],
                &broken_reference,
                400,
                "no such protobuf message: symbol 1 of 0\n",
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
                Some("text/plain; charset=utf-8")
            );
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        }
        let mut client = receiver.http().await;
        let get = format!("GET {PATH} HTTP/1.1\r\nhost: otelbox\r\n\r\n");
        let answer = client.send(get.as_bytes()).await.expect("an answer");
        assert_eq!(
            (answer.status, answer.text()),
            (405, "Method Not Allowed\n")
        );
        let ledger = receiver.collector.ledger();
        assert_eq!(ledger.signal(Signal::Metrics).accepted, 0);
    }
);

on_both_transports!(
    statuses_are_answered_as_text_and_the_same_bytes_are_a_retry,
    async |transport: Transport| {
        let receiver = transport
            .start(
                MockCollector::builder()
                    .fault(on_attempt(1).then(http(503).retry_after("7").message("later"))),
            )
            .await;
        let mut client = receiver.http().await;
        let later = write(&mut client, V2, &request()).await;
        assert_eq!(
            (later.status, later.text(), later.header("retry-after")),
            (503, "later\n", Some("7"))
        );
        let again = write(&mut client, V2, &request()).await;
        assert_eq!(again.status, 204);
        let exchanges = receiver.after(2).await.exchanges();
        let attempts: Vec<_> = exchanges
            .iter()
            .map(|exchange| (exchange.export, exchange.attempt))
            .collect();
        assert_eq!(attempts, [(Some(1), 1), (Some(1), 2)]);
    }
);

on_both_transports!(
    a_partial_write_says_how_much_was_written_and_is_no_success,
    async |transport: Transport| {
        let receiver = transport
            .start(
                MockCollector::builder().fault(always().then(partial_success(1, "out of order"))),
            )
            .await;
        let mut client = receiver.http().await;
        let partial = write(&mut client, V2, &request()).await;
        assert_eq!((partial.status, partial.text()), (400, "out of order\n"));
        assert_eq!(written(&partial), [Some("1"), Some("1"), Some("1")]);
        let of_1 = write(&mut client, V1, &write_request()).await;
        assert_eq!((of_1.status, of_1.text()), (400, "out of order\n"));
        assert_eq!(written(&of_1), [None; 3]);
        let exchanges = receiver.after(2).await.exchanges();
        for exchange in &exchanges {
            assert_eq!(exchange.accepted(), Accepted::Partial { rejected: 1 });
            assert!(!exchange.is_acknowledged());
        }
    }
);

#[tokio::test(start_paused = true)]
async fn a_partial_write_may_break_its_specification() {
    let partial = |rejected, status| {
        Action::PartialSuccess(PartialSuccess {
            rejected,
            status: Some(status),
            ..PartialSuccess::default()
        })
    };
    for (action, status, samples) in [
        (partial(2, 204), 204, "0"),
        (partial(2, 500), 500, "0"),
        (partial(i64::MAX, 200), 200, "0"),
        (partial(-4, 204), 204, "6"),
        (partial(0, 500), 204, "2"),
    ] {
        let receiver = Transport::Memory
            .start(MockCollector::builder().fault(always().then(action)))
            .await;
        let mut client = receiver.http().await;
        let answer = write(&mut client, V2, &request()).await;
        assert_eq!(
            (answer.status, written(&answer)[0]),
            (status, Some(samples))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_knows_1_0_alone_can_be_played() {
    let receiver = Transport::Memory
        .start(
            MockCollector::builder()
                .fault(
                    on_attempt(1)
                        .protocol(Protocol::RemoteWrite2)
                        .then(http(415)),
                )
                .fault(
                    always()
                        .protocol(Protocol::RemoteWrite2)
                        .then(http(204).body(AnswerBody::Empty)),
                ),
        )
        .await;
    let mut client = receiver.http().await;
    assert_eq!(write(&mut client, V2, &request()).await.status, 415);
    let silent = write(&mut client, V2, &request()).await;
    assert_eq!((silent.status, written(&silent)), (204, [None; 3]));
    assert_eq!(write(&mut client, V1, &write_request()).await.status, 204);
    let accepted: Vec<_> = receiver
        .after(3)
        .await
        .exchanges()
        .iter()
        .map(|exchange| exchange.accepted())
        .collect();
    assert_eq!(accepted, [Accepted::No, Accepted::No, Accepted::All]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_cut_or_waited_for_has_a_body() {
    let receiver = Transport::Memory
        .start(
            MockCollector::builder()
                .fault(
                    on_attempt(1)
                        .then(Action::from(http(204)).after(secs(2)))
                        .times(1),
                )
                .fault(
                    on_attempt(1)
                        .then(undecodable_answer(UndecodableBody::Html))
                        .times(1),
                )
                .fault(on_attempt(1).then(close(CloseAt::MidAnswer))),
        )
        .await;
    let mut client = receiver.http().await;
    let waited = write(&mut client, V2, &request()).await;
    assert_eq!(waited.status, 204);
    let html = write(&mut client, V2, &request()).await;
    assert_eq!(html.status, 200);
    assert!(html.text().contains("<html>"));
    assert_eq!(written(&html)[0], Some("2"));
    let request = post(PATH, &[V1, SNAPPY], &block(&write_request()));
    client.send(&request).await.expect_err("half an answer");
    let exchanges = receiver.after(3).await.exchanges();
    assert!(exchanges[0].completion().expect("an end").at >= secs(2));
    assert_eq!(
        exchanges[2].completion().expect("an end").end,
        End::ClosedByCollector
    );
}
