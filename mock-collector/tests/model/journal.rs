//! What the journal keeps, what it recognises, and what it does when it is full.

use std::time::Duration;

use bytes::Bytes;
use otelbox_mock_collector::fault::{
    Action, delay, grpc, hang, lose_acknowledgement, partial_success, secs,
};
use otelbox_mock_collector::journal::{
    BodyError, End, Entry, Journal, Peer, RequestBody, WaitErrorKind,
};
use otelbox_mock_collector::payload::Encoding;
use otelbox_mock_collector::{Accepted, ConnectionEvent, Decision, PayloadError, Port, Signal};
use tonic::Code;

use crate::evidence::{
    accepted, answer, answered, begin, complete_body, counter, journal, journal_within, logs, open,
};

const UNAVAILABLE: u32 = 14;

fn exports_and_attempts(journal: &Journal) -> Vec<(Option<u64>, u32)> {
    journal
        .exchanges()
        .iter()
        .map(|exchange| (exchange.export, exchange.attempt))
        .collect()
}

fn unavailable() -> Action {
    grpc(Code::Unavailable).into()
}

#[tokio::test(start_paused = true)]
async fn the_same_bytes_are_a_retry_until_they_are_acknowledged() {
    let journal = journal();
    let [one, two] = [logs(&[1]), logs(&[2])];
    answered(&journal, Signal::Logs, &one, unavailable(), UNAVAILABLE);
    answered(&journal, Signal::Logs, &one, unavailable(), UNAVAILABLE);
    answered(&journal, Signal::Logs, &two, unavailable(), UNAVAILABLE);
    accepted(&journal, Signal::Logs, &one);
    accepted(&journal, Signal::Logs, &one);
    assert_eq!(
        exports_and_attempts(&journal),
        [
            (Some(1), 1),
            (Some(1), 2),
            (Some(2), 1),
            (Some(1), 3),
            (Some(3), 1)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn exports_are_counted_for_each_signal_and_equal_bytes_of_two_signals_are_two() {
    let journal = journal();
    answered(&journal, Signal::Logs, &[], unavailable(), UNAVAILABLE);
    answered(&journal, Signal::Traces, &[], unavailable(), UNAVAILABLE);
    assert_eq!(exports_and_attempts(&journal), [(Some(1), 1), (Some(1), 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_acceptance_whose_connection_is_ended_for_another_request_takes_nothing() {
    let journal = journal();
    for end in [End::ResetByCollector, End::ClosedByCollector] {
        begin(&journal, Signal::Logs, &logs(&[1]), delay(secs(2))).complete(None, end);
    }
    for exchange in journal.exchanges() {
        assert_eq!(exchange.accepted(), Accepted::No);
        assert!(!exchange.is_acknowledged());
    }
    assert_eq!(journal.totals().accepted(Signal::Logs), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_leaves_the_export_open_and_its_payload_taken() {
    let journal = journal();
    let body = logs(&[1]);
    begin(&journal, Signal::Logs, &body, lose_acknowledgement())
        .complete(None, End::ClosedByCollector);
    accepted(&journal, Signal::Logs, &body);
    assert_eq!(exports_and_attempts(&journal), [(Some(1), 1), (Some(1), 2)]);
    assert!(
        journal
            .exchanges()
            .iter()
            .all(|exchange| exchange.accepted() == Accepted::All)
    );
}

#[tokio::test(start_paused = true)]
async fn an_exchange_is_there_before_it_is_complete() {
    let journal = journal();
    let handle = begin(&journal, Signal::Logs, &logs(&[1]), Action::Accept);
    let exchange = &journal.exchanges()[0];
    assert!(exchange.completion().is_none());
    assert_eq!(
        exchange.accepted(),
        Accepted::No,
        "not before it is answered"
    );
    tokio::time::advance(Duration::from_secs(3)).await;
    handle.complete(Some(answer(0)), End::Answered);
    assert_eq!(
        exchange.completion().map(|completion| completion.at),
        Some(Duration::from_secs(3))
    );
    assert_eq!(exchange.accepted(), Accepted::All);
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_leaves_a_record() {
    let journal = journal();
    drop(open(&journal, Signal::Logs));
    drop(begin(&journal, Signal::Logs, &logs(&[1]), hang()));
    let still_open = begin(&journal, Signal::Logs, &logs(&[2]), hang());
    journal.stop();
    drop(still_open);
    let ends: Vec<_> = journal
        .exchanges()
        .iter()
        .map(|it| it.completion().map(|completion| completion.end))
        .collect();
    assert_eq!(
        ends,
        [
            Some(End::ClientGone),
            Some(End::ClientGone),
            Some(End::CollectorStopped)
        ]
    );
    assert_eq!(
        exports_and_attempts(&journal),
        [(None, 1), (Some(1), 1), (Some(2), 1)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_message_is_an_entry_with_a_reason() {
    let journal = journal();
    let mut open = open(&journal, Signal::Metrics);
    let seen = open.body(
        complete_body(b"\xff\xff"),
        Some(Bytes::from_static(b"\xff\xff")),
    );
    assert!(
        matches!(
            seen.error,
            Some(BodyError::Undecodable(PayloadError::Protobuf(_)))
        ),
        "{seen:?}"
    );
    open.begin(Decision::default())
        .complete(Some(answer(3)), End::Answered);
    let exchange = &journal.exchanges()[0];
    assert_eq!(
        (exchange.items(), exchange.export, exchange.accepted()),
        (None, None, Accepted::No)
    );
    assert!(exchange.payload().is_err() && exchange.digest().is_none());
    assert_eq!(
        exchange.wire_body().unwrap().as_ref(),
        b"\xff\xff",
        "the bytes are kept"
    );
}

#[tokio::test(start_paused = true)]
async fn half_a_body_is_kept_and_is_no_export() {
    let journal = journal();
    let mut open = open(&journal, Signal::Metrics);
    let half = RequestBody {
        wire: Bytes::from_static(b"half"),
        error: Some(BodyError::Incomplete("connection reset".to_owned())),
        ..RequestBody::default()
    };
    assert!(open.body(half, None).error.is_some());
    drop(open);
    let exchange = &journal.exchanges()[0];
    assert_eq!(
        (exchange.export, exchange.body_at, exchange.request.complete),
        (None, None, false)
    );
    assert_eq!(exchange.request.wire_bytes, 4);
}

#[tokio::test(start_paused = true)]
async fn a_compressed_body_is_kept_as_it_came_and_known_by_what_it_says() {
    use std::io::Write as _;

    let journal = journal();
    let plain = logs(&[1, 2, 3]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&plain).unwrap();
    let wire = Bytes::from(gzip.finish().unwrap());

    answered(&journal, Signal::Logs, &plain, unavailable(), UNAVAILABLE);
    let mut second = open(&journal, Signal::Logs);
    let body = RequestBody {
        wire: wire.clone(),
        encoding: Encoding::Gzip,
        ..complete_body(&[])
    };
    second.body(body, Some(plain.clone().into()));
    drop(second.begin(Decision::default()));

    let exchange = &journal.exchanges()[1];
    assert_eq!(
        (exchange.export, exchange.attempt),
        (Some(1), 2),
        "compressed or not, it is the same payload"
    );
    assert_eq!(exchange.wire_body(), Ok(wire));
    assert_eq!(
        exchange
            .payload()
            .map(otelbox_mock_collector::Payload::items),
        Ok(3)
    );
}

#[test]
fn decompression_stops_at_the_limit() {
    use std::io::Write as _;

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&vec![0; 1 << 20]).unwrap();
    let bomb = Bytes::from(gzip.finish().unwrap());
    assert_eq!(
        Encoding::Gzip.decompress(&bomb, 1000),
        Err(BodyError::TooLarge { limit_bytes: 1000 })
    );
    assert_eq!(
        Encoding::Gzip
            .decompress(&bomb, 1 << 20)
            .map(|plain| plain.len()),
        Ok(1 << 20)
    );
    assert!(matches!(
        Encoding::Gzip.decompress(&bomb.slice(..20), u64::MAX),
        Err(BodyError::Decompression(_))
    ));
    let plain = Bytes::from_static(b"plain");
    assert_eq!(Encoding::Identity.decompress(&plain, 5), Ok(plain.clone()));
    assert_eq!(
        Encoding::Identity.decompress(&plain, 4),
        Err(BodyError::TooLarge { limit_bytes: 4 })
    );
}

#[tokio::test(start_paused = true)]
async fn over_its_budget_the_journal_lets_go_of_payloads_first_and_says_so() {
    let journal = journal_within(40_000);
    let body = vec![0; 5_000];
    for _ in 0..10 {
        drop(begin(&journal, Signal::Logs, &body, hang()));
    }
    let evicted = journal.evicted();
    assert_eq!(evicted.payload_bytes, evicted.payloads * 5_000);
    let exchanges = journal.exchanges();
    assert_eq!((exchanges.len(), evicted.entries), (10, 0));
    let kept = exchanges
        .iter()
        .filter(|exchange| exchange.wire_body().is_ok())
        .count();
    assert!(
        (1..8).contains(&kept),
        "{kept} payloads of 5000 bytes in 40000"
    );
    assert_eq!(kept as u64 + evicted.payloads, 10);
    assert_eq!(exchanges[0].wire_body(), Err(PayloadError::Evicted));
    assert_eq!(exchanges[0].payload(), Err(PayloadError::Evicted));
    assert!(exchanges[9].wire_body().is_ok());
    assert!(
        journal
            .timeline()
            .to_string()
            .contains("evicted by the journal's budget")
    );
}

#[tokio::test(start_paused = true)]
async fn far_over_its_budget_the_journal_lets_go_of_entries_and_its_totals_stay_exact() {
    let journal = journal_within(2_000);
    for item in 0..100 {
        accepted(&journal, Signal::Logs, &logs(&[item]));
    }
    let evicted = journal.evicted();
    assert!(evicted.entries > 90, "{evicted}");
    assert_eq!(journal.exchanges().len() as u64 + evicted.entries, 100);
    let wait = journal.wait_for().logs(100).attempts(100).exports(100);
    assert!(wait.within(Duration::MAX).await.is_ok());
    let error = journal
        .wait_for()
        .logs(101)
        .within(Duration::from_secs(1))
        .await;
    let error = error.expect_err("there are only 100").to_string();
    assert!(
        error.contains("100 of 101") && error.contains("evicted"),
        "{error}"
    );
    assert!(journal.ledger().doubt().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_body_larger_than_the_whole_budget_is_kept_while_it_is_the_newest() {
    let journal = journal_within(100);
    accepted(&journal, Signal::Logs, &logs(&[1]));
    assert!(journal.exchanges()[0].payload().is_ok());
    assert!(journal.evicted().is_nothing());
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_when_what_it_waits_for_has_arrived() {
    let journal = journal();
    let waiting = tokio::spawn(
        journal
            .wait_for()
            .logs(3)
            .attempts(2)
            .within(Duration::from_secs(5)),
    );
    for items in [&[1][..], &[2, 3]] {
        tokio::time::sleep(Duration::from_secs(1)).await;
        accepted(&journal, Signal::Logs, &logs(items));
    }
    let arrived = waiting.await.unwrap().expect("in time");
    assert_eq!(arrived.exchanges().len(), 2);
    assert_eq!(journal.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_wait_in_vain_prints_what_did_arrive() {
    let journal = journal();
    let connection = journal.next_connection();
    journal.connection(connection, Port::Grpc, ConnectionEvent::Opened);
    tokio::time::advance(Duration::from_millis(1500)).await;
    answered(
        &journal,
        Signal::Metrics,
        &counter(1, 5, 0, 1),
        unavailable(),
        UNAVAILABLE,
    );
    answered(
        &journal,
        Signal::Metrics,
        &counter(1, 5, 0, 1),
        partial_success(3, "no"),
        0,
    );
    drop(open(&journal, Signal::Logs));
    journal.connection(
        connection,
        Port::Grpc,
        ConnectionEvent::Reset { by: Peer::Client },
    );
    let error = journal
        .wait_for()
        .metrics(2)
        .exports(2)
        .within(Duration::from_secs(5))
        .await
        .expect_err("in vain");
    assert_eq!(error.kind(), WaitErrorKind::TimedOut);
    insta::assert_snapshot!(error);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_when_the_collector_is_stopped() {
    let journal = journal();
    let waiting = tokio::spawn(
        journal
            .wait_for()
            .attempts(1)
            .within(Duration::from_secs(5)),
    );
    tokio::task::yield_now().await;
    journal.stop();
    assert_eq!(
        waiting.await.unwrap().expect_err("nothing came").kind(),
        WaitErrorKind::Stopped
    );
}

#[tokio::test(start_paused = true)]
async fn entries_keep_their_order() {
    let journal = journal();
    journal.connection(1, Port::Http, ConnectionEvent::Opened);
    accepted(&journal, Signal::Logs, &logs(&[1]));
    journal.connection(1, Port::Http, ConnectionEvent::Closed { by: Peer::Client });
    let kinds: Vec<_> = journal
        .entries()
        .iter()
        .map(|entry| matches!(entry, Entry::Exchange(_)))
        .collect();
    assert_eq!(kinds, [false, true, false]);
}

#[tokio::test(start_paused = true)]
async fn whoever_follows_the_journal_sees_each_entry_once_and_learns_what_is_gone() {
    let journal = journal_within(12_000);
    accepted(&journal, Signal::Logs, &logs(&[1]));
    let (first, entries) = journal.entries_from(0);
    assert_eq!((first, entries.len()), (0, 1));
    let (first, entries) = journal.entries_from(1);
    assert_eq!((first, entries.len()), (1, 0), "nothing new");
    journal.connection(1, Port::Grpc, ConnectionEvent::Opened);
    let (first, entries) = journal.entries_from(1);
    assert_eq!(first, 1);
    assert!(matches!(entries[..], [Entry::Connection(_)]));
    for item in 0..20 {
        accepted(&journal, Signal::Logs, &logs(&[item]));
    }
    let (first, entries) = journal.entries_from(2);
    assert_eq!(first, journal.evicted().entries);
    assert!(first > 2, "the journal is full: {first}");
    assert_eq!(first + u64::try_from(entries.len()).unwrap(), 22);
    let (first, entries) = journal.entries_from(1_000);
    assert_eq!((first, entries.len()), (1_000, 0), "from a future");
}
