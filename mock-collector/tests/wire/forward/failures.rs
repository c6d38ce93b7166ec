//! Upstreams that fail: the client gets what a proxy gives, and the journal says who failed.

use otelbox_mock_collector::journal::{End, Exchange, UpstreamOutcome};
use otelbox_mock_collector::{Accepted, MockCollector, Signal, UpstreamFailure};
use tokio::time::{Duration, timeout};

use super::raw_http1::{Answer as Http1, Event as Http1Event, RawHttp1};
use super::raw_http2::{Answer as Http2, Event as Http2Event, RawHttp2, ok};
use super::{nobody, start, to_address, to_collector};
use crate::support::{METRICS_CALL, PROTOBUF, Receiver, call, frame, is_reset, metrics, post};

fn failure(exchange: &Exchange) -> UpstreamFailure {
    match exchange
        .forwarding()
        .and_then(|forwarding| forwarding.outcome())
    {
        Some(UpstreamOutcome::Failed { failure, .. }) => failure.clone(),
        other => panic!("a failure was expected, not {other:?}"),
    }
}

/// The last exchange, which must not be a fault's doing, nor count as accepted.
async fn last(receiver: &Receiver, requests: u64) -> std::sync::Arc<Exchange> {
    let exchanges = receiver.after(requests).await.exchanges();
    let last = exchanges.last().expect("an exchange").clone();
    assert_eq!(last.decision.fault, None);
    assert_eq!(last.accepted(), Accepted::No);
    assert!(!last.is_acknowledged());
    last
}

#[tokio::test]
async fn where_nobody_listens_the_client_is_told_who_says_so() {
    let (_socket, address) = nobody();
    let receiver = start(to_address(address)).await;
    let answer = receiver.grpc().await.export(1).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("14"));
    let text =
        format!("otelbox: the upstream http://{address} cannot be reached: Connection refused");
    let message = answer.grpc_message().replace("%20", " ");
    assert!(message.starts_with(&text), "{message}");
    assert!(matches!(
        failure(&*last(&receiver, 1).await),
        UpstreamFailure::Unreachable(_)
    ));

    let mut client = receiver.http().await;
    let answer = client.export(2).await.expect("an answer");
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (502, Some("application/x-protobuf"))
    );
    // It is the collector that speaks: the answer has its date.
    assert!(answer.header("date").is_some());
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(body.contains(&text), "{body}");
    let request = post("/elsewhere", &[], b"");
    let answer = client.send(&request).await.expect("an answer");
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (502, Some("text/plain"))
    );
    assert!(answer.text().starts_with(&text), "{}", answer.text());
    last(&receiver, 3).await;
    let entry = receiver.collector.ledger().signal(Signal::Metrics);
    assert_eq!((entry.offered, entry.accepted), (3, 0));
}

#[tokio::test]
async fn an_upstream_that_comes_up_again_is_used_again() {
    let upstream = start(MockCollector::builder()).await;
    let receiver = start(to_collector(&upstream)).await;
    let grpc = receiver.grpc().await;
    let mut http = receiver.http().await;
    let mut both = async || {
        let over_grpc = grpc.export(1).await.expect("an answer");
        let over_http = http.export(2).await.expect("an answer");
        (over_grpc.grpc_status().map(str::to_owned), over_http.status)
    };
    assert_eq!(both().await, (Some("0".to_owned()), 200));
    upstream.collector.take_down().await;
    // Whatever of the end of its connections has arrived by now: a proxy does not send again, and does not hang.
    assert_eq!(both().await, (Some("14".to_owned()), 502));
    upstream.collector.bring_up().await.expect("its port");
    assert_eq!(both().await, (Some("0".to_owned()), 200));
    let entry = receiver.collector.ledger().signal(Signal::Metrics);
    assert_eq!((entry.offered, entry.accepted, entry.attempts), (3, 3, 6));
}

/// Whether a failure is the one that was expected.
type Expected = fn(&UpstreamFailure) -> bool;

#[tokio::test]
async fn http_1_upstreams_that_break_off_are_told_apart() {
    let mut upstream = RawHttp1::start(Http1::Reset).await;
    let receiver = start(to_address(upstream.address)).await;
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec();
    let cases: [(Http1, Expected); 4] = [
        (Http1::Reset, |failure| {
            *failure == UpstreamFailure::ConnectionReset
        }),
        (Http1::Last(Vec::new()), |failure| {
            matches!(
                failure,
                UpstreamFailure::Closed | UpstreamFailure::ConnectionReset
            )
        }),
        (Http1::Last(half), |failure| {
            matches!(
                failure,
                UpstreamFailure::Closed | UpstreamFailure::ConnectionReset
            )
        }),
        (
            Http1::Last(b"220 mail.example ESMTP\r\n".to_vec()),
            |failure| matches!(failure, UpstreamFailure::Protocol(_)),
        ),
    ];
    for (requests, (answer, expected)) in (1..).zip(cases) {
        upstream.answers(answer);
        let answer = receiver.http().await.export(1).await.expect("an answer");
        assert_eq!(answer.status, 502);
        let failure = failure(&*last(&receiver, requests).await);
        assert!(expected(&failure), "{requests}: {failure:?}");
        upstream.request().await;
    }
    // Each was sent once.
    assert!(
        upstream
            .unasked()
            .iter()
            .all(|event| !matches!(event, Http1Event::Request(_)))
    );
}

#[tokio::test]
async fn http_2_upstreams_that_break_off_are_told_apart() {
    let upstream = RawHttp2::start(Http2::Silence).await;
    let receiver = start(to_address(upstream.address)).await;
    let refused = h2::Reason::REFUSED_STREAM;
    let calm = h2::Reason::ENHANCE_YOUR_CALM;
    for (requests, (answer, expected)) in (1..).zip([
        (
            Http2::Reset(refused),
            UpstreamFailure::StreamReset("REFUSED_STREAM".to_owned()),
        ),
        (
            Http2::GoAway(calm),
            UpstreamFailure::GoAway("ENHANCE_YOUR_CALM".to_owned()),
        ),
    ]) {
        upstream.answers(answer);
        let answer = receiver.grpc().await.export(1).await.expect("an answer");
        assert_eq!(answer.grpc_status(), Some("14"));
        assert_eq!(failure(&*last(&receiver, requests).await), expected);
    }
    // A client's connection outlives that of its upstream.
    let client = receiver.grpc().await;
    assert_eq!(
        client.export(1).await.expect("an answer").grpc_status(),
        Some("14")
    );
    upstream.answers(ok());
    assert_eq!(
        client.export(1).await.expect("an answer").grpc_status(),
        Some("0")
    );
    // What is no HTTP/2 says so.
    let plain = RawHttp1::start(Http1::Silence).await;
    let receiver = start(to_address(plain.address)).await;
    let client = receiver.grpc().await;
    let waited = timeout(Duration::from_millis(50), client.export(1)).await;
    assert!(waited.is_err(), "a server that says nothing is waited for");
}

#[tokio::test]
async fn a_request_that_cannot_be_forwarded_is_not_blamed_on_the_upstream() {
    let mut upstream = RawHttp1::start(Http1::Silence).await;
    let receiver = start(to_address(upstream.address)).await;
    let request = b"CONNECT otelbox:80 HTTP/1.1\r\nhost: otelbox:80\r\n\r\n";
    let answer = receiver
        .http()
        .await
        .send(request)
        .await
        .expect("an answer");
    assert_eq!(answer.status, 502);
    let failure = failure(&*last(&receiver, 1).await);
    assert!(
        matches!(failure, UpstreamFailure::Unforwardable(_)),
        "{failure:?}"
    );
    assert_eq!(upstream.unasked(), []);
}

#[tokio::test]
async fn an_answer_above_the_limit_is_not_passed() {
    let long = [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 3000\r\n\r\n"[..],
        &[b'.'; 3000],
    ]
    .concat();
    let upstream = RawHttp1::start(Http1::Bytes(long)).await;
    let receiver = start(to_address(upstream.address).max_request_bytes(2000)).await;
    let request = post("/v1/metrics", &[PROTOBUF], &metrics(1));
    let answer = receiver
        .http()
        .await
        .send(&request)
        .await
        .expect("an answer");
    assert_eq!(answer.status, 502);
    let expected = UpstreamFailure::TooLarge { limit_bytes: 2000 };
    assert_eq!(failure(&*last(&receiver, 1).await), expected);
}

#[tokio::test]
async fn a_client_that_cancels_cancels_at_the_upstream() {
    let mut upstream = RawHttp2::start(Http2::Silence).await;
    let receiver = start(to_address(upstream.address)).await;
    let client = receiver.grpc().await;
    let mut sender = client.sender.clone();
    let (response, mut stream) = sender
        .send_request(call(METRICS_CALL), false)
        .expect("a stream");
    stream
        .send_data(frame(0, &metrics(1)), true)
        .expect("it is open");
    assert_eq!(upstream.call().await.data, frame(0, &metrics(1)));
    stream.send_reset(h2::Reason::CANCEL);
    drop(response);
    let event = upstream.event().await;
    assert!(
        matches!(event, Http2Event::Cancelled(h2::Reason::CANCEL)),
        "{event:?}"
    );
    let exchange = last(&receiver, 1).await;
    assert_eq!(
        exchange.completion().expect("it ended").end,
        End::ClientCancelled
    );
    assert_eq!(
        exchange.forwarding().expect("it was forwarded").to_string(),
        "upstream did not answer"
    );
    // A client that goes away ends the upstream's connection.
    let (_response, mut stream) = sender
        .send_request(call(METRICS_CALL), false)
        .expect("a stream");
    stream
        .send_data(frame(0, &metrics(2)), true)
        .expect("it is open");
    upstream.call().await;
    client.connection.abort();
    loop {
        match upstream.event().await {
            Http2Event::Gone => break,
            Http2Event::Cancelled(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        last(&receiver, 2).await.completion().expect("it ended").end,
        End::ClientGone
    );
}

#[tokio::test]
async fn an_http_1_client_that_goes_away_ends_the_upstreams_connection() {
    let mut upstream = RawHttp1::start(Http1::Silence).await;
    let receiver = start(to_address(upstream.address)).await;
    let mut client = receiver.http().await;
    let request = post("/v1/metrics", &[PROTOBUF], &metrics(1));
    tokio::io::AsyncWriteExt::write_all(&mut client.stream, &request)
        .await
        .expect("it is read");
    upstream.request().await;
    drop(client);
    assert_eq!(upstream.event().await, Http1Event::Gone);
    assert_eq!(
        last(&receiver, 1).await.completion().expect("it ended").end,
        End::ClientGone
    );
}

#[tokio::test]
async fn the_upstream_sees_the_clients_deadline() {
    let mut upstream = RawHttp2::start(Http2::Silence).await;
    let receiver = start(to_address(upstream.address)).await;
    let client = receiver.grpc().await;
    let mut request = call(METRICS_CALL);
    let value = "75m".parse().expect("a value");
    request.headers_mut().insert("grpc-timeout", value);
    // A slow upstream and a client that keeps to its own deadline.
    let limit = Duration::from_millis(75);
    let waited = timeout(limit, client.send(request, frame(0, &metrics(1)))).await;
    assert!(waited.is_err(), "the upstream is slow");
    assert_eq!(upstream.call().await.headers["grpc-timeout"], "75m");
    let event = upstream.event().await;
    assert!(matches!(event, Http2Event::Cancelled(_)), "{event:?}");
    let exchange = last(&receiver, 1).await;
    assert_eq!(
        exchange.completion().expect("it ended").end,
        End::ClientCancelled
    );
}

#[tokio::test]
async fn taking_the_proxy_down_ends_both_sides() {
    let mut upstream = RawHttp2::start(Http2::Silence).await;
    let receiver = start(to_address(upstream.address)).await;
    let client = receiver.grpc().await;
    let pending = tokio::spawn(async move { client.export_lost(1).await });
    upstream.call().await;
    receiver.collector.take_down().await;
    let error = pending.await.expect("no panic");
    assert!(!is_reset(&error), "{error}");
    loop {
        if matches!(upstream.event().await, Http2Event::Gone) {
            break;
        }
    }
    assert_eq!(
        last(&receiver, 1).await.completion().expect("it ended").end,
        End::CollectorStopped
    );
}
