//! A series as it stands on the wire: every count of a histogram is one of its own.

use std::borrow::Cow;

use crate::prometheus::family::{Family, Kind, Label};

/// The label that the name of a series is.
pub(super) const NAME: &str = "__name__";

/// What a series is called: its name, the labels of its family's series, and the label that tells it from the others that
/// the same point is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    /// Sorted by name.
    pub(super) labels: &'a [Label<'a>],
    /// `le` or `quantile`.
    pub(super) own: Option<(&'static str, &'a str)>,
}

impl<'a> Line<'a> {
    /// All labels, sorted by name: upper case comes before `__name__`.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut labels = self
            .labels
            .iter()
            .map(|label| (&*label.name, &*label.value))
            .peekable();
        let mut own = [Some((NAME, self.name)), self.own]
            .into_iter()
            .flatten()
            .peekable();
        std::iter::from_fn(move || match (labels.peek(), own.peek()) {
            (Some(label), Some(own_label)) if label.0 < own_label.0 => labels.next(),
            (_, Some(_)) => own.next(),
            (_, None) => labels.next(),
        })
    }
}

/// What all series of a family have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct About<'a> {
    pub(super) kind: Kind,
    pub(super) help: &'a str,
    pub(super) unit: &'a str,
}

impl<'a> About<'a> {
    pub(super) fn family(family: &'a Family<'_>) -> Self {
        Self {
            kind: family.kind,
            help: family.help,
            unit: &family.unit,
        }
    }
}

/// The names of the series of a family.
pub(super) struct Names<'a> {
    pub(super) number: Cow<'a, str>,
    pub(super) quantile: &'a str,
    pub(super) bucket: String,
    pub(super) sum: String,
    pub(super) count: String,
}

impl<'a> Names<'a> {
    pub(super) fn of(family: &'a Family<'_>) -> Self {
        let name = &family.name;
        Self {
            number: family.full_name(),
            quantile: name,
            bucket: format!("{name}_bucket"),
            sum: format!("{name}_sum"),
            count: format!("{name}_count"),
        }
    }
}

/// A bound or a quantile as a label has it: `0.005`, `10`, `+Inf`. As Prometheus itself writes what it gets over OTLP, so
/// that a series has the same name both ways.
pub(super) fn bound(bound: f64) -> String {
    if bound == f64::INFINITY {
        "+Inf".to_owned()
    } else if bound == f64::NEG_INFINITY {
        "-Inf".to_owned()
    } else {
        bound.to_string()
    }
}
