//! Two batches as one, as if there had been one collection.

use std::collections::{BTreeMap, VecDeque};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
};
use prost::Message;

use super::points::{DeltaPoint, Series};
use crate::convert::unix_nano;
use crate::metrics::batch::{MetricBatch, Window};
use crate::metrics::convert::order;

/// What two batches came to.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) batch: MetricBatch,
    /// What of the older batch cannot be added to the newer one and is left out.
    pub(super) left_out: LeftOut,
}

/// Points that were left out: their sum is beyond the range of its type, or their buckets have other bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) streams: u64,
    pub(super) points: u64,
}

/// Merges `older` into `newer`, of which the window follows.
///
/// - Streams are the same where resource, scope, name, unit, description, kind, number type, temporality and
///   monotonicity are; series, where their attributes are too.
/// - Delta sums and histograms are added up. A point has the start of the older window and the time of the newer one, also
///   where only one of the two has it: it recorded nothing in the other. So all points of a stream share one window, and
///   the next one follows it without a gap.
/// - Readings (gauges, cumulative points): the newer one counts. One that is in the older batch alone is kept as it is.
/// - A stream that is in the newer batch alone keeps its start: it may have been made after the older window.
pub(super) fn merge(older: MetricBatch, newer: MetricBatch) -> Merged {
    let mut merging = Merging {
        end: unix_nano(newer.window.end),
        left_out: LeftOut::default(),
    };
    let window = Window {
        start: older.window.start.min(newer.window.start),
        end: older.window.end.max(newer.window.end),
    };
    let resource_metrics = pair(
        older.request.resource_metrics,
        newer.request.resource_metrics,
        |resource| {
            let encoded = resource.resource.as_ref().map(Message::encode_to_vec);
            (encoded, resource.schema_url.clone())
        },
        |older, newer| merging.resource(older, newer),
    );
    Merged {
        batch: MetricBatch::new(ExportMetricsServiceRequest { resource_metrics }, window),
        left_out: merging.left_out,
    }
}

struct Merging {
    /// The time of the newer collection.
    end: u64,
    left_out: LeftOut,
}

impl Merging {
    fn resource(
        &mut self,
        older: Option<ResourceMetrics>,
        newer: Option<ResourceMetrics>,
    ) -> Option<ResourceMetrics> {
        let (older_scopes, older) = split(older, |resource| {
            std::mem::take(&mut resource.scope_metrics)
        });
        let (newer_scopes, newer) = split(newer, |resource| {
            std::mem::take(&mut resource.scope_metrics)
        });
        let mut merged = newer.or(older)?;
        merged.scope_metrics = pair(
            older_scopes,
            newer_scopes,
            |scope| {
                let encoded = scope.scope.as_ref().map(Message::encode_to_vec);
                (encoded, scope.schema_url.clone())
            },
            |older, newer| self.scope(older, newer),
        );
        merged.scope_metrics.sort_by(order::scopes);
        Some(merged)
    }

    fn scope(
        &mut self,
        older: Option<ScopeMetrics>,
        newer: Option<ScopeMetrics>,
    ) -> Option<ScopeMetrics> {
        let (older_metrics, older) = split(older, |scope| std::mem::take(&mut scope.metrics));
        let (newer_metrics, newer) = split(newer, |scope| std::mem::take(&mut scope.metrics));
        let mut merged = newer.or(older)?;
        merged.metrics = pair(older_metrics, newer_metrics, Stream::of, |older, newer| {
            self.metric(older, newer)
        });
        merged.metrics.sort_by(order::metrics);
        Some(merged)
    }

    fn metric(&mut self, older: Option<Metric>, newer: Option<Metric>) -> Option<Metric> {
        let Some(mut older) = older else {
            return newer;
        };
        let data = older.data.take();
        let mut merged = newer.unwrap_or(older);
        let before = self.left_out.points;
        merged.data = self.data(data, merged.data.take());
        self.left_out.streams += u64::from(self.left_out.points > before);
        Some(merged)
    }

    fn data(&mut self, older: Option<Data>, newer: Option<Data>) -> Option<Data> {
        let newer = newer.or_else(|| older.as_ref().map(without_points))?;
        Some(match (older, newer) {
            (Some(Data::Sum(older)), Data::Sum(mut newer)) => {
                let points = std::mem::take(&mut newer.data_points);
                newer.data_points =
                    self.points(newer.aggregation_temporality, older.data_points, points);
                Data::Sum(newer)
            }
            (Some(Data::Histogram(older)), Data::Histogram(mut newer)) => {
                let points = std::mem::take(&mut newer.data_points);
                newer.data_points =
                    self.points(newer.aggregation_temporality, older.data_points, points);
                Data::Histogram(newer)
            }
            (Some(Data::ExponentialHistogram(older)), Data::ExponentialHistogram(mut newer)) => {
                let points = std::mem::take(&mut newer.data_points);
                newer.data_points =
                    self.points(newer.aggregation_temporality, older.data_points, points);
                Data::ExponentialHistogram(newer)
            }
            (Some(Data::Gauge(older)), Data::Gauge(mut newer)) => {
                newer.data_points = readings(older.data_points, newer.data_points);
                Data::Gauge(newer)
            }
            (Some(Data::Summary(older)), Data::Summary(mut newer)) => {
                newer.data_points = readings(older.data_points, newer.data_points);
                Data::Summary(newer)
            }
            // Streams of different kinds are different streams, so there is no older one.
            (_, newer) => newer,
        })
    }

    fn points<P: DeltaPoint>(&mut self, temporality: i32, older: Vec<P>, newer: Vec<P>) -> Vec<P> {
        if temporality == AggregationTemporality::Delta as i32 {
            self.sums(older, newer)
        } else {
            readings(older, newer)
        }
    }

    fn sums<P: DeltaPoint>(&mut self, older: Vec<P>, newer: Vec<P>) -> Vec<P> {
        let stream_start = older.iter().map(DeltaPoint::start).min();
        let mut points = pair(older, newer, series, |older, newer| {
            Some(match (older, newer) {
                (Some(older), Some(mut newer)) => {
                    if newer.add(&older).is_ok() {
                        newer.set_start(older.start());
                    } else {
                        self.left_out.points += 1;
                    }
                    newer
                }
                (Some(mut older), None) => {
                    older.set_time(self.end);
                    older
                }
                (None, Some(mut newer)) => {
                    newer.set_start(stream_start.unwrap_or_else(|| newer.start()));
                    newer
                }
                (None, None) => return None,
            })
        });
        points.sort_by_cached_key(series);
        points
    }
}

/// The newer reading of each series, or else the older.
fn readings<P: Series>(older: Vec<P>, newer: Vec<P>) -> Vec<P> {
    let mut points = pair(older, newer, series, |older, newer| newer.or(older));
    points.sort_by_cached_key(series);
    points
}

fn series<P: Series>(point: &P) -> Vec<(String, Vec<u8>)> {
    order::attributes(point.attributes())
}

/// `data` with everything but its points.
fn without_points(data: &Data) -> Data {
    let mut data = data.clone();
    match &mut data {
        Data::Gauge(gauge) => gauge.data_points.clear(),
        Data::Sum(sum) => sum.data_points.clear(),
        Data::Histogram(histogram) => histogram.data_points.clear(),
        Data::ExponentialHistogram(histogram) => histogram.data_points.clear(),
        Data::Summary(summary) => summary.data_points.clear(),
    }
    data
}

/// What `take` takes out of `whole`, and the rest.
fn split<T, P>(mut whole: Option<T>, take: impl FnOnce(&mut T) -> Vec<P>) -> (Vec<P>, Option<T>) {
    let parts = whole.as_mut().map(take).unwrap_or_default();
    (parts, whole)
}

/// Puts what has the same `key` together, the first with the first where there are several, and gives what `merge` makes
/// of each pair and of each that is alone.
fn pair<T, K: Ord>(
    older: Vec<T>,
    newer: Vec<T>,
    key: impl Fn(&T) -> K,
    mut merge: impl FnMut(Option<T>, Option<T>) -> Option<T>,
) -> Vec<T> {
    let mut waiting: BTreeMap<K, VecDeque<T>> = BTreeMap::new();
    for item in older {
        waiting.entry(key(&item)).or_default().push_back(item);
    }
    let mut merged = Vec::with_capacity(newer.len());
    for item in newer {
        let partner = waiting.get_mut(&key(&item)).and_then(VecDeque::pop_front);
        merged.extend(merge(partner, Some(item)));
    }
    for item in waiting.into_values().flatten() {
        merged.extend(merge(Some(item), None));
    }
    merged
}

/// What makes two metrics one stream.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Stream {
    name: String,
    unit: String,
    description: String,
    metadata: Vec<(String, Vec<u8>)>,
    kind: Kind,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    None,
    Gauge(Number),
    Sum {
        number: Number,
        temporality: i32,
        monotonic: bool,
    },
    Histogram {
        temporality: i32,
    },
    ExponentialHistogram {
        temporality: i32,
    },
    Summary,
}

/// The type of the numbers of a stream, by its first point.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Number {
    Unknown,
    Integer,
    Float,
}

impl Stream {
    fn of(metric: &Metric) -> Self {
        Self {
            name: metric.name.clone(),
            unit: metric.unit.clone(),
            description: metric.description.clone(),
            metadata: order::attributes(&metric.metadata),
            kind: match &metric.data {
                None => Kind::None,
                Some(Data::Gauge(gauge)) => Kind::Gauge(Number::of(&gauge.data_points)),
                Some(Data::Sum(sum)) => Kind::Sum {
                    number: Number::of(&sum.data_points),
                    temporality: sum.aggregation_temporality,
                    monotonic: sum.is_monotonic,
                },
                Some(Data::Histogram(histogram)) => Kind::Histogram {
                    temporality: histogram.aggregation_temporality,
                },
                Some(Data::ExponentialHistogram(histogram)) => Kind::ExponentialHistogram {
                    temporality: histogram.aggregation_temporality,
                },
                Some(Data::Summary(_)) => Kind::Summary,
            },
        }
    }
}

impl Number {
    fn of(points: &[NumberDataPoint]) -> Self {
        match points.first().and_then(|point| point.value) {
            None => Self::Unknown,
            Some(Value::AsInt(_)) => Self::Integer,
            Some(Value::AsDouble(_)) => Self::Float,
        }
    }
}
