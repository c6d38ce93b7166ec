//! The whole text.

use super::buckets::with_powers_of_two;
use super::exemplar::{append, largest, of_buckets};
use super::format::Format;
use super::number::{bound, count, float, number, seconds};
use super::sample::{Lines, append_labels, escaped};
use crate::prometheus::family::{
    Exemplar, Families, Family, Histogram, Kind, Series, Summary, Value,
};

/// `families` in `format`. Series of which nothing was recorded are left out, which is how a series ends.
///
/// No sample has a time of its own (Spec: Prometheus exporter, MUST NOT). In `OpenMetrics` sums, histograms and summaries have
/// the sample `_created` (Spec: Prometheus compatibility, "Sums", should), unless `with_created` is false.
pub(crate) fn page(families: &Families<'_>, format: Format, with_created: bool) -> String {
    let mut page = Page {
        text: String::with_capacity(capacity(families)),
        is_open_metrics: format.is_open_metrics(),
        with_created,
        labels: String::new(),
        bounds: Bounds::default(),
    };
    for family in &families.families {
        page.family(family);
    }
    if page.is_open_metrics {
        page.text.push_str("# EOF\n");
    }
    page.text
}

/// About how long the text will be.
fn capacity(families: &Families<'_>) -> usize {
    let series = |family: &Family<'_>| family.series.len() * 128;
    families.families.iter().map(series).sum::<usize>() + 1024
}

struct Page {
    text: String,
    is_open_metrics: bool,
    with_created: bool,
    /// The labels of the current series.
    labels: String,
    bounds: Bounds,
}

/// The texts of the bounds that a histogram had, which those after it mostly have too.
#[derive(Default)]
struct Bounds {
    numbers: Vec<f64>,
    texts: Vec<String>,
}

impl Bounds {
    fn settle(&mut self, numbers: impl Iterator<Item = f64> + Clone, is_open_metrics: bool) {
        if self.numbers.iter().copied().eq(numbers.clone()) {
            return;
        }
        self.numbers = numbers.collect();
        let text = |number: &f64| bound(*number, is_open_metrics);
        self.texts = self.numbers.iter().map(text).collect();
    }
}

impl Page {
    fn family(&mut self, family: &Family<'_>) {
        if family
            .series
            .iter()
            .all(|series| series.value == Value::Stale)
        {
            return;
        }
        self.head(family);
        for series in &family.series {
            self.labels.clear();
            append_labels(&mut self.labels, &series.labels);
            self.series(family, series);
        }
    }

    fn head(&mut self, family: &Family<'_>) {
        let full_name = family.full_name();
        let name = if self.is_open_metrics {
            family.name.as_str()
        } else {
            full_name.as_ref()
        };
        let mut line = |what: &str, text: &str| {
            for part in ["# ", what, " ", name, " ", text, "\n"] {
                self.text.push_str(part);
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

    fn series(&mut self, family: &Family<'_>, series: &Series<'_>) {
        match &series.value {
            Value::Number(value) => {
                self.begin(family, family.suffix, None);
                number(&mut self.text, *value);
                self.end(largest(series.exemplars.iter()));
            }
            Value::Histogram(histogram) => self.histogram(family, histogram, &series.exemplars),
            Value::ExponentialHistogram(histogram) => {
                let histogram = with_powers_of_two(histogram);
                self.histogram(family, &histogram, &series.exemplars);
            }
            Value::Summary(summary) => self.summary(family, summary),
            Value::Stale => return,
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
            self.begin(family, "_created", None);
            seconds(&mut self.text, series.start_unix_nano);
            self.end(None);
        }
    }

    fn histogram(
        &mut self,
        family: &Family<'_>,
        histogram: &Histogram,
        exemplars: &[Exemplar<'_>],
    ) {
        let bounds = histogram.buckets.iter().map(|bucket| bucket.upper_bound);
        self.bounds.settle(bounds.clone(), self.is_open_metrics);
        let mut shown = of_buckets(exemplars, bounds);
        for (index, bucket) in histogram.buckets.iter().enumerate() {
            let lines = Lines {
                name: &family.name,
                labels: &self.labels,
            };
            let more = Some(("le", self.bounds.texts[index].as_str()));
            lines.begin(&mut self.text, "_bucket", more);
            count(&mut self.text, bucket.cumulative_count);
            self.end(shown.next().flatten());
        }
        self.begin(family, "_bucket", Some(("le", "+Inf")));
        count(&mut self.text, histogram.count);
        self.end(shown.next().flatten());
        self.sum_and_count(family, histogram.sum, histogram.count);
    }

    fn summary(&mut self, family: &Family<'_>, summary: &Summary) {
        for quantile in &summary.quantiles {
            let text = bound(quantile.quantile, self.is_open_metrics);
            self.begin(family, "", Some(("quantile", &text)));
            float(&mut self.text, quantile.value);
            self.end(None);
        }
        self.sum_and_count(family, summary.sum, summary.count);
    }

    fn sum_and_count(&mut self, family: &Family<'_>, sum: Option<f64>, all: u64) {
        if let Some(sum) = sum {
            self.begin(family, "_sum", None);
            float(&mut self.text, sum);
            self.end(None);
        }
        self.begin(family, "_count", None);
        count(&mut self.text, all);
        self.end(None);
    }

    fn begin(&mut self, family: &Family<'_>, suffix: &str, more: Option<(&str, &str)>) {
        let lines = Lines {
            name: &family.name,
            labels: &self.labels,
        };
        lines.begin(&mut self.text, suffix, more);
    }

    fn end(&mut self, exemplar: Option<&Exemplar<'_>>) {
        if let Some(exemplar) = exemplar.filter(|_| self.is_open_metrics) {
            append(&mut self.text, exemplar);
        }
        self.text.push('\n');
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
