//! Starting, stopping, and what is left when a collector is dropped.

use std::net::TcpListener;

use otelbox_mock_collector::fault::{always, hang, on_attempt};
use otelbox_mock_collector::journal::End;
use otelbox_mock_collector::{MockCollector, Port, StartError};

use crate::support::{Transport, on_both_transports};

on_both_transports!(
    stopping_completes_what_is_open,
    async |transport: Transport| {
        let receiver = transport
            .start(MockCollector::builder().fault(always().then(hang())))
            .await;
        let client = receiver.grpc().await;
        let exporting = tokio::spawn(async move { client.export(1).await });
        let journal = receiver.collector.journal();
        while journal.exchanges().is_empty() {
            tokio::task::yield_now().await;
        }
        let connector = receiver.collector.connector();
        let journal = receiver.collector.stop().await;
        assert!(exporting.await.expect("no panic").is_err());
        let exchanges = journal.exchanges();
        assert_eq!(
            exchanges[0].completion().expect("it is complete").end,
            End::CollectorStopped
        );
        assert!(
            connector.connect(Port::Grpc).await.is_err(),
            "a connector outlives its collector"
        );
    }
);

on_both_transports!(
    dropping_completes_what_is_open,
    async |transport: Transport| {
        let receiver = transport
            .start(MockCollector::builder().fault(on_attempt(1).then(hang())))
            .await;
        let client = receiver.grpc().await;
        let exporting = tokio::spawn(async move { client.export(1).await });
        let journal = receiver.collector.journal();
        while journal.exchanges().is_empty() {
            tokio::task::yield_now().await;
        }
        drop(receiver);
        assert!(exporting.await.expect("no panic").is_err());
        while journal.exchanges()[0].completion().is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            journal.exchanges()[0]
                .completion()
                .expect("it is complete")
                .end,
            End::CollectorStopped
        );
    }
);

#[tokio::test]
async fn a_dropped_collector_releases_its_ports() {
    let collector = MockCollector::start().await.expect("the collector starts");
    let address = collector.grpc_addr().expect("a TCP address");
    drop(collector);
    while TcpListener::bind(address).is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_stopped_collector_releases_its_ports() {
    let collector = MockCollector::start().await.expect("the collector starts");
    let address = collector.grpc_addr().expect("a TCP address");
    collector.stop().await;
    while TcpListener::bind(address).is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_port_in_use_is_an_error_that_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address");
    let error = MockCollector::builder()
        .http(address)
        .start()
        .await
        .expect_err("the port is taken");
    assert!(matches!(
        error,
        StartError::Listen {
            port: Port::Http,
            ..
        }
    ));
    assert_eq!(
        error.to_string(),
        format!("cannot listen on {address} for http")
    );
}

#[tokio::test]
async fn many_collectors_run_side_by_side() {
    let mut collectors = Vec::new();
    for _ in 0..200 {
        collectors.push(MockCollector::start().await.expect("the collector starts"));
    }
    let ports: std::collections::HashSet<_> = collectors
        .iter()
        .flat_map(|collector| [collector.grpc_addr(), collector.http_addr()])
        .collect();
    assert_eq!(ports.len(), 400);
}
