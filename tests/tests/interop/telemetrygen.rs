//! `telemetrygen`, the load generator of the Collector's own project, written in Go.

use libtest_mimic::Trial;
use otelbox_mock_collector::{Protocol, Signal};
use otelbox_tests::{Need, ServedCollector, Tool};

use crate::block_on;

/// How many of a signal are asked for; a trace has two spans.
const COUNT: u64 = 12;

pub(crate) fn trials() -> Vec<Trial> {
    let go = Need::Go;
    vec![
        go.trial("metrics_over_grpc", |tool| {
            generates(tool, Signal::Metrics, Protocol::Grpc);
        }),
        go.trial("metrics_over_http", |tool| {
            generates(tool, Signal::Metrics, Protocol::HttpProtobuf);
        }),
        go.trial("traces_over_grpc", |tool| {
            generates(tool, Signal::Traces, Protocol::Grpc);
        }),
        go.trial("traces_over_http", |tool| {
            generates(tool, Signal::Traces, Protocol::HttpProtobuf);
        }),
        go.trial("logs_over_grpc", |tool| {
            generates(tool, Signal::Logs, Protocol::Grpc);
        }),
        go.trial("logs_over_http", |tool| {
            generates(tool, Signal::Logs, Protocol::HttpProtobuf);
        }),
    ]
}

fn generates(telemetrygen: &Tool, signal: Signal, protocol: Protocol) {
    block_on(async {
        let collector = ServedCollector::start().await;
        let over_http = protocol != Protocol::Grpc;
        let address = if over_http {
            collector.http_address()
        } else {
            collector.grpc_address()
        };
        let mut arguments = vec![signal.name().to_owned(), "--otlp-insecure".into()];
        arguments.extend(["--otlp-endpoint".into(), address.to_string()]);
        arguments.extend([format!("--{}", signal.name()), COUNT.to_string()]);
        arguments.extend(["--rate".into(), "0".into()]);
        if over_http {
            arguments.push("--otlp-http".into());
        }
        telemetrygen.run(arguments).await.assert_success();

        let left = collector.stop().await;
        let exchanges = left.journal.exchanges_of(signal);
        assert!(
            exchanges.iter().all(|exchange| exchange.acknowledged),
            "{exchanges:?}"
        );
        assert!(
            exchanges
                .iter()
                .all(|exchange| exchange.protocol == Some(protocol)),
            "{exchanges:?}"
        );
        let items: u64 = exchanges.iter().filter_map(|exchange| exchange.items).sum();
        let per_count = if signal == Signal::Traces { 2 } else { 1 };
        assert_eq!(items, COUNT * per_count, "{exchanges:?}");
        assert_eq!(left.ledger.count(signal, "accepted"), items);
    });
}
