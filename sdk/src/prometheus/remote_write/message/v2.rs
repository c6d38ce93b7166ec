//! The series of `io.prometheus.write.v2.Request`, which holds them and a table of their texts.
//!
//! Spec: Remote-Write 2.0, "Protobuf Message". Fields that are never written (counts as floats, custom buckets) are left out.

/// One series, without its samples: those are written so that they can be written again, where there are no histograms.
#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct TimeSeries {
    /// Name and value of each label in turn, as places in the table; sorted by name.
    #[prost(uint32, repeated, tag = "1")]
    pub(in super::super) labels_refs: Vec<u32>,
    #[prost(message, repeated, tag = "3")]
    pub(in super::super) histograms: Vec<Histogram>,
    #[prost(message, repeated, tag = "4")]
    pub(in super::super) exemplars: Vec<Exemplar>,
    #[prost(message, optional, tag = "5")]
    pub(in super::super) metadata: Option<Metadata>,
}

/// A measurement that stands for many.
#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Exemplar {
    #[prost(uint32, repeated, tag = "1")]
    pub(in super::super) labels_refs: Vec<u32>,
    #[prost(double, tag = "2")]
    pub(in super::super) value: f64,
    /// In milliseconds since 1970.
    #[prost(int64, tag = "3")]
    pub(in super::super) timestamp: i64,
}

/// What a series is about.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(in super::super) struct Metadata {
    #[prost(enumeration = "MetricType", tag = "1")]
    pub(in super::super) r#type: i32,
    #[prost(uint32, tag = "3")]
    pub(in super::super) help_ref: u32,
    #[prost(uint32, tag = "4")]
    pub(in super::super) unit_ref: u32,
}

/// The type of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(in super::super) enum MetricType {
    Unspecified = 0,
    Counter = 1,
    Gauge = 2,
    Histogram = 3,
    GaugeHistogram = 4,
    Summary = 5,
    Info = 6,
    StateSet = 7,
}

/// A native histogram with counts as integers.
#[derive(Clone, PartialEq, prost::Message)]
pub(in super::super) struct Histogram {
    #[prost(oneof = "Count", tags = "1")]
    pub(in super::super) count: Option<Count>,
    #[prost(double, tag = "3")]
    pub(in super::super) sum: f64,
    /// How fine the buckets are: each power of two has 2^schema.
    #[prost(sint32, tag = "4")]
    pub(in super::super) schema: i32,
    #[prost(double, tag = "5")]
    pub(in super::super) zero_threshold: f64,
    #[prost(oneof = "ZeroCount", tags = "6")]
    pub(in super::super) zero_count: Option<ZeroCount>,
    #[prost(message, repeated, tag = "8")]
    pub(in super::super) negative_spans: Vec<BucketSpan>,
    /// Each count less the one before.
    #[prost(sint64, repeated, tag = "9")]
    pub(in super::super) negative_deltas: Vec<i64>,
    #[prost(message, repeated, tag = "11")]
    pub(in super::super) positive_spans: Vec<BucketSpan>,
    #[prost(sint64, repeated, tag = "12")]
    pub(in super::super) positive_deltas: Vec<i64>,
    /// In milliseconds since 1970.
    #[prost(int64, tag = "15")]
    pub(in super::super) timestamp: i64,
    /// Since when it counts, in milliseconds since 1970; zero is not known.
    #[prost(int64, tag = "17")]
    pub(in super::super) start_timestamp: i64,
}

/// How many measurements there were. A choice of the protocol, so that zero is written too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Oneof)]
pub(in super::super) enum Count {
    #[prost(uint64, tag = "1")]
    Integer(u64),
}

/// How many of them were zero, or near it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Oneof)]
pub(in super::super) enum ZeroCount {
    #[prost(uint64, tag = "6")]
    Integer(u64),
}

/// Buckets in a row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub(in super::super) struct BucketSpan {
    /// The first bucket, or of a later span the gap before it.
    #[prost(sint32, tag = "1")]
    pub(in super::super) offset: i32,
    #[prost(uint32, tag = "2")]
    pub(in super::super) length: u32,
}
