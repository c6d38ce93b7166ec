//! Forwarding in memory on a paused clock: times are exact.

use otelbox_mock_collector::fault::{delay, on_attempt, overrun_deadline, secs};
use otelbox_mock_collector::{Forward, MockCollector};
use tokio::time::Instant;

use crate::support::{METRICS_CALL, Transport, call, frame, metrics};

#[tokio::test(start_paused = true)]
async fn a_delay_is_before_the_upstream_sees_the_request_and_an_overrun_after() {
    let upstream = Transport::Memory
        .start(MockCollector::builder().fault(on_attempt(1).then(delay(secs(3)))))
        .await;
    let forward = Forward::in_memory(upstream.collector.connector());
    let builder = MockCollector::builder().forward(forward).faults([
        on_attempt(1).then(delay(secs(20))),
        on_attempt(2).then(overrun_deadline(secs(1))),
    ]);
    let proxy = Transport::Memory.start(builder).await;
    let client = proxy.grpc().await;
    let started = Instant::now();
    let answer = client.export(1).await.expect("an answer");
    assert_eq!(
        (answer.grpc_status(), started.elapsed()),
        (Some("0"), secs(23))
    );

    // Acknowledged: the same bytes are a new export, whose first attempt is refused by nobody here.
    let mut request = call(METRICS_CALL);
    request
        .headers_mut()
        .insert("grpc-timeout", "10S".parse().expect("a value"));
    let started = Instant::now();
    client
        .send(request, frame(0, &metrics(2)))
        .await
        .expect("an answer");
    assert_eq!(started.elapsed(), secs(23));

    let arrivals: Vec<_> = upstream
        .after(2)
        .await
        .exchanges()
        .iter()
        .map(|exchange| exchange.received_at)
        .collect();
    assert_eq!(arrivals, [secs(20), secs(43)]);
    let forwarded: Vec<_> = proxy
        .after(2)
        .await
        .exchanges()
        .iter()
        .map(|exchange| exchange.forwarding().expect("it is forwarded").sent_at())
        .collect();
    assert_eq!(forwarded, [Some(secs(20)), Some(secs(43))]);
}

#[tokio::test(start_paused = true)]
async fn an_overrun_forwards_at_once_and_answers_late() {
    let upstream = Transport::Memory.start(MockCollector::builder()).await;
    let forward = Forward::in_memory(upstream.collector.connector());
    let fault = on_attempt(1).then(overrun_deadline(secs(1)));
    let builder = MockCollector::builder().forward(forward).fault(fault);
    let proxy = Transport::Memory.start(builder).await;
    let client = proxy.grpc().await;
    let mut request = call(METRICS_CALL);
    request
        .headers_mut()
        .insert("grpc-timeout", "10S".parse().expect("a value"));
    let started = Instant::now();
    let answer = client
        .send(request, frame(0, &metrics(1)))
        .await
        .expect("an answer");
    assert_eq!(
        (answer.grpc_status(), started.elapsed()),
        (Some("0"), secs(11))
    );
    assert_eq!(upstream.only_exchange().await.received_at, secs(0));
    upstream.collector.take_down().await;
    let answer = client.export(2).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("14"));
}
