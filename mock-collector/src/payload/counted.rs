//! What a payload has, in numbers.

use super::Payload;

/// What a payload has, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Its items: data points, spans, log records or profiles; over remote write samples and native histograms.
    pub items: u64,
    /// How many of them are native histograms; over remote write alone.
    pub histograms: u64,
    /// Its exemplars, which are no items; over remote write alone.
    pub exemplars: u64,
}

impl Counted {
    /// So many items.
    pub(super) const fn items(items: u64) -> Self {
        Self {
            items,
            histograms: 0,
            exemplars: 0,
        }
    }

    /// The samples that are no histograms.
    pub const fn samples(self) -> u64 {
        self.items.saturating_sub(self.histograms)
    }

    /// The same without so many items, samples first; negative for more than there are. Nothing at all is left of the
    /// exemplars where nothing is left of the items.
    #[must_use]
    pub fn without(self, rejected: i64) -> Self {
        let items = self.items.saturating_add_signed(rejected.saturating_neg());
        Self {
            items,
            histograms: self.histograms.min(items),
            exemplars: if items == 0 { 0 } else { self.exemplars },
        }
    }
}

impl Payload {
    /// What it has, in numbers.
    pub(super) fn counted(&self) -> Counted {
        let series: Vec<_> = match self {
            Self::RemoteWrite1(request) => request.series().collect(),
            Self::RemoteWrite2(request) => request.series().collect(),
            _ => return Counted::items(self.items()),
        };
        let length = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        let histograms = series.iter().map(|series| length(series.histograms.len()));
        let exemplars = series.iter().map(|series| length(series.exemplars.len()));
        Counted {
            items: self.items(),
            histograms: histograms.sum(),
            exemplars: exemplars.sum(),
        }
    }
}
