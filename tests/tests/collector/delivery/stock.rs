//! The stock stack for Rust, each signal over every protocol, in a process of its own.

use libtest_mimic::Trial;
use otelbox_mock_collector::{Protocol, Signal};
use otelbox_sdk::Environment;
use otelbox_tests::{Driver, Exported, Need, RealCollector, Tool};
use serde_json::{Value, json};

use super::read_back::{SIGNALS, each, ledger};
use super::reference::{environment, started};
use crate::block_on;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for protocol in Protocol::ALL {
        for compression in ["none", "gzip"] {
            let name = format!("stock SDK/{protocol}, compression {compression}");
            trials.push(Need::Collector.trial(&name, move |tool| {
                block_on(delivers(tool, protocol, compression));
            }));
        }
        for (preference, expected) in [("cumulative", [3, 6]), ("delta", [3, 3])] {
            let name = format!("stock SDK/{protocol}, {preference}");
            trials.push(Need::Collector.trial(&name, move |tool| {
                block_on(counts_are_kept(tool, protocol, preference, expected));
            }));
        }
        let name = format!("stock SDK/{protocol}, a restart of the Collector");
        trials.push(Need::Collector.trial(&name, move |tool| {
            block_on(a_restart(tool, protocol));
        }));
    }
    trials
}

async fn delivers(tool: &Tool, protocol: Protocol, compression: &str) {
    let collector = started(RealCollector::builder(tool)).await;
    let environment = environment(&collector, protocol, false)
        .with("OTEL_EXPORTER_OTLP_COMPRESSION", compression);
    for signal in SIGNALS {
        let mut driver = begun(&environment, signal).await;
        emit(&mut driver, signal, 0, 12).await;
        shut_down(driver).await;
    }
    for signal in SIGNALS {
        let exported = collector
            .exported_when(|exported| count(exported, signal) >= 12)
            .await;
        assert_eq!(ledger(&exported, signal), each(0..12, 1), "{signal}");
    }
}

/// A counter that grows by three between two exports.
async fn counts_are_kept(tool: &Tool, protocol: Protocol, preference: &str, expected: [u64; 2]) {
    let collector = started(RealCollector::builder(tool)).await;
    let environment = environment(&collector, protocol, false).with(
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        preference,
    );
    let mut driver = begun(&environment, Signal::Metrics).await;
    for _ in expected {
        well(
            &mut driver,
            &json!({ "op": "record", "instrument": "items", "value": 1, "times": 3 }),
        )
        .await;
        well(&mut driver, &json!({ "op": "force_flush" })).await;
    }
    let exported = collector
        .exported_when(|exported| count(exported, Signal::Metrics) >= 2)
        .await;
    let values: Vec<u64> = exported
        .items(Signal::Metrics)
        .into_iter()
        .filter_map(|point| point["asInt"].as_str()?.parse().ok())
        .collect();
    assert_eq!(values, expected, "{exported}");
    drop(driver);
}

/// What is emitted before and after a restart is there once. (Of what is exported in between the stock stack keeps nothing.)
async fn a_restart(tool: &Tool, protocol: Protocol) {
    let mut collector = started(RealCollector::builder(tool)).await;
    let environment = environment(&collector, protocol, false);
    let mut driver = begun(&environment, Signal::Logs).await;
    emit(&mut driver, Signal::Logs, 0, 6).await;
    well(&mut driver, &json!({ "op": "force_flush" })).await;
    collector
        .server()
        .start_again()
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    emit(&mut driver, Signal::Logs, 6, 6).await;
    shut_down(driver).await;
    let exported = collector
        .exported_when(|exported| count(exported, Signal::Logs) >= 12)
        .await;
    assert_eq!(ledger(&exported, Signal::Logs), each(0..12, 1));
}

fn count(exported: &Exported, signal: Signal) -> usize {
    exported.items(signal).len()
}

/// A driver with a provider of this signal.
async fn begun(environment: &Environment, signal: Signal) -> Driver {
    let variables: Vec<(&str, &str)> = environment
        .names()
        .filter_map(|name| Some((name, environment.get(name)?)))
        .collect();
    let mut driver = Driver::start(&["opentelemetry-rust"], &variables);
    let instruments = match signal {
        Signal::Metrics => json!([{ "name": "items", "kind": "counter" }]),
        _ => json!([]),
    };
    let start = json!({ "op": "start", "signal": signal.name(), "instruments": instruments });
    well(&mut driver, &start).await;
    driver
}

/// Emits items with numbers; of metrics, a data point for each.
async fn emit(driver: &mut Driver, signal: Signal, first: u64, items: u64) {
    if signal != Signal::Metrics {
        let emit = json!({ "op": "emit", "items": items, "first_item": first });
        return well(driver, &emit).await;
    }
    for number in first..first + items {
        let attributes = json!({ "otelbox.item": number });
        let record =
            json!({ "op": "record", "instrument": "items", "value": 1, "attributes": attributes });
        well(driver, &record).await;
    }
}

async fn shut_down(mut driver: Driver) {
    well(&mut driver, &json!({ "op": "shutdown" })).await;
    let (code, said) = driver.end().await;
    assert_eq!(code, Some(0), "{said}");
}

/// Asks for what has to succeed.
async fn well(driver: &mut Driver, request: &Value) {
    let answer = driver.ask(request).await;
    assert_eq!(answer["ok"], true, "{request}: {answer}");
}
