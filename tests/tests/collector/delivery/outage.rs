//! The Collector goes away, and comes back on the same ports with the same file.

use std::time::Duration;

use libtest_mimic::Trial;
use otelbox_mock_collector::Protocol;
use otelbox_tests::{Need, RealCollector, Tool};
use tokio::time::sleep;

use super::read_back::{each, expect};
use super::reference::{LONG, emit_all, environment, sdk, started};
use crate::block_on;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for protocol in Protocol::OTLP {
        let name = format!("reference SDK/{protocol}, a restart of the Collector");
        trials.push(Need::Collector.trial(&name, move |tool| {
            block_on(a_restart(tool, protocol));
        }));
        let name = format!("reference SDK/{protocol}, an outage of the Collector");
        trials.push(Need::Collector.trial(&name, move |tool| {
            block_on(an_outage(tool, protocol));
        }));
    }
    trials
}

/// What is emitted before and after a restart is there once.
async fn a_restart(tool: &Tool, protocol: Protocol) {
    let mut collector = started(RealCollector::builder(tool)).await;
    let delta = environment(&collector, protocol, false)
        .with("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta");
    let sdk = sdk(&delta);
    emit_all(&sdk, 0..6);
    sdk.force_flush(LONG).await.expect("all is delivered");
    collector
        .server()
        .start_again()
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    emit_all(&sdk, 6..12);
    sdk.shutdown(LONG).await.expect("all is delivered");
    expect(&collector, &each(0..12, 1)).await;
}

/// What is exported in an outage that is shorter than the time of the exporter is there once, when it is over.
async fn an_outage(tool: &Tool, protocol: Protocol) {
    let mut collector = started(RealCollector::builder(tool)).await;
    let patient =
        environment(&collector, protocol, false).with("OTEL_EXPORTER_OTLP_TIMEOUT", "100000");
    let patient = patient
        .with("OTEL_BSP_EXPORT_TIMEOUT", "110000")
        .with("OTEL_BLRP_EXPORT_TIMEOUT", "110000")
        .with("OTEL_METRIC_EXPORT_TIMEOUT", "110000");
    let sdk = sdk(&patient);
    collector.server().kill().await;
    emit_all(&sdk, 0..12);
    let outage = async {
        while sdk.statistics(otelbox_sdk::Signal::Metrics).attempts == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        collector
            .server()
            .start_again()
            .await
            .unwrap_or_else(|error| panic!("{error}"));
    };
    let (flushed, ()) = tokio::join!(sdk.force_flush(LONG), outage);
    flushed.expect("all is delivered");
    expect(&collector, &each(0..12, 1)).await;
    sdk.shutdown(LONG).await.expect("nothing is left");
}
