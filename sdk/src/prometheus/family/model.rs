//! Families, and the series in them.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::problem::Problem;
use super::value::{Exemplar, Value};

/// What a batch is to Prometheus. It borrows the texts of the batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Families<'a> {
    /// Sorted by name; no two share a name, or the name of a sample.
    pub(crate) families: Vec<Family<'a>>,
    /// What is missing or differs from the batch, and why.
    pub(crate) problems: Vec<Problem>,
}

/// The series of one name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Family<'a> {
    /// With the unit, and without what [`suffix`](Self::suffix) adds for its kind: `http_requests`, `target`.
    pub(crate) name: String,
    /// What its series are.
    pub(crate) kind: Kind,
    /// The description; empty where there is none.
    pub(crate) help: &'a str,
    /// The unit in words, which `name` ends in; empty where there is none.
    pub(crate) unit: Cow<'static, str>,
    /// The suffix that the name of a sample that is a number gets: `_total`, `_info` or nothing.
    pub(crate) suffix: &'static str,
    /// Series, of which no two have the same labels; in the order of the batch.
    pub(crate) series: Vec<Series<'a>>,
}

impl Family<'_> {
    /// The name of a sample that is a number, which is also that of the metadata in the text format 0.0.4 and in remote
    /// write: `http_requests_total`.
    pub(crate) fn full_name(&self) -> Cow<'_, str> {
        if self.suffix.is_empty() {
            Cow::Borrowed(&self.name)
        } else {
            Cow::Owned(format!("{}{}", self.name, self.suffix))
        }
    }
}

/// What the series of a family are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A sum that only rises.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// Counts in buckets, with their sum.
    Histogram,
    /// A native histogram: counts in exponential buckets.
    ExponentialHistogram,
    /// Quantiles that were calculated by whoever measured.
    Summary,
    /// Texts in labels; the value is 1.
    Info,
    /// States in labels; the value is 0 or 1.
    StateSet,
    /// Nobody knows.
    Unknown,
}

/// One series with its newest point.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series<'a> {
    /// Sorted by name, each name once, no value empty.
    pub(crate) labels: Vec<Label<'a>>,
    /// The number of its point in the batch, from 0; `None` where it is of the resource.
    pub(crate) point: Option<usize>,
    /// When the sum or the histogram began, in nanoseconds since 1970; 0 where it is not known.
    pub(crate) start_unix_nano: u64,
    /// The time of the point, in nanoseconds since 1970.
    pub(crate) time_unix_nano: u64,
    /// The point.
    pub(crate) value: Value,
    /// Measurements that stand for others, in order of time.
    pub(crate) exemplars: Vec<Exemplar<'a>>,
}

/// A label of a series.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Label<'a> {
    /// The name: `[a-zA-Z_][a-zA-Z0-9_]*`.
    pub(crate) name: Cow<'a, str>,
    /// Any text but the empty one.
    pub(crate) value: Cow<'a, str>,
}

impl<'a> Label<'a> {
    pub(crate) fn new(name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }

    /// The order of labels in a series: by the bytes of their names.
    pub(crate) fn by_name(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }
}
