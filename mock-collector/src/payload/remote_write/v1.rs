//! `prometheus.WriteRequest`.

use prost::Message;

use super::histogram::Histogram;
use super::series::{self, Series};

/// What remote write 1.0 sends.
#[derive(Clone, PartialEq, Message)]
pub struct WriteRequest {
    /// The series.
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
    /// What metrics are; not a part of the specification of 1.0, but sent by Prometheus.
    #[prost(message, repeated, tag = "3")]
    pub metadata: Vec<MetricMetadata>,
}

/// A series and samples of it.
#[derive(Clone, PartialEq, Message)]
pub struct TimeSeries {
    /// Its labels, the name among them.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    /// Its samples.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
    /// Its exemplars.
    #[prost(message, repeated, tag = "3")]
    pub exemplars: Vec<Exemplar>,
    /// Its native histograms.
    #[prost(message, repeated, tag = "4")]
    pub histograms: Vec<Histogram>,
}

/// A label.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Label {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its value.
    #[prost(string, tag = "2")]
    pub value: String,
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
}

/// An exemplar.
#[derive(Clone, PartialEq, Message)]
pub struct Exemplar {
    /// Its labels.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    /// Its value.
    #[prost(double, tag = "2")]
    pub value: f64,
    /// In milliseconds since the Unix epoch.
    #[prost(int64, tag = "3")]
    pub timestamp: i64,
}

/// What a metric is.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MetricMetadata {
    /// A [`series::MetricType`]; the numbers are those of 2.0.
    #[prost(int32, tag = "1")]
    pub metric_type: i32,
    /// The name of the family.
    #[prost(string, tag = "2")]
    pub metric_family_name: String,
    /// What it means.
    #[prost(string, tag = "4")]
    pub help: String,
    /// What it is counted in.
    #[prost(string, tag = "5")]
    pub unit: String,
}

impl WriteRequest {
    /// The series, in the form that both versions have.
    pub fn series(&self) -> impl Iterator<Item = Series<'_>> {
        self.timeseries.iter().map(|series| Series {
            labels: labels(&series.labels),
            samples: series
                .samples
                .iter()
                .map(|sample| series::Sample {
                    value: sample.value,
                    timestamp: sample.timestamp,
                    start_timestamp: 0,
                })
                .collect(),
            histograms: &series.histograms,
            exemplars: series
                .exemplars
                .iter()
                .map(|exemplar| series::Exemplar {
                    labels: labels(&exemplar.labels),
                    value: exemplar.value,
                    timestamp: exemplar.timestamp,
                })
                .collect(),
            metadata: None,
        })
    }
}

fn labels(labels: &[Label]) -> Vec<(&str, &str)> {
    let texts = labels.iter();
    texts
        .map(|label| (label.name.as_str(), label.value.as_str()))
        .collect()
}
