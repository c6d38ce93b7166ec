//! The OpenTelemetry SDK for Python with its own OTLP exporters (`tests/interop/python/emit.py`).

use libtest_mimic::Trial;
use otelbox_mock_collector::{Protocol, Signal};
use otelbox_tests::{Need, ServedCollector, Tool};
use serde_json::Value;

use crate::block_on;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/python/emit.py");
const SIGNALS: [(&str, Signal); 3] = [
    ("metrics", Signal::Metrics),
    ("traces", Signal::Traces),
    ("logs", Signal::Logs),
];

pub(crate) fn trials() -> Vec<Trial> {
    let python = Need::Python;
    vec![
        python.trial("all_signals_over_grpc", |python| {
            delivers(python, Protocol::Grpc, "none");
        }),
        python.trial("all_signals_over_grpc_with_gzip", |python| {
            delivers(python, Protocol::Grpc, "gzip");
        }),
        python.trial("all_signals_over_http", |python| {
            delivers(python, Protocol::HttpProtobuf, "none");
        }),
        python.trial("all_signals_over_http_with_gzip", |python| {
            delivers(python, Protocol::HttpProtobuf, "gzip");
        }),
        python.trial("retries_over_grpc_are_recognised", |python| {
            retries(python, Protocol::Grpc);
        }),
        python.trial("retries_over_http_are_recognised", |python| {
            retries(python, Protocol::HttpProtobuf);
        }),
    ]
}

/// Runs the script to its end, and returns what it says it sent.
async fn emit(
    python: &Tool,
    collector: &ServedCollector,
    protocol: Protocol,
    compression: &str,
) -> Value {
    let endpoint = match protocol {
        Protocol::Grpc => collector.grpc_endpoint(),
        _ => collector.http_endpoint(),
    };
    let finished = python
        .run([
            SCRIPT,
            protocol.name(),
            &endpoint,
            "--compression",
            compression,
        ])
        .await;
    finished.assert_success();
    serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", finished.stdout))
}

/// Every signal arrives once, at the first attempt, complete.
fn delivers(python: &Tool, protocol: Protocol, compression: &str) {
    block_on(async {
        let collector = ServedCollector::start().await;
        let sent = emit(python, &collector, protocol, compression).await;
        let left = collector.stop().await;
        for (name, signal) in SIGNALS {
            assert_eq!(sent[name]["flushed"], true, "{sent}");
            let exchanges = left.journal.exchanges_of(signal);
            let [exchange] = exchanges.as_slice() else {
                panic!("{name}: one export, not {exchanges:?}");
            };
            assert_eq!(exchange.protocol, Some(protocol));
            assert_eq!(exchange.items, sent[name]["items"].as_u64());
            let encoding = exchange
                .header("content-encoding")
                .or(exchange.header("grpc-encoding"));
            assert_eq!(encoding.unwrap_or("none"), compression);
            assert!(exchange.acknowledged, "{exchange:?}");
            assert_eq!(exchange.header("x-tenant"), Some("python"));
            assert_eq!(Some(left.ledger.count(signal, "accepted")), exchange.items);
            assert_eq!(left.ledger.count(signal, "repeated"), 0);
        }
    });
}

/// The first attempt of each export is refused; the second one carries the same bytes, and counts.
fn retries(python: &Tool, protocol: Protocol) {
    block_on(async {
        let faults = "[{ when: { attempt: 1 }, then: { grpc: UNAVAILABLE, http: 503 } }]";
        let collector = ServedCollector::with_faults(Some(faults)).await;
        let sent = emit(python, &collector, protocol, "none").await;
        let left = collector.stop().await;
        for (name, signal) in SIGNALS {
            assert_eq!(sent[name]["flushed"], true, "{sent}");
            let attempts: Vec<_> = left
                .journal
                .exchanges_of(signal)
                .iter()
                .map(|exchange| (exchange.export, exchange.attempt, exchange.acknowledged))
                .collect();
            assert_eq!(
                attempts,
                [(Some(1), 1, false), (Some(1), 2, true)],
                "{name}"
            );
            assert_eq!(left.ledger.count(signal, "attempts"), 2);
            assert_eq!(
                Some(left.ledger.count(signal, "accepted")),
                sent[name]["items"].as_u64()
            );
            assert_eq!(left.ledger.count(signal, "repeated"), 0);
        }
    });
}
