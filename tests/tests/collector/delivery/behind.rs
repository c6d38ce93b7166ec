//! What is behind the Collector fails, in part: one of the two exporters of its pipeline. It says so to whoever sends, who then
//! cannot know that the other has succeeded.

use libtest_mimic::Trial;
use otelbox_mock_collector::fault::{Fault, always, http, on_requests};
use otelbox_mock_collector::{Ledger, MockCollector, Protocol, Signal};
use otelbox_tests::{Need, RealCollector, Tool};

use super::read_back::{SIGNALS, each, expect};
use super::reference::{LONG, emit_all, environment, sdk, started};
use crate::block_on;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for protocol in Protocol::ALL {
        let name = format!("reference SDK/{protocol}, behind the Collector a failure for a while");
        trials.push(Need::Collector.trial(&name, move |tool| {
            block_on(for_a_while(tool, protocol));
        }));
        let name = format!("reference SDK/{protocol}, behind the Collector a failure for good");
        trials.push(Need::Collector.trial(&name, move |tool| {
            block_on(for_good(tool, protocol));
        }));
    }
    trials
}

/// What is refused for a while is sent again: what refused has it once, what did not has it twice.
async fn for_a_while(tool: &Tool, protocol: Protocol) {
    let unavailable = on_requests(1).then(http(503));
    let (collector, behind) = with_behind(tool, unavailable).await;
    let sdk = sdk(&environment(&collector, protocol, false));
    emit_all(&sdk, 0..6);
    let report = sdk.shutdown(LONG).await.expect("all is delivered");
    assert_eq!(report.lost, []);
    expect(&collector, &each(0..6, 2)).await;
    let ledger = Ledger::of(&behind.stop().await);
    for signal in SIGNALS {
        let there = ledger.signal(signal);
        assert_eq!((there.accepted, there.repeated), (6, 0), "{signal}");
    }
}

/// What is refused for good is told as lost, and is not sent again: it is there once all the same.
async fn for_good(tool: &Tool, protocol: Protocol) {
    let (collector, behind) = with_behind(tool, always().then(http(400))).await;
    let sdk = sdk(&environment(&collector, protocol, false));
    emit_all(&sdk, 0..6);
    let error = sdk.shutdown(LONG).await.expect_err("nothing is taken");
    let lost: u64 = error.lost().iter().map(|loss| loss.items).sum();
    assert_eq!(lost, 18, "{error}");
    expect(&collector, &each(0..6, 1)).await;
    let ledger = Ledger::of(&behind.stop().await);
    for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
        assert_eq!(ledger.signal(signal).accepted, 0, "{signal}");
    }
}

/// A Collector, and a receiver behind it with a fault.
async fn with_behind(tool: &Tool, fault: Fault) -> (RealCollector, MockCollector) {
    let behind = MockCollector::builder()
        .fault(fault)
        .start()
        .await
        .expect("a receiver");
    let builder = RealCollector::builder(tool).forward(behind.http_endpoint());
    (started(builder).await, behind)
}
