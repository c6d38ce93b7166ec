//! Random configurations.

use otelbox_mock_collector::Signal;
use otelbox_mock_collector::signal::Api;
use proptest::prelude::*;
use proptest::sample::select;

use super::Kind;
use crate::scenario::{
    CarryOver, Compression, Configuration, DropPolicy, DropPolicyName, Processor,
    TemporalityPreference, TemporalityPreset, TextDuration,
};

/// What was drawn for every signal, of which each takes its part.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    common: Configuration,
    metrics: Configuration,
    items: Configuration,
}

impl Drawn {
    /// What concerns this kind.
    pub(super) fn of(&self, kind: Kind) -> Configuration {
        let drawn = self.common.overlaid_with(match kind.signal {
            Signal::Metrics | Signal::Profiles => &self.metrics,
            Signal::Traces | Signal::Logs => &self.items,
        });
        match kind.protocol.api() {
            Api::Otlp | Api::Zipkin => drawn,
            // There is no choice of either.
            Api::RemoteWrite => Configuration {
                temporality: None,
                compression: None,
                ..drawn
            },
        }
    }
}

pub(super) fn drawn() -> impl Strategy<Value = Drawn> {
    (common(), metrics(), items()).prop_map(|(common, metrics, items)| Drawn {
        common,
        metrics,
        items,
    })
}

/// `least` to `most` tenths of a second.
pub(super) fn tenths(least: u64, most: u64) -> impl Strategy<Value = TextDuration> {
    (least..=most).prop_map(|tenths| TextDuration::from_millis(tenths * 100))
}

/// What is set in code, in so many of a hundred cases.
fn at_times<S: Strategy>(percent: u32, value: S) -> impl Strategy<Value = Option<S::Value>> {
    prop::option::weighted(f64::from(percent) / 100.0, value)
}

fn common() -> impl Strategy<Value = Configuration> {
    (
        at_times(50, tenths(5, 200)),
        at_times(30, tenths(2, 80)),
        at_times(60, select(vec![Compression::None, Compression::Gzip])),
        at_times(6, 150_u64..3_000),
        at_times(8, 64_u64..8_192),
    )
        .prop_map(
            |(exporter_timeout, attempt_timeout, compression, request, response)| Configuration {
                exporter_timeout,
                attempt_timeout,
                compression,
                max_request_bytes: request,
                max_response_bytes: response,
                ..Configuration::default()
            },
        )
}

fn metrics() -> impl Strategy<Value = Configuration> {
    let presets = vec![
        TemporalityPreset::Delta,
        TemporalityPreset::Cumulative,
        TemporalityPreset::LowMemory,
    ];
    (
        at_times(90, tenths(10, 250)),
        at_times(50, 5_u64..=95),
        at_times(8, 100_u64..=200),
        at_times(75, select(presets)),
        at_times(55, drop_policy()),
    )
        .prop_map(|(interval, part, slow, preset, drop_policy)| {
            // Part of the interval in percent; beyond it only where slow cycles are allowed.
            let percent = interval.and(slow.or(part));
            let timeout = interval.zip(percent).map(|(interval, percent)| {
                let millis = u64::try_from(interval.get().as_millis()).unwrap_or(u64::MAX);
                TextDuration::from_millis((millis * percent / 100).max(1))
            });
            Configuration {
                interval,
                timeout,
                allow_slow_cycles: (interval.is_some() && slow.is_some()).then_some(true),
                temporality: preset.map(TemporalityPreference::Preset),
                drop_policy,
                ..Configuration::default()
            }
        })
}

fn drop_policy() -> impl Strategy<Value = DropPolicy> {
    let limits = (at_times(40, 100_u64..2_000), at_times(40, any::<bool>()));
    prop_oneof![
        1 => Just(DropPolicy::Named(DropPolicyName::Drop)),
        3 => Just(DropPolicy::Named(DropPolicyName::CarryOver)),
        3 => limits.prop_map(|(max_bytes, carry_ambiguous)| DropPolicy::CarryOver {
            carry_over: CarryOver {
                max_bytes,
                carry_ambiguous,
            },
        }),
    ]
}

fn items() -> impl Strategy<Value = Configuration> {
    (
        at_times(40, select(vec![Processor::Batch, Processor::Simple])),
        at_times(60, 1_u64..=40),
        at_times(60, 1_u64..=20),
        at_times(70, tenths(1, 100)),
        at_times(50, tenths(5, 300)),
    )
        .prop_map(|(processor, queue, batch, delay, export_timeout)| {
            let is_simple = processor == Some(Processor::Simple);
            let plain = Configuration {
                processor,
                max_queue_size: queue,
                export_timeout,
                ..Configuration::default()
            };
            if is_simple {
                return plain;
            }
            Configuration {
                max_export_batch_size: batch
                    .map(|batch| queue.map_or(batch, |queue| batch.min(queue))),
                schedule_delay: delay,
                ..plain
            }
        })
}
