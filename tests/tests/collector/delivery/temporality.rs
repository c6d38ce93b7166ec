//! Counters under each temporality, also through the Collector's own conversion.

use std::collections::BTreeMap;

use libtest_mimic::Trial;
use otelbox_mock_collector::{Protocol, Signal};
use otelbox_tests::{Exported, Need, RealCollector, Tool};
use serde_json::{Value, json};

use super::emit;
use super::read_back::number;
use super::reference::{LONG, environment, sdk, started};
use crate::block_on;

/// What is asked of the SDK, whether the Collector converts it, and what the Collector exports then.
#[derive(Clone, Copy, Debug)]
struct Story {
    name: &'static str,
    preference: &'static str,
    converts: bool,
    exported: Temporality,
}

/// As numbers of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Temporality {
    Delta = 1,
    Cumulative = 2,
}

const STORIES: [Story; 3] = [
    Story {
        name: "cumulative",
        preference: "cumulative",
        converts: false,
        exported: Temporality::Cumulative,
    },
    Story {
        name: "delta",
        preference: "delta",
        converts: false,
        exported: Temporality::Delta,
    },
    Story {
        name: "delta through deltatocumulative",
        preference: "delta",
        converts: true,
        exported: Temporality::Cumulative,
    },
];

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for story in STORIES {
        for protocol in Protocol::OTLP {
            let name = format!("reference SDK/{protocol}, {}", story.name);
            trials.push(Need::Collector.trial(&name, move |tool| {
                block_on(counts_are_kept(tool, story, protocol));
            }));
        }
    }
    trials
}

/// Three rounds: number n is counted n + 1 times in each.
async fn counts_are_kept(tool: &Tool, story: Story, protocol: Protocol) {
    const NUMBERS: i64 = 4;
    let mut builder = RealCollector::builder(tool);
    if story.converts {
        builder = builder.metrics_processor("deltatocumulative", json!({}));
    }
    let collector = started(builder).await;
    let environment = environment(&collector, protocol, false).with(
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        story.preference,
    );
    let sdk = sdk(&environment);
    for _ in 0..3 {
        for number in 0..NUMBERS {
            for _ in 0..=number {
                emit::measurements(sdk.meter_provider(), number..number + 1);
            }
        }
        sdk.force_flush(LONG).await.expect("all is delivered");
    }
    let points = usize::try_from(3 * NUMBERS).expect("a few");
    let exported = collector
        .exported_when(|exported| exported.items(Signal::Metrics).len() >= points)
        .await;
    assert_eq!(
        temporalities(&exported),
        [story.exported as u64; 3],
        "{exported}"
    );
    let mut values: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for point in exported.items(Signal::Metrics) {
        values.entry(number(point)).or_default().push(value(point));
    }
    let ledger: BTreeMap<i64, Vec<i64>> = (0..NUMBERS)
        .map(|number| {
            let each = number + 1;
            let seen = match story.exported {
                Temporality::Delta => vec![each; 3],
                Temporality::Cumulative => vec![each, 2 * each, 3 * each],
            };
            (number, seen)
        })
        .collect();
    assert_eq!(values, ledger);
    sdk.shutdown(LONG).await.expect("it ends");
}

/// The temporality of each payload.
fn temporalities(exported: &Exported) -> Vec<u64> {
    let temporality = "/resourceMetrics/0/scopeMetrics/0/metrics/0/sum/aggregationTemporality";
    exported
        .of(Signal::Metrics)
        .filter_map(|payload| payload.pointer(temporality)?.as_u64())
        .collect()
}

fn value(point: &Value) -> i64 {
    let value = point["asInt"].as_str().and_then(|value| value.parse().ok());
    value.unwrap_or_else(|| panic!("a point without a value: {point}"))
}
