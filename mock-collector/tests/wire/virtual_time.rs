//! In memory on a paused clock, every time is exact.

use otelbox_mock_collector::MockCollector;
use otelbox_mock_collector::clock::VirtualWallClock;
use otelbox_mock_collector::fault::{
    delay, during, grpc, hang, on_attempt, overrun_deadline, secs,
};
use otelbox_mock_collector::journal::End;
use tokio::time::{Instant, sleep, timeout};
use tonic::Code;

use crate::support::{METRICS_CALL, Transport, call, frame, metrics};

#[tokio::test(start_paused = true)]
async fn attempts_and_answers_have_exact_times() {
    let faults = [
        on_attempt(1).then(delay(secs(20))),
        on_attempt(2).then(grpc(Code::Unavailable)),
    ];
    let receiver = Transport::Memory
        .start(MockCollector::builder().faults(faults))
        .await;
    let client = receiver.grpc().await;
    sleep(secs(15)).await;
    assert!(
        timeout(secs(10), client.export(1)).await.is_err(),
        "it takes 20 seconds"
    );
    sleep(secs(1)).await;
    client.export(1).await.expect("an answer");
    sleep(secs(2)).await;
    client.export(1).await.expect("an answer");

    let exchanges = receiver.after(3).await.exchanges();
    let times: Vec<_> = exchanges
        .iter()
        .map(|exchange| {
            let completion = exchange.completion().expect("it is complete");
            (
                exchange.received_at,
                exchange.body_at,
                completion.at,
                completion.end,
            )
        })
        .collect();
    assert_eq!(
        times,
        [
            (secs(15), Some(secs(15)), secs(25), End::ClientCancelled),
            (secs(26), Some(secs(26)), secs(26), End::Answered),
            (secs(28), Some(secs(28)), secs(28), End::Answered),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_overrun_by_exactly_as_much_as_asked() {
    let fault = on_attempt(1).then(overrun_deadline(secs(1)));
    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(fault))
        .await;
    let client = receiver.grpc().await;
    let mut request = call(METRICS_CALL);
    request
        .headers_mut()
        .insert("grpc-timeout", "10S".parse().expect("a value"));
    let started = Instant::now();
    client
        .send(request, frame(0, &metrics(1)))
        .await
        .expect("an answer");
    assert_eq!(started.elapsed(), secs(11));
}

#[tokio::test(start_paused = true)]
async fn an_outage_lasts_as_long_as_its_window() {
    let fault = during(secs(10), secs(55)).then(grpc(Code::Unavailable));
    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(fault))
        .await;
    let client = receiver.grpc().await;
    let mut statuses = Vec::new();
    for points in 1..=4 {
        sleep(secs(15)).await;
        statuses.push(
            client
                .export(points)
                .await
                .expect("an answer")
                .grpc_status()
                .map(ToOwned::to_owned),
        );
    }
    assert_eq!(
        statuses,
        ["14", "14", "14", "0"].map(|status| Some(status.to_owned()))
    );
}

#[tokio::test(start_paused = true)]
async fn the_wall_clock_goes_with_the_virtual_one() {
    let wall_clock = VirtualWallClock::starting_at(1_000_000_000_000_000_000);
    let builder = MockCollector::builder().wall_clock(std::sync::Arc::new(wall_clock));
    let receiver = Transport::Memory.start(builder).await;
    sleep(secs(7)).await;
    receiver.http().await.export(1).await.expect("an answer");
    assert_eq!(
        receiver.only_exchange().await.wall_unix_nano,
        1_000_000_007_000_000_000
    );
}

#[tokio::test(start_paused = true)]
async fn a_hanging_collector_lets_time_pass() {
    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(on_attempt(1).then(hang())))
        .await;
    let mut client = receiver.http().await;
    assert!(timeout(secs(3600), client.export(1)).await.is_err());
    drop(client);
    let exchange = receiver.only_exchange().await;
    assert_eq!(
        exchange.completion().expect("it is complete").at,
        secs(3600)
    );
}
