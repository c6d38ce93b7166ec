//! Pages that only need new numbers.
//!
//! From one scrape to the next a program mostly has the same series. What they are called, which of them are left out and why is
//! decided in [`family`](crate::prometheus::family), in one place, which costs several times what the numbers do. So what was
//! written is kept without its numbers ([`Sheet`], one for each escaping of names that somebody asks for, since names decide which
//! series there are), together with the collection that it was made of ([`Template`]); and a
//! collection that differs from that one in numbers alone only has them filled in. Anything else that differs, be it one
//! attribute, and all of it is made anew: nothing here decides what a series is called.

mod matching;
mod point;
mod reading;
mod sheet;

use opentelemetry_sdk::metrics::data::ResourceMetrics;

use crate::metrics::{Repeated, StreamTimes};
use reading::{Reading, starts};
pub(super) use sheet::Sheet;

/// What was written, and the collection that it was made of.
pub(super) struct Template {
    placed: Vec<Placed>,
    collected: ResourceMetrics,
    /// The start of each metric, in nanoseconds since 1970.
    starts: Vec<u64>,
    points: u64,
}

/// A sheet, and where the numbers of a collection are on it.
struct Placed {
    sheet: Sheet,
    /// The first sample of each point, in the order of the collection; `None` where the point is left out.
    places: Vec<Option<usize>>,
}

impl Template {
    /// A template of `sheets`, which were written of a batch that was made of `collected`: each of its points was the one that
    /// `order` says.
    pub(super) fn new(
        sheets: Vec<Sheet>,
        collected: ResourceMetrics,
        order: &[usize],
        times: &dyn StreamTimes,
    ) -> Self {
        let place = |sheet: Sheet| {
            let mut places = vec![None; order.len()];
            for (point, first) in sheet.first_samples() {
                places[order[point]] = Some(first);
            }
            Placed { sheet, places }
        };
        Self {
            placed: sheets.into_iter().map(place).collect(),
            starts: starts(&collected, times),
            points: order.len() as u64,
            collected,
        }
    }

    /// The same with the numbers of `collected`; `None` where that differs in anything else.
    pub(super) fn with_numbers_of(
        mut self,
        collected: &ResourceMetrics,
        times: &dyn StreamTimes,
    ) -> Option<Self> {
        let is_same = self.placed.iter_mut().all(|placed| {
            let (parts, figures) = placed.sheet.samples_mut();
            Reading::new(&placed.places, parts, figures).all(&self.collected, collected)
        });
        (is_same && starts(collected, times) == self.starts).then_some(self)
    }

    pub(super) fn sheets(&self) -> impl Iterator<Item = &Sheet> + Clone {
        self.placed.iter().map(|placed| &placed.sheet)
    }

    /// How much it is.
    pub(super) fn extent(&self) -> Repeated {
        Repeated {
            streams: self.starts.len() as u64,
            points: self.points,
        }
    }
}
