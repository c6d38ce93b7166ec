//! A native histogram, the same message in both versions.

use prost::{Message, Oneof};

/// A sample of a native histogram.
#[derive(Clone, PartialEq, Message)]
pub struct Histogram {
    /// How many observations there were.
    #[prost(oneof = "HistogramCount", tags = "1, 2")]
    pub count: Option<HistogramCount>,
    /// Their sum; a stale marker stands here.
    #[prost(double, tag = "3")]
    pub sum: f64,
    /// How the buckets are cut: -4 to 8, or -53 for bounds of their own.
    #[prost(sint32, tag = "4")]
    pub schema: i32,
    /// The width of the bucket around zero.
    #[prost(double, tag = "5")]
    pub zero_threshold: f64,
    /// What is in the bucket around zero.
    #[prost(oneof = "ZeroCount", tags = "6, 7")]
    pub zero_count: Option<ZeroCount>,
    /// Where the negative buckets are.
    #[prost(message, repeated, tag = "8")]
    pub negative_spans: Vec<BucketSpan>,
    /// Their counts as integers, each as the difference to the one before.
    #[prost(sint64, repeated, tag = "9")]
    pub negative_deltas: Vec<i64>,
    /// Their counts as doubles.
    #[prost(double, repeated, tag = "10")]
    pub negative_counts: Vec<f64>,
    /// Where the positive buckets are.
    #[prost(message, repeated, tag = "11")]
    pub positive_spans: Vec<BucketSpan>,
    /// Their counts as integers, each as the difference to the one before.
    #[prost(sint64, repeated, tag = "12")]
    pub positive_deltas: Vec<i64>,
    /// Their counts as doubles.
    #[prost(double, repeated, tag = "13")]
    pub positive_counts: Vec<f64>,
    /// What is known of a reset since the sample before.
    #[prost(int32, tag = "14")]
    pub reset_hint: i32,
    /// In milliseconds since the Unix epoch.
    #[prost(int64, tag = "15")]
    pub timestamp: i64,
    /// The upper bounds of buckets that are cut by themselves.
    #[prost(double, repeated, tag = "16")]
    pub custom_values: Vec<f64>,
    /// When counting began, in milliseconds since the Unix epoch; 0 where that is not said. 2.0 alone.
    #[prost(int64, tag = "17")]
    pub start_timestamp: i64,
}

/// A number of observations.
#[derive(Clone, Copy, PartialEq, Oneof)]
pub enum HistogramCount {
    /// As an integer.
    #[prost(uint64, tag = "1")]
    Int(u64),
    /// As a double.
    #[prost(double, tag = "2")]
    Double(f64),
}

/// A number of observations around zero.
#[derive(Clone, Copy, PartialEq, Oneof)]
pub enum ZeroCount {
    /// As an integer.
    #[prost(uint64, tag = "6")]
    Int(u64),
    /// As a double.
    #[prost(double, tag = "7")]
    Double(f64),
}

/// Buckets in a row.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct BucketSpan {
    /// The gap to the span before, or where the first begins.
    #[prost(sint32, tag = "1")]
    pub offset: i32,
    /// How many.
    #[prost(uint32, tag = "2")]
    pub length: u32,
}
