//! The whole text.

use std::collections::HashMap;

use super::exemplar::{append, largest, of_buckets};
use super::form::Form;
use super::format::Format;
use super::line::{Lines, append_labels, escaped, quoted};
use super::number::{bound, seconds};
use super::samples::{Part, Samples};
use crate::prometheus::family::{
    Exemplar, Families, Family, Kind, Series, Value, is_legal_metric_name,
};

/// The page of `families` in `format`, as [`form`] has it.
pub(crate) fn page(families: &Families<'_>, format: Format, with_created: bool) -> String {
    let samples = Samples::of(families);
    let form = form(families, &samples, format, with_created);
    let mut page = String::new();
    form.fill(&samples.figures, &mut page);
    page
}

/// The form of the page of `families`, whose samples are `samples`, in `format`. Series of which nothing was recorded are left
/// out, which is how a series ends.
///
/// No sample has a time of its own (Spec: Prometheus exporter, MUST NOT). In `OpenMetrics` sums, histograms and summaries have
/// the sample `_created` (Spec: Prometheus compatibility, "Sums", should), unless `with_created` is false.
pub(crate) fn form(
    families: &Families<'_>,
    samples: &Samples,
    format: Format,
    with_created: bool,
) -> Form {
    let mut page = Page {
        form: Form::with_capacity(capacity(samples)),
        is_open_metrics: format.is_open_metrics(),
        with_created,
        is_quoted: false,
        labels: String::new(),
        bounds: HashMap::new(),
    };
    let mut parts = samples.parts_of_series();
    for family in &families.families {
        page.family(family, &mut parts);
    }
    if page.is_open_metrics {
        page.form.text().push_str("# EOF\n");
    }
    page.form
}

/// About how long the text will be.
fn capacity(samples: &Samples) -> usize {
    samples.parts.len() * 96 + 1024
}

struct Page {
    form: Form,
    is_open_metrics: bool,
    with_created: bool,
    /// Whether the name of the current family is in quotes.
    is_quoted: bool,
    /// The labels of the current series.
    labels: String,
    /// The texts of bounds and quantiles, by their bits.
    bounds: HashMap<u64, String>,
}

impl Page {
    fn family<'a>(&mut self, family: &Family<'_>, parts: &mut impl Iterator<Item = &'a [Part]>) {
        self.is_quoted = !is_legal_metric_name(&family.name);
        let is_stale = |series: &Series<'_>| series.value == Value::Stale;
        if !family.series.iter().all(is_stale) {
            self.head(family);
        }
        for (series, parts) in family.series.iter().zip(parts) {
            if is_stale(series) {
                continue;
            }
            self.labels.clear();
            append_labels(&mut self.labels, &series.labels);
            self.series(family, series, parts);
        }
    }

    fn head(&mut self, family: &Family<'_>) {
        let full_name = family.full_name();
        let name = if self.is_open_metrics {
            family.name.as_str()
        } else {
            full_name.as_ref()
        };
        let name = quoted(name, is_legal_metric_name(name));
        let mut line = |what: &str, text: &str| {
            for part in ["# ", what, " ", &name, " ", text, "\n"] {
                self.form.text().push_str(part);
            }
        };
        if !family.help.is_empty() {
            line("HELP", &escaped(family.help, self.is_open_metrics));
        }
        line("TYPE", type_name(family, self.is_open_metrics));
        if self.is_open_metrics && !family.unit.is_empty() {
            line("UNIT", &family.unit);
        }
    }

    fn series(&mut self, family: &Family<'_>, series: &Series<'_>, parts: &[Part]) {
        let bounds = parts.iter().filter_map(|part| match part {
            Part::Bucket(upper_bound) => Some(*upper_bound),
            _ => None,
        });
        let mut of_buckets = of_buckets(&series.exemplars, bounds);
        for part in parts {
            let exemplar = match part {
                Part::Number => largest(series.exemplars.iter()),
                Part::Bucket(_) | Part::LastBucket => of_buckets.next().flatten(),
                Part::Quantile(_) | Part::Sum | Part::Count => None,
            };
            self.begin(family, *part);
            self.form.leave_blank();
            self.end(exemplar);
        }
        let begins = matches!(
            family.kind,
            Kind::Counter | Kind::Histogram | Kind::ExponentialHistogram | Kind::Summary
        );
        // Without its suffix a counter is of no known type, and such have no other samples.
        let is_known = family.kind != Kind::Counter || !family.suffix.is_empty();
        if self.is_open_metrics
            && self.with_created
            && begins
            && is_known
            && series.start_unix_nano > 0
        {
            let lines = Lines {
                name: &family.name,
                is_quoted: self.is_quoted,
                labels: &self.labels,
            };
            lines.begin(self.form.text(), "_created", None);
            seconds(self.form.text(), series.start_unix_nano);
            self.end(None);
        }
    }

    /// Writes what comes before the number of a sample.
    fn begin(&mut self, family: &Family<'_>, part: Part) {
        let (suffix, more) = match part {
            Part::Number => (family.suffix, None),
            Part::Bucket(upper_bound) => ("_bucket", Some(("le", upper_bound))),
            Part::LastBucket => ("_bucket", Some(("le", f64::INFINITY))),
            Part::Quantile(quantile) => ("", Some(("quantile", quantile))),
            Part::Sum => ("_sum", None),
            Part::Count => ("_count", None),
        };
        let more = more.map(|(name, number)| {
            let text = || bound(number, self.is_open_metrics);
            let text = self.bounds.entry(number.to_bits()).or_insert_with(text);
            (name, text.as_str())
        });
        let lines = Lines {
            name: &family.name,
            is_quoted: self.is_quoted,
            labels: &self.labels,
        };
        lines.begin(self.form.text(), suffix, more);
    }

    fn end(&mut self, exemplar: Option<&Exemplar<'_>>) {
        if let Some(exemplar) = exemplar.filter(|_| self.is_open_metrics) {
            append(self.form.text(), exemplar);
        }
        self.form.text().push('\n');
    }
}

/// What a family is called that has no type of its own in a format is the nearest that there is.
///
/// Spec: Prometheus compatibility, "Differences between Prometheus formats" (MUST).
const fn type_name(family: &Family<'_>, is_open_metrics: bool) -> &'static str {
    match family.kind {
        Kind::Counter if is_open_metrics && family.suffix.is_empty() => "unknown",
        Kind::Counter => "counter",
        Kind::Info if is_open_metrics => "info",
        // The label of a state set has to be called as the metric, which nobody has seen to.
        Kind::Gauge | Kind::StateSet | Kind::Info => "gauge",
        Kind::Histogram | Kind::ExponentialHistogram => "histogram",
        Kind::Summary => "summary",
        Kind::Unknown if is_open_metrics => "unknown",
        Kind::Unknown => "untyped",
    }
}
