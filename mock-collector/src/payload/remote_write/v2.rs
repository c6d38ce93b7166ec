//! `io.prometheus.write.v2.Request`.

use std::collections::BTreeMap;

use prost::Message;

use super::histogram::Histogram;
use super::series::{self, MetricType, Series};

/// What remote write 2.0 sends: every text stands in the symbols once, and is referred to by its place.
#[derive(Clone, PartialEq, Message)]
pub struct Request {
    /// The texts.
    #[prost(string, repeated, tag = "4")]
    pub symbols: Vec<String>,
    /// The series.
    #[prost(message, repeated, tag = "5")]
    pub timeseries: Vec<TimeSeries>,
}

/// A series and samples of it.
#[derive(Clone, PartialEq, Message)]
pub struct TimeSeries {
    /// Names and values of its labels by turns.
    #[prost(uint32, repeated, tag = "1")]
    pub labels_refs: Vec<u32>,
    /// Its samples.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
    /// Its native histograms.
    #[prost(message, repeated, tag = "3")]
    pub histograms: Vec<Histogram>,
    /// Its exemplars.
    #[prost(message, repeated, tag = "4")]
    pub exemplars: Vec<Exemplar>,
    /// What the metric is.
    #[prost(message, optional, tag = "5")]
    pub metadata: Option<Metadata>,
}

/// A sample.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Sample {
    /// Its value.
    #[prost(double, tag = "1")]
    pub value: f64,
    /// In milliseconds since the Unix epoch.
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
    /// When counting began, in milliseconds since the Unix epoch; 0 where that is not said.
    #[prost(int64, tag = "3")]
    pub start_timestamp: i64,
}

/// An exemplar.
#[derive(Clone, PartialEq, Message)]
pub struct Exemplar {
    /// Names and values of its labels by turns.
    #[prost(uint32, repeated, tag = "1")]
    pub labels_refs: Vec<u32>,
    /// Its value.
    #[prost(double, tag = "2")]
    pub value: f64,
    /// In milliseconds since the Unix epoch.
    #[prost(int64, tag = "3")]
    pub timestamp: i64,
}

/// What a metric is.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Metadata {
    /// A [`MetricType`].
    #[prost(int32, tag = "1")]
    pub metric_type: i32,
    /// What it means.
    #[prost(uint32, tag = "3")]
    pub help_ref: u32,
    /// What it is counted in.
    #[prost(uint32, tag = "4")]
    pub unit_ref: u32,
}

impl Request {
    /// Why a reference leads nowhere; `None` where all of them lead to a symbol, and labels come in pairs.
    ///
    /// Spec: Prometheus Remote-Write 2.0, "Symbols" (MUST).
    pub fn broken_reference(&self) -> Option<String> {
        for series in &self.timeseries {
            let exemplars = series.exemplars.iter();
            let lists = exemplars
                .map(|exemplar| &exemplar.labels_refs)
                .chain([&series.labels_refs]);
            for references in lists {
                if !references.len().is_multiple_of(2) {
                    return Some(format!("{} references for labels", references.len()));
                }
                if let Some(reference) = references.iter().find(|each| !self.has(**each)) {
                    return Some(self.no_symbol(*reference));
                }
            }
            let metadata = series.metadata.unwrap_or_default();
            if let (Some(_), Some(reference)) = (
                series.metadata,
                [metadata.help_ref, metadata.unit_ref]
                    .into_iter()
                    // Without symbols there is nothing that the default could refer to.
                    .find(|reference| *reference != 0 && !self.has(*reference)),
            ) {
                return Some(self.no_symbol(reference));
            }
        }
        None
    }

    fn has(&self, reference: u32) -> bool {
        usize::try_from(reference).is_ok_and(|place| place < self.symbols.len())
    }

    fn no_symbol(&self, reference: u32) -> String {
        format!("symbol {reference} of {}", self.symbols.len())
    }

    /// A text by its reference; empty where there is none.
    pub fn symbol(&self, reference: u32) -> &str {
        usize::try_from(reference)
            .ok()
            .and_then(|place| self.symbols.get(place))
            .map_or("", String::as_str)
    }

    /// The series, in the form that both versions have.
    pub fn series(&self) -> impl Iterator<Item = Series<'_>> {
        self.timeseries.iter().map(|series| Series {
            labels: self.labels(&series.labels_refs),
            samples: series
                .samples
                .iter()
                .map(|sample| series::Sample {
                    value: sample.value,
                    timestamp: sample.timestamp,
                    start_timestamp: sample.start_timestamp,
                })
                .collect(),
            histograms: &series.histograms,
            exemplars: series
                .exemplars
                .iter()
                .map(|exemplar| series::Exemplar {
                    labels: self.labels(&exemplar.labels_refs),
                    value: exemplar.value,
                    timestamp: exemplar.timestamp,
                })
                .collect(),
            metadata: series.metadata.map(|metadata| series::Metadata {
                metric_type: MetricType::from_number(metadata.metric_type),
                help: self.symbol(metadata.help_ref),
                unit: self.symbol(metadata.unit_ref),
            }),
        })
    }

    fn labels(&self, references: &[u32]) -> Vec<(&str, &str)> {
        let pairs = references.chunks_exact(2);
        pairs
            .map(|pair| (self.symbol(pair[0]), self.symbol(pair[1])))
            .collect()
    }

    /// The same with its symbols in order, each of them once: their order says nothing.
    pub(in crate::payload) fn with_sorted_symbols(&self) -> Self {
        let mut places: BTreeMap<&str, u32> =
            self.symbols.iter().map(|text| (text.as_str(), 0)).collect();
        places.insert("", 0);
        let mut symbols = Vec::with_capacity(places.len());
        for (place, (text, number)) in (0..).zip(&mut places) {
            *number = place;
            symbols.push((*text).to_owned());
        }
        let place = |reference: &mut u32| {
            *reference = places
                .get(self.symbol(*reference))
                .copied()
                .unwrap_or_default();
        };
        let mut timeseries = self.timeseries.clone();
        for series in &mut timeseries {
            series.labels_refs.iter_mut().for_each(place);
            let exemplars = series.exemplars.iter_mut();
            exemplars.for_each(|exemplar| exemplar.labels_refs.iter_mut().for_each(place));
            if let Some(metadata) = &mut series.metadata {
                place(&mut metadata.help_ref);
                place(&mut metadata.unit_ref);
            }
        }
        Self {
            symbols,
            timeseries,
        }
    }
}
