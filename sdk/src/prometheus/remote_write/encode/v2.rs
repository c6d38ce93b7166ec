//! `io.prometheus.write.v2.Request`.

use prost::encoding::message;

use super::symbols::Symbols;
use super::{Holds, Message, NoPlace, Sample, append};
use crate::prometheus::family::{self, ExponentialHistogram, Kind};
use crate::prometheus::remote_write::line::{About, Line};
use crate::prometheus::remote_write::message::v2::{
    Count, Exemplar, Histogram, Metadata, MetricType, TimeSeries, ZeroCount,
};
use crate::prometheus::remote_write::native::spans;
use crate::prometheus::remote_write::value::{measured, stale_marker};
use crate::prometheus::remote_write::walk::{Point, PointValue, Sink, milliseconds};

/// The field of the request that holds series.
const TIMESERIES: u32 = 5;

/// What counts as zero where nobody said it.
///
/// Spec: Prometheus compatibility, "Exponential Histograms".
const DEFAULT_ZERO_THRESHOLD: f64 = 1e-128;

/// Writes a request.
#[derive(Default)]
pub(super) struct Writer {
    symbols: Symbols,
    series_bytes: Vec<u8>,
    holds: Holds,
    no_place: NoPlace,
    samples: Vec<usize>,
    /// The series that was written last, for its memory and because many of the texts come again.
    series: TimeSeries,
    /// Help and unit of the last one.
    texts: [u32; 2],
}

impl Writer {
    pub(super) fn finish(self) -> (Message, NoPlace) {
        let mut bytes = self.symbols.into_bytes();
        let before = bytes.len();
        bytes.extend_from_slice(&self.series_bytes);
        let message = Message {
            bytes,
            holds: self.holds,
            samples: self.samples.iter().map(|place| place + before).collect(),
        };
        (message, self.no_place)
    }

    fn labels(&mut self, line: Line<'_>) {
        let refs = &mut self.series.labels_refs;
        let mut written = 0;
        for (name, value) in line.pairs() {
            for text in [name, value] {
                let before = refs.get(written).copied().unwrap_or_default();
                let place = self.symbols.place_like(before, text);
                if let Some(reference) = refs.get_mut(written) {
                    *reference = place;
                } else {
                    refs.push(place);
                }
                written += 1;
            }
        }
        refs.truncate(written);
    }

    fn metadata(&mut self, about: About<'_>) {
        let [help, unit] = self.texts;
        self.texts = [
            self.symbols.place_like(help, about.help),
            self.symbols.place_like(unit, about.unit),
        ];
        let [help_ref, unit_ref] = self.texts;
        self.series.metadata = Some(Metadata {
            r#type: metric_type(about.kind).into(),
            help_ref,
            unit_ref,
        });
    }

    fn exemplar(&mut self, exemplar: &family::Exemplar<'_>) {
        let mut labels_refs = Vec::with_capacity(2 * exemplar.labels.len());
        for label in &exemplar.labels {
            labels_refs.push(self.symbols.place(&label.name));
            labels_refs.push(self.symbols.place(&label.value));
        }
        self.series.exemplars.push(Exemplar {
            labels_refs,
            value: measured(exemplar.value),
            timestamp: milliseconds(exemplar.time_unix_nano),
        });
        self.holds.exemplars += 1;
    }
}

impl Sink for Writer {
    fn point(&mut self, line: Line<'_>, about: About<'_>, point: &Point<'_>) {
        self.series.histograms.clear();
        self.series.exemplars.clear();
        let mut sample = None;
        match point.value {
            PointValue::Number(value) => {
                sample = Some(Sample {
                    value,
                    time: point.time,
                    start: point.start,
                });
                self.holds.samples += 1;
            }
            PointValue::Native(histogram) => {
                let Some(histogram) = native(histogram, point) else {
                    self.no_place.points += 1;
                    return;
                };
                self.series.histograms.push(histogram);
                self.holds.histograms += 1;
            }
            PointValue::NativeEnd => {
                self.series.histograms.push(Histogram {
                    sum: stale_marker(),
                    timestamp: point.time,
                    ..Histogram::default()
                });
                self.holds.histograms += 1;
            }
        }
        self.labels(line);
        self.metadata(about);
        for exemplar in point.exemplars.iter() {
            self.exemplar(exemplar);
        }
        match sample {
            Some(sample) => {
                let place = append(TIMESERIES, &self.series, sample, &mut self.series_bytes);
                self.samples.push(place);
            }
            None => message::encode(TIMESERIES, &self.series, &mut self.series_bytes),
        }
    }
}

/// A native histogram; `None` where it cannot be written as one.
///
/// A sum that is not known is no number. The compatibility specification asks for the stale marker there, which to a
/// receiver is the end of the series; remote write allows that for nothing else (MUST NOT).
fn native(histogram: &ExponentialHistogram, point: &Point<'_>) -> Option<Histogram> {
    let (positive_spans, positive_deltas) = spans(&histogram.positive)?;
    let (negative_spans, negative_deltas) = spans(&histogram.negative)?;
    Some(Histogram {
        count: Some(Count::Integer(histogram.count)),
        sum: measured(histogram.sum.unwrap_or(f64::NAN)),
        schema: histogram.scale,
        zero_threshold: if histogram.zero_threshold > 0.0 {
            histogram.zero_threshold
        } else {
            DEFAULT_ZERO_THRESHOLD
        },
        zero_count: Some(ZeroCount::Integer(histogram.zero_count)),
        negative_spans,
        negative_deltas,
        positive_spans,
        positive_deltas,
        timestamp: point.time,
        start_timestamp: point.start,
    })
}

const fn metric_type(kind: Kind) -> MetricType {
    match kind {
        Kind::Counter => MetricType::Counter,
        Kind::Gauge => MetricType::Gauge,
        Kind::Histogram | Kind::ExponentialHistogram => MetricType::Histogram,
        Kind::Summary => MetricType::Summary,
        Kind::Info => MetricType::Info,
        Kind::StateSet => MetricType::StateSet,
        Kind::Unknown => MetricType::Unspecified,
    }
}
