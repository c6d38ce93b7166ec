//! The journal as a snapshot.

use std::sync::Arc;
use std::time::Duration;

use otelbox_mock_collector::fault::grpc;
use otelbox_mock_collector::journal::{Journal, Peer};
use otelbox_mock_collector::{ConnectionEvent, Port, Signal, SystemWallClock};
use tonic::Code;

use crate::evidence::{accepted, answered, counter, journal, logs, open};

/// A connection, a retry, a lost request.
async fn story(journal: &Journal) {
    let connection = journal.next_connection();
    journal.connection(connection, Port::Grpc, ConnectionEvent::Opened);
    tokio::time::advance(Duration::from_secs(15)).await;
    let body = counter(1, 5, 0, 15);
    answered(
        journal,
        Signal::Metrics,
        &body,
        grpc(Code::Unavailable).message("try later").into(),
        14,
    );
    tokio::time::advance(Duration::from_millis(1_234)).await;
    accepted(journal, Signal::Metrics, &body);
    accepted(journal, Signal::Logs, &logs(&[7]));
    drop(open(journal, Signal::Logs));
    journal.connection(
        connection,
        Port::Grpc,
        ConnectionEvent::Closed { by: Peer::Client },
    );
}

#[tokio::test(start_paused = true)]
async fn in_virtual_time_every_time_is_exact() {
    let journal = journal();
    story(&journal).await;
    insta::assert_yaml_snapshot!(journal.normalized());
}

#[tokio::test(start_paused = true)]
async fn in_real_time_only_the_order_of_times_is_told() {
    let journal = Journal::new(usize::MAX, Arc::new(SystemWallClock));
    story(&journal).await;
    insta::assert_yaml_snapshot!(journal.normalized());
}
