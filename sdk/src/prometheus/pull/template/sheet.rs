//! What was written of a batch in one escaping of names, without its numbers and with them.

use std::collections::BTreeMap;

use crate::prometheus::family::Families;
use crate::prometheus::text::{Figure, Form, Format, Part, Samples, form};

/// What was written of a batch in one escaping of names.
pub(in crate::prometheus::pull) struct Sheet {
    samples: Samples,
    forms: BTreeMap<Format, Form>,
    /// The points of the batch that are on the page, each with its first sample.
    first_samples: Vec<(usize, usize)>,
    dropped_items: u64,
}

impl Sheet {
    /// What `families` are in these formats.
    pub(in crate::prometheus::pull) fn new(
        families: &Families<'_>,
        formats: impl Iterator<Item = Format>,
        with_created: bool,
    ) -> Self {
        let samples = Samples::of(families);
        let form = |format| (format, form(families, &samples, format, with_created));
        let forms = formats.map(form).collect();
        let series = families.families.iter().flat_map(|family| &family.series);
        let first_samples = series
            .zip(samples.begins())
            .filter_map(|(series, first)| Some((series.point?, first)))
            .collect();
        let lost_points = families.problems.iter().map(|problem| problem.lost_points);
        Self {
            forms,
            first_samples,
            dropped_items: lost_points.sum(),
            samples,
        }
    }

    /// Appends the page in a format to `page`, if it was written in that.
    pub(in crate::prometheus::pull) fn append(&self, format: Format, page: &mut String) {
        if let Some(form) = self.forms.get(&format) {
            form.fill(&self.samples.figures, page);
        }
    }

    pub(in crate::prometheus::pull) fn has(&self, format: Format) -> bool {
        self.forms.contains_key(&format)
    }

    /// How many points of the batch are not among them.
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
