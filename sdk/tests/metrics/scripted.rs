//! A provider around an exporter that follows a script.

use std::time::SystemTime;

use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint};
use opentelemetry_sdk::Resource;
use otelbox_sdk::{
    ExportOutcome, MeterProvider, MetricBatch, PeriodicExportingMetricReader,
    PeriodicExportingMetricReaderBuilder, TemporalityPreference, VirtualClock,
};

pub(crate) use crate::exporter::{Act, seconds};

pub(crate) const EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

pub(crate) type Scripted = crate::exporter::Scripted<MetricBatch>;

impl Scripted {
    pub(crate) fn with_temporality(
        acts: impl IntoIterator<Item = Act>,
        temporality: TemporalityPreference,
    ) -> Self {
        Self::with_preference(acts, temporality)
    }

    /// The sums of `name`, one for each export that was delivered and has it.
    pub(crate) fn delivered_sums(&self, name: &str) -> Vec<i64> {
        self.seen()
            .iter()
            .filter(|seen| {
                seen.outcome
                    .as_ref()
                    .is_some_and(ExportOutcome::is_delivered)
            })
            .filter_map(|seen| sum(&seen.batch, name))
            .collect()
    }
}

/// A reader on the test's own runtime: 15 s, 10 s, and a clock that starts at 0.
pub(crate) fn reader(exporter: &Scripted) -> PeriodicExportingMetricReaderBuilder {
    PeriodicExportingMetricReader::builder(exporter.clone())
        .with_interval(seconds(15))
        .with_timeout(seconds(10))
        .with_env(&otelbox_sdk::Environment::empty())
        .with_clock(VirtualClock::starting_at(EPOCH))
        .on_current_runtime()
}

pub(crate) fn provider(exporter: &Scripted) -> MeterProvider {
    provider_of(reader(exporter))
}

pub(crate) fn provider_of(reader: PeriodicExportingMetricReaderBuilder) -> MeterProvider {
    MeterProvider::builder()
        .with_reader(reader.build().expect("a reader"))
        .with_resource(
            Resource::builder_empty()
                .with_service_name("checkout")
                .build(),
        )
        .build()
        .expect("a provider")
}

pub(crate) fn meter(provider: &MeterProvider) -> Meter {
    provider.meter("test")
}

/// The metric of that name.
pub(crate) fn metric<'a>(batch: &'a MetricBatch, name: &str) -> Option<&'a Metric> {
    batch.metrics().find(|metric| metric.name == name)
}

/// The data points of a sum or a gauge.
pub(crate) fn numbers<'a>(batch: &'a MetricBatch, name: &str) -> &'a [NumberDataPoint] {
    match metric(batch, name).and_then(|metric| metric.data.as_ref()) {
        Some(Data::Sum(sum)) => &sum.data_points,
        Some(Data::Gauge(gauge)) => &gauge.data_points,
        _ => &[],
    }
}

/// The sum of all integer points of that name.
pub(crate) fn sum(batch: &MetricBatch, name: &str) -> Option<i64> {
    let points = numbers(batch, name);
    if points.is_empty() {
        return None;
    }
    let value = |point: &NumberDataPoint| match point.value {
        Some(Value::AsInt(value)) => value,
        ref other => panic!("{other:?} is not an integer"),
    };
    Some(points.iter().map(value).sum())
}

/// From when to when the first point of that name is, in seconds of the clock.
pub(crate) fn span(batch: &MetricBatch, name: &str) -> Option<(u64, u64)> {
    let point = numbers(batch, name).first()?;
    Some((
        in_seconds(point.start_time_unix_nano),
        in_seconds(point.time_unix_nano),
    ))
}

pub(crate) fn in_seconds(unix_nano: u64) -> u64 {
    assert_eq!(
        unix_nano % 1_000_000_000,
        0,
        "not a whole second: {unix_nano}"
    );
    unix_nano / 1_000_000_000
}
