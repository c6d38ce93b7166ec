//! The numbers that the Collector has exported.

use std::collections::BTreeMap;
use std::ops::Range;

use otelbox_mock_collector::Signal;
use otelbox_tests::{Exported, RealCollector};
use serde_json::Value;

use super::emit::ITEM;

/// The signals that SDKs have.
pub(super) const SIGNALS: [Signal; 3] = [Signal::Traces, Signal::Logs, Signal::Metrics];

/// How often each number was exported.
pub(super) type Ledger = BTreeMap<i64, u64>;

/// Each of these numbers, so many times.
pub(super) fn each(numbers: Range<i64>, times: u64) -> Ledger {
    numbers.map(|number| (number, times)).collect()
}

/// How often each number of a signal was exported.
///
/// # Panics
///
/// Where an item has no number.
pub(super) fn ledger(exported: &Exported, signal: Signal) -> Ledger {
    let mut ledger = Ledger::new();
    for item in exported.items(signal) {
        *ledger.entry(number(item)).or_default() += 1;
    }
    ledger
}

/// Waits until the Collector has exported what was emitted of every signal: each number as often as that.
///
/// # Panics
///
/// Where it does not, or has exported something else.
pub(super) async fn expect(collector: &RealCollector, emitted: &Ledger) {
    let wanted: u64 = emitted.values().sum();
    let exported = collector
        .exported_when(|exported| {
            SIGNALS
                .iter()
                .all(|signal| exported.items(*signal).len() as u64 >= wanted)
        })
        .await;
    for signal in SIGNALS {
        assert_eq!(&ledger(&exported, signal), emitted, "{signal}: {exported}");
    }
}

/// The number of an item.
pub(super) fn number(item: &Value) -> i64 {
    let attributes = item["attributes"].as_array();
    let number = attributes
        .into_iter()
        .flatten()
        .find(|attribute| attribute["key"] == ITEM)
        .and_then(|attribute| attribute["value"]["intValue"].as_str()?.parse().ok());
    number.unwrap_or_else(|| panic!("an item without a number: {item}"))
}
