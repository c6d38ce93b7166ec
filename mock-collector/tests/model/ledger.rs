//! What was offered, what was taken.

use otelbox_mock_collector::Signal;
use otelbox_mock_collector::fault::{grpc, lose_acknowledgement, partial_success};
use otelbox_mock_collector::journal::End;
use otelbox_mock_collector::ledger::{RunningLedger, SignalEntry, StreamKind, Total};
use tonic::Code;

use crate::evidence::{accepted, answered, begin, counter, journal, journal_within, logs};

const DELTA: i32 = 1;
const CUMULATIVE: i32 = 2;
const UNAVAILABLE: u32 = 14;

#[tokio::test(start_paused = true)]
async fn delta_windows_are_summed_and_refused_ones_are_missing() {
    let journal = journal();
    accepted(&journal, Signal::Metrics, &counter(DELTA, 5, 0, 15));
    let lost = counter(DELTA, 7, 15, 30);
    answered(
        &journal,
        Signal::Metrics,
        &lost,
        grpc(Code::Unavailable).into(),
        UNAVAILABLE,
    );
    answered(
        &journal,
        Signal::Metrics,
        &lost,
        grpc(Code::Unavailable).into(),
        UNAVAILABLE,
    );
    accepted(&journal, Signal::Metrics, &counter(DELTA, 11, 30, 45));
    let ledger = journal.ledger();
    assert_eq!(ledger.total("otelbox.items"), Some(Total::Int(16)));
    let expected = SignalEntry {
        exports: 3,
        attempts: 4,
        offered: 3,
        accepted: 2,
        ..SignalEntry::default()
    };
    assert_eq!(ledger.signal(Signal::Metrics), expected);
    assert_eq!(ledger.signal(Signal::Metrics).refused(), 1);
    assert_eq!(ledger.doubt(), None);
}

#[tokio::test(start_paused = true)]
async fn the_last_cumulative_total_counts() {
    let journal = journal();
    accepted(&journal, Signal::Metrics, &counter(CUMULATIVE, 5, 0, 15));
    accepted(&journal, Signal::Metrics, &counter(CUMULATIVE, 12, 0, 30));
    let ledger = journal.ledger();
    assert_eq!(ledger.total("otelbox.items"), Some(Total::Int(12)));
    let (key, stream) = ledger.streams().first_key_value().expect("a stream");
    assert_eq!((stream.kind, stream.points), (StreamKind::CumulativeSum, 2));
    assert_eq!(
        key.resource.get("service.name").map(String::as_str),
        Some("checkout")
    );
    assert_eq!(key.attributes.get("z").map(String::as_str), Some("1"));
    assert_eq!(ledger.total("no.such.metric"), None);
}

#[tokio::test(start_paused = true)]
async fn a_payload_taken_twice_counts_once_and_as_repeated() {
    let journal = journal();
    let body = counter(DELTA, 5, 0, 15);
    begin(&journal, Signal::Metrics, &body, lose_acknowledgement())
        .complete(None, End::ClosedByCollector);
    accepted(&journal, Signal::Metrics, &body);
    accepted(&journal, Signal::Metrics, &body);
    let ledger = journal.ledger();
    let expected = SignalEntry {
        exports: 2,
        attempts: 3,
        offered: 1,
        accepted: 1,
        repeated: 2,
        ..SignalEntry::default()
    };
    assert_eq!(ledger.signal(Signal::Metrics), expected);
    assert_eq!(ledger.total("otelbox.items"), Some(Total::Int(5)));
    let repeated: Vec<_> = ledger
        .streams()
        .values()
        .map(|stream| stream.repeated)
        .collect();
    assert_eq!(repeated, [Total::Int(10)]);
}

#[tokio::test(start_paused = true)]
async fn items_are_told_apart_by_their_attribute() {
    let journal = journal();
    accepted(&journal, Signal::Logs, &logs(&[1, 2]));
    accepted(&journal, Signal::Logs, &logs(&[2, 3]));
    let entry = journal.ledger().signal(Signal::Logs);
    let by_item: Vec<_> = entry
        .by_item
        .iter()
        .map(|(item, times)| (item.as_str(), *times))
        .collect();
    assert_eq!(by_item, [("1", 1), ("2", 2), ("3", 1)]);
    assert_eq!(
        (entry.accepted, entry.repeated),
        (4, 0),
        "different payloads"
    );
}

#[tokio::test(start_paused = true)]
async fn a_partial_success_rejects_some_whatever_it_says() {
    for (rejected, expected) in [(1, (2, 1)), (0, (3, 0)), (-5, (3, 0)), (99, (0, 3))] {
        let journal = journal();
        answered(
            &journal,
            Signal::Logs,
            &logs(&[1, 2, 3]),
            partial_success(rejected, ""),
            0,
        );
        let entry = journal.ledger().signal(Signal::Logs);
        assert_eq!((entry.accepted, entry.rejected), expected, "{rejected}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_over_evicted_payloads_is_in_doubt() {
    let journal = journal_within(12_000);
    for value in 0..4 {
        accepted(&journal, Signal::Metrics, &counter(DELTA, value, 0, 15));
    }
    for _ in 0..4 {
        drop(begin(
            &journal,
            Signal::Metrics,
            &[0; 900],
            grpc(Code::Unavailable).into(),
        ));
    }
    assert!(!journal.evicted().is_nothing());
    let doubt = journal.ledger().doubt().expect("a doubt");
    assert!(doubt.contains("evicted"), "{doubt}");
}

#[tokio::test(start_paused = true)]
async fn a_running_ledger_has_the_numbers_of_the_ledger() {
    let journal = journal();
    let (one, two) = (logs(&[1, 2, 3]), counter(DELTA, 7, 15, 30));
    let unavailable = || grpc(Code::Unavailable).into();
    answered(&journal, Signal::Logs, &one, unavailable(), UNAVAILABLE);
    answered(&journal, Signal::Logs, &one, partial_success(1, ""), 0);
    accepted(&journal, Signal::Logs, &one);
    begin(&journal, Signal::Metrics, &two, lose_acknowledgement())
        .complete(None, End::ClosedByCollector);
    accepted(&journal, Signal::Metrics, &two);
    accepted(&journal, Signal::Metrics, &counter(DELTA, 8, 30, 45));
    // No export: its body is no message.
    accepted(&journal, Signal::Traces, &[0xff]);

    let mut running = RunningLedger::default();
    for exchange in journal.exchanges() {
        running.begun(&exchange);
    }
    for exchange in journal.exchanges() {
        running.ended(&exchange);
    }
    let mut expected = journal.ledger().signals().clone();
    for entry in expected.values_mut() {
        entry.by_item.clear();
    }
    assert_eq!(*running.signals(), expected);
    assert_eq!(running.signals()[&Signal::Logs].repeated, 3);
    assert_eq!(running.forgotten(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_running_ledger_says_how_many_payloads_it_has_forgotten() {
    let journal = journal();
    for item in [1, 2, 3, 1] {
        accepted(&journal, Signal::Logs, &logs(&[item]));
    }
    let mut running = RunningLedger::remembering(2);
    for exchange in journal.exchanges() {
        running.begun(&exchange);
        running.ended(&exchange);
    }
    let entry = &running.signals()[&Signal::Logs];
    assert_eq!((entry.attempts, entry.accepted, entry.repeated), (4, 4, 0));
    assert_eq!(running.forgotten(), 2);
}
