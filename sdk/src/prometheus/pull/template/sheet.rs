//! What was written of a batch, without its numbers and with them.

use std::collections::{BTreeMap, BTreeSet};

use crate::prometheus::family::Families;
use crate::prometheus::text::{Figure, Form, Format, Part, Samples, form};

/// What was written of a batch.
pub(in crate::prometheus::pull) struct Sheet {
    samples: Samples,
    forms: BTreeMap<Format, Form>,
    /// The points of the batch that are on the page, each with its first sample.
    first_samples: Vec<(usize, usize)>,
    dropped_items: u64,
}

impl Sheet {
    /// What `families` are in these formats. `dropped_items` points of the batch are not among them.
    pub(in crate::prometheus::pull) fn new(
        families: &Families<'_>,
        formats: &BTreeSet<Format>,
        with_created: bool,
        dropped_items: u64,
    ) -> Self {
        let samples = Samples::of(families);
        let form = |format| form(families, &samples, format, with_created);
        let forms = formats.iter().map(|format| (*format, form(*format)));
        let forms = forms.collect();
        let series = families.families.iter().flat_map(|family| &family.series);
        let first_samples = series
            .zip(samples.begins())
            .filter_map(|(series, first)| Some((series.point?, first)))
            .collect();
        Self {
            samples,
            forms,
            first_samples,
            dropped_items,
        }
    }

    /// Appends the page in a format to `page`, if it was written in that.
    pub(in crate::prometheus::pull) fn append(&self, format: Format, page: &mut String) {
        if let Some(form) = self.forms.get(&format) {
            form.fill(&self.samples.figures, page);
        }
    }

    pub(in crate::prometheus::pull) fn has(&self, formats: &BTreeSet<Format>) -> bool {
        formats.iter().all(|format| self.forms.contains_key(format))
    }

    pub(in crate::prometheus::pull) fn dropped_items(&self) -> u64 {
        self.dropped_items
    }

    pub(super) fn first_samples(&self) -> impl Iterator<Item = (usize, usize)> {
        self.first_samples.iter().copied()
    }

    pub(super) fn samples_mut(&mut self) -> (&[Part], &mut [Figure]) {
        (&self.samples.parts, &mut self.samples.figures)
    }
}
