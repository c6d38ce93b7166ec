//! Connections that end at any byte of an answer: whoever has read all of it finds the payload taken, and nobody else.

use otelbox_mock_collector::fault::{
    Direction, EndBy, GoAwayStream, Http2Code, always, bandwidth, close_after, goaway, half_close,
    max_connection_age, millis, secs, slice,
};
use otelbox_mock_collector::journal::{Accepted, End};
use otelbox_mock_collector::{MockCollector, MockCollectorBuilder, Port};
use tokio::time::sleep;

use crate::support::Transport;

/// More than what is sent on a connection with one export.
const LONGER_THAN_ANY: u64 = 280;

/// Exports once: whether the client has read all of the answer, whether the journal says so, and whether the payload is taken.
async fn outcome(builder: MockCollectorBuilder, port: Port) -> (bool, bool, bool) {
    let receiver = Transport::Memory.start(builder).await;
    let is_read = match port {
        Port::Grpc => {
            let client = receiver.grpc().await;
            let answer = client.export(1).await;
            answer.is_ok_and(|answer| answer.grpc_status() == Some("0"))
        }
        Port::Http => {
            let mut client = receiver.http().await;
            client
                .export(1)
                .await
                .is_ok_and(|answer| answer.status == 200)
        }
    };
    sleep(secs(1)).await;
    let exchanges = receiver.collector.journal().exchanges();
    let is_answered = exchanges.iter().any(|exchange| {
        exchange
            .completion()
            .is_some_and(|completion| completion.end == End::Answered)
    });
    let is_taken = exchanges
        .iter()
        .any(|exchange| exchange.accepted() == Accepted::All);
    (is_read, is_answered, is_taken)
}

/// Goes through all places at which a connection may end.
async fn at_every_byte(builder: impl Fn(u64) -> MockCollectorBuilder, what: &str) {
    for port in Port::ALL {
        at_every_byte_of(port, &builder, what).await;
    }
}

/// The same on one port.
async fn at_every_byte_of(port: Port, builder: impl Fn(u64) -> MockCollectorBuilder, what: &str) {
    let mut mistakes = Vec::new();
    let mut is_read = false;
    for bytes in 1..=LONGER_THAN_ANY {
        let (read, answered, taken) = outcome(builder(bytes), port).await;
        if (answered, taken) != (read, read) {
            mistakes.push(format!(
                "after {bytes}: read {read}, answered {answered}, taken {taken}"
            ));
        }
        is_read = read;
    }
    assert!(mistakes.is_empty(), "{port}, {what}: {mistakes:#?}");
    assert!(
        is_read,
        "{port}, {what}: {LONGER_THAN_ANY} bytes are not all"
    );
}

#[tokio::test(start_paused = true)]
async fn a_half_close_loses_what_it_cuts_and_no_more() {
    let builder = |bytes| MockCollector::builder().fault(always().then(half_close(bytes)));
    at_every_byte(builder, "half-closed").await;
}

#[tokio::test(start_paused = true)]
async fn an_end_loses_what_it_cuts_and_no_more() {
    for by in [EndBy::Close, EndBy::Reset] {
        let builder = |bytes| {
            let fault = close_after(bytes, Direction::Sent, by);
            MockCollector::builder().fault(always().then(fault))
        };
        at_every_byte(builder, &format!("{by:?}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_goaway_beside_the_answer_makes_no_difference() {
    for stream in [
        GoAwayStream::Served,
        GoAwayStream::InFlight,
        GoAwayStream::Graceful,
    ] {
        let builder = |bytes| {
            MockCollector::builder()
                .fault(always().then(half_close(bytes)))
                .fault(always().then(goaway(stream, Http2Code::NoError)))
        };
        at_every_byte_of(Port::Grpc, builder, &format!("{stream:?}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn so_does_one_that_comes_slowly() {
    let builder = |bytes| {
        MockCollector::builder()
            .fault(always().then(half_close(bytes)))
            .fault(always().then(slice(7, millis(3))))
            .fault(always().then(bandwidth(5_000, Direction::Sent)))
    };
    at_every_byte(builder, "half-closed in pieces").await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_that_is_the_last_one_counts_as_sent() {
    let builder = MockCollector::builder()
        .fault(always().then(max_connection_age(millis(1), None)))
        .fault(always().then(bandwidth(1_000, Direction::Sent)));
    let receiver = Transport::Memory.start(builder).await;
    let mut client = receiver.http().await;
    sleep(secs(1)).await;
    let answer = client.export(1).await.expect("an answer");
    assert_eq!(answer.header("connection"), Some("close"));
    let exchange = receiver.only_exchange().await;
    let end = exchange.completion().expect("complete").end;
    assert_eq!((end, exchange.accepted()), (End::Answered, Accepted::All));
}
