//! Every preset for every kind of instrument, over three collections.

use opentelemetry::metrics::Meter;
use opentelemetry_proto::tonic::metrics::v1::AggregationTemporality;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_sdk::metrics::InstrumentKind;
use otelbox_sdk::{MetricBatch, Temporality, TemporalityPreference};
use tokio::time::sleep;

use crate::scripted::{Scripted, in_seconds, meter, metric, provider, seconds};

/// All seven instruments; the callbacks report 10 times the number of the collection.
struct All {
    counter: opentelemetry::metrics::Counter<u64>,
    up_down: opentelemetry::metrics::UpDownCounter<i64>,
    histogram: opentelemetry::metrics::Histogram<f64>,
    gauge: opentelemetry::metrics::Gauge<i64>,
}

impl All {
    fn new(meter: &Meter) -> Self {
        let observed = |step: i64| {
            let calls = std::sync::atomic::AtomicI64::new(0);
            move || step * (calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1)
        };
        let total = observed(10);
        let _ = meter
            .u64_observable_counter("observable_counter")
            .with_callback(move |instrument| instrument.observe(total().unsigned_abs(), &[]))
            .build();
        let level = observed(-10);
        let _ = meter
            .i64_observable_up_down_counter("observable_up_down_counter")
            .with_callback(move |instrument| instrument.observe(level(), &[]))
            .build();
        let reading = observed(10);
        let _ = meter
            .i64_observable_gauge("observable_gauge")
            .with_callback(move |instrument| instrument.observe(reading(), &[]))
            .build();
        Self {
            counter: meter.u64_counter("counter").build(),
            up_down: meter.i64_up_down_counter("up_down_counter").build(),
            histogram: meter.f64_histogram("histogram").build(),
            gauge: meter.i64_gauge("gauge").build(),
        }
    }

    fn record(&self) {
        self.counter.add(2, &[]);
        self.up_down.add(-3, &[]);
        self.histogram.record(42.5, &[]);
        self.gauge.record(5, &[]);
    }
}

/// What one collection says of one stream: its temporality (none for gauges), start, end and value or count.
fn told(batch: &MetricBatch, name: &str) -> (Option<AggregationTemporality>, u64, u64, i64) {
    let number = |value: &Option<Value>| match value {
        Some(Value::AsInt(value)) => *value,
        other => panic!("{other:?}"),
    };
    let temporality = |number: i32| AggregationTemporality::try_from(number).ok();
    match metric(batch, name).and_then(|metric| metric.data.as_ref()) {
        Some(Data::Sum(sum)) => {
            let point = &sum.data_points[0];
            assert_eq!(sum.is_monotonic, !name.contains("up_down"), "{name}");
            (
                temporality(sum.aggregation_temporality),
                in_seconds(point.start_time_unix_nano),
                in_seconds(point.time_unix_nano),
                number(&point.value),
            )
        }
        Some(Data::Histogram(histogram)) => {
            let point = &histogram.data_points[0];
            let buckets: u64 = point.bucket_counts.iter().sum();
            assert_eq!(buckets, point.count);
            assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
            let full = point.bucket_counts.iter().position(|count| *count > 0);
            assert_eq!(full, Some(4), "42.5 is in (25, 50]");
            (
                temporality(histogram.aggregation_temporality),
                in_seconds(point.start_time_unix_nano),
                in_seconds(point.time_unix_nano),
                i64::try_from(point.count).expect("a small number"),
            )
        }
        Some(Data::Gauge(gauge)) => {
            let point = &gauge.data_points[0];
            (
                None,
                0,
                in_seconds(point.time_unix_nano),
                number(&point.value),
            )
        }
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn presets_decide_what_each_instrument_tells() {
    let kinds = [
        ("counter", InstrumentKind::Counter, 2),
        ("up_down_counter", InstrumentKind::UpDownCounter, -3),
        ("histogram", InstrumentKind::Histogram, 1),
        ("observable_counter", InstrumentKind::ObservableCounter, 10),
        (
            "observable_up_down_counter",
            InstrumentKind::ObservableUpDownCounter,
            -10,
        ),
    ];
    for preset in [
        TemporalityPreference::cumulative(),
        TemporalityPreference::delta(),
        TemporalityPreference::low_memory(),
        TemporalityPreference::delta()
            .with(InstrumentKind::ObservableCounter, Temporality::Cumulative),
    ] {
        let exporter = Scripted::with_temporality([], preset);
        let provider = provider(&exporter);
        let all = All::new(&meter(&provider));
        for second in [1, 15, 15] {
            sleep(seconds(second)).await;
            all.record();
        }
        sleep(seconds(15)).await;
        let batches: Vec<_> = exporter.seen().into_iter().map(|seen| seen.batch).collect();
        assert_eq!(batches.len(), 3);
        for (name, kind, step) in kinds {
            let actual: Vec<_> = batches.iter().map(|batch| told(batch, name)).collect();
            let expected = if preset.of(kind) == Temporality::Delta {
                let delta = Some(AggregationTemporality::Delta);
                [
                    (delta, 0, 15, step),
                    (delta, 15, 30, step),
                    (delta, 30, 45, step),
                ]
            } else {
                let cumulative = Some(AggregationTemporality::Cumulative);
                [
                    (cumulative, 0, 15, step),
                    (cumulative, 0, 30, 2 * step),
                    (cumulative, 0, 45, 3 * step),
                ]
            };
            assert_eq!(actual, expected, "{name} under {preset}");
        }
        for batch in &batches {
            assert_eq!(told(batch, "gauge").3, 5);
        }
        let gauge: Vec<_> = batches
            .iter()
            .map(|batch| told(batch, "observable_gauge").3)
            .collect();
        assert_eq!(gauge, [10, 20, 30]);
    }
}
