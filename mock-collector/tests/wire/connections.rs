//! Faults on connections: refused, accepted and closed, down and up again.

use std::io;

use otelbox_mock_collector::fault::{accept_then_close, always, during, millis, refuse, secs};
use otelbox_mock_collector::journal::{ConnectionEvent, End, Peer};
use otelbox_mock_collector::{MockCollector, Port};
use tokio::io::AsyncReadExt;

use crate::support::{Transport, on_both_transports};

on_both_transports!(
    a_collector_that_is_down_refuses_and_comes_back_on_its_port,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let endpoint = receiver.collector.http_endpoint();
        let mut before = receiver.http().await;
        assert_eq!(before.export(1).await.expect("an answer").status, 200);

        receiver.collector.take_down().await;
        for port in Port::ALL {
            let error = receiver.connect(port).await.err().expect("nobody listens");
            assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        }
        assert!(
            before.export(1).await.is_err(),
            "connections end with the collector"
        );

        receiver
            .collector
            .bring_up()
            .await
            .expect("the port is free");
        assert_eq!(receiver.collector.http_endpoint(), endpoint);
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
        assert_eq!(
            receiver
                .grpc()
                .await
                .export(1)
                .await
                .expect("an answer")
                .grpc_status(),
            Some("0")
        );
    }
);

on_both_transports!(
    going_down_ends_what_is_in_progress,
    async |transport: Transport| {
        let fault = always().then(otelbox_mock_collector::fault::hang());
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let client = receiver.grpc().await;
        let (answer, ()) = tokio::join!(client.export(1), async {
            while receiver.collector.journal().exchanges().is_empty() {
                tokio::task::yield_now().await;
            }
            receiver.collector.take_down().await;
        });
        assert!(answer.is_err());
        assert_eq!(
            receiver
                .only_exchange()
                .await
                .completion()
                .expect("it is complete")
                .end,
            End::CollectorStopped
        );
    }
);

on_both_transports!(
    a_window_of_refusal_opens_and_closes,
    async |transport: Transport| {
        // It begins with the collector, so that the port never listened before.
        let fault = during(millis(0), millis(200)).then(refuse());
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let error = receiver
            .connect(Port::Grpc)
            .await
            .err()
            .expect("nobody listens");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let stream = loop {
            match receiver.connect(Port::Grpc).await {
                Ok(stream) => break stream,
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused),
            }
            tokio::time::sleep(millis(10)).await;
        };
        assert!(receiver.collector.journal().elapsed() >= millis(200));
        let client = crate::support::Http2Client::new(stream).await;
        assert_eq!(
            client.export(1).await.expect("an answer").grpc_status(),
            Some("0")
        );
    }
);

on_both_transports!(
    a_refusal_that_is_added_closes_the_port,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = receiver.http().await;
        assert_eq!(client.export(1).await.expect("an answer").status, 200);
        let refusal = receiver
            .collector
            .add_fault(always().then(refuse()))
            .expect("a fault");
        // Connections that exist end; the end tells that the port is closed.
        let error = client.answer().await.expect_err("an end");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        let error = receiver
            .connect(Port::Http)
            .await
            .err()
            .expect("nobody listens");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        drop(refusal);
        while receiver.connect(Port::Http).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
);

on_both_transports!(
    connections_are_accepted_and_closed,
    async |transport: Transport| {
        let fault = always().connection(1..=2).then(accept_then_close());
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        for _ in 0..2 {
            let mut stream = receiver.connect(Port::Grpc).await.expect("a connection");
            assert_eq!(
                stream.read(&mut [0; 64]).await.expect("an end, no reset"),
                0
            );
        }
        assert_eq!(
            receiver
                .grpc()
                .await
                .export(1)
                .await
                .expect("an answer")
                .grpc_status(),
            Some("0")
        );
        let events: Vec<_> = receiver
            .collector
            .journal()
            .connections()
            .iter()
            .filter(|record| record.connection <= 2)
            .map(|record| (record.connection, record.event.clone()))
            .collect();
        let closed = ConnectionEvent::Closed {
            by: Peer::Collector,
        };
        assert_eq!(
            events,
            [
                (1, ConnectionEvent::Opened),
                (1, closed.clone()),
                (2, ConnectionEvent::Opened),
                (2, closed),
            ]
        );
    }
);

#[tokio::test(start_paused = true)]
async fn refusals_in_memory_are_recorded_and_counted() {
    let fault = always().then(refuse()).times(2);
    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(fault))
        .await;
    for _ in 0..2 {
        assert!(receiver.connect(Port::Grpc).await.is_err());
    }
    assert_eq!(
        receiver
            .grpc()
            .await
            .export(1)
            .await
            .expect("an answer")
            .grpc_status(),
        Some("0")
    );
    assert_eq!(receiver.collector.faults()[0].fired, 2);
    let journal = receiver.collector.journal();
    let refused = journal
        .connections()
        .iter()
        .filter(|record| record.event == ConnectionEvent::Refused)
        .count();
    assert_eq!(refused, 2);
    assert_eq!(journal.exchanges()[0].connection, 1);
}

#[tokio::test(start_paused = true)]
async fn a_window_of_refusal_ends_connections_when_it_begins() {
    let fault = during(secs(10), secs(55)).then(refuse());
    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(fault))
        .await;
    let mut stream = receiver.connect(Port::Grpc).await.expect("a connection");
    let mut sent = Vec::new();
    stream
        .read_to_end(&mut sent)
        .await
        .expect("an end, no reset");
    assert_eq!(receiver.collector.journal().elapsed(), secs(10));
    assert!(receiver.connect(Port::Grpc).await.is_err());
    tokio::time::sleep(secs(45)).await;
    assert!(receiver.connect(Port::Grpc).await.is_ok());
}
