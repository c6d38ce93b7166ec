//! Names of metrics and labels.
//!
//! Spec: Prometheus compatibility, "OTLP Metric points to Prometheus: Metric Metadata", "Metric Attributes" (what is not
//! allowed MUST be replaced by `_`, several of them by one); Prometheus exporter, "Configuration" (`translation_strategy`).

use std::borrow::Cow;

use super::escaping::Escaping;
use super::model::Kind;
use super::unit;

/// Which letters names have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// Those that the older formats allow, and never two underscores in a row.
    Underscores,
    /// Those that they were recorded with, escaped for clients that do not take them.
    AsRecorded(Escaping),
}

impl Naming {
    /// The name of the label that an attribute becomes.
    pub(super) fn label(self, key: &str) -> Cow<'_, str> {
        match self {
            Self::Underscores => label_name(key),
            // No label is without a name.
            Self::AsRecorded(_) if key.is_empty() => Cow::Borrowed("_"),
            Self::AsRecorded(escaping) => escaping.label(key),
        }
    }
}

/// The parts of a family's name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FamilyName {
    /// With the unit, without the suffix.
    pub(super) name: String,
    pub(super) suffix: &'static str,
    /// What the name ends in; empty where there is none, or where the name has it elsewhere.
    pub(super) unit: Cow<'static, str>,
}

/// Which parts a name gets besides that of the metric.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suffixes {
    pub(super) unit: bool,
    pub(super) kind: bool,
}

impl FamilyName {
    /// The name of the family of a metric. `is_ratio` says that a value without unit is a ratio. `None` where there is no name.
    pub(super) fn new(
        metric: &str,
        unit: &str,
        kind: Kind,
        is_ratio: bool,
        suffixes: Suffixes,
        naming: Naming,
    ) -> Option<Self> {
        if metric.is_empty() {
            return None;
        }
        let mut name = match naming {
            Naming::Underscores => metric_name(metric),
            Naming::AsRecorded(_) => metric.to_owned(),
        };
        let suffix = if suffixes.kind { suffix(kind) } else { "" };
        if let Some(rest) = without_suffix(&name, suffix) {
            name.truncate(rest.len());
        }
        let mut unit = if suffixes.unit {
            unit::in_words(unit, is_ratio)
        } else {
            Cow::Borrowed("")
        };
        if !unit.is_empty() && !ends_in(&name, &unit) {
            if has_within(&sanitized(&name), &unit) {
                unit = Cow::Borrowed("");
            } else {
                append(&mut name, &unit);
            }
        }
        if !suffix.is_empty() && name.ends_with('_') && name.len() > 1 {
            name.pop();
        }
        let mut family = Self { name, suffix, unit };
        if let Naming::AsRecorded(escaping) = naming {
            family.escape(escaping);
        }
        Some(family)
    }

    /// Escapes the whole name of a sample, so that whoever undoes that has it as it was.
    fn escape(&mut self, escaping: Escaping) {
        let full = format!("{}{}", self.name, self.suffix);
        let escaped = escaping.metric(&full);
        // An underscore becomes no less, so that the suffix is still there.
        let name = escaped.strip_suffix(self.suffix).unwrap_or(&escaped);
        name.clone_into(&mut self.name);
        // `OpenMetrics` has units only where a name ends in them (MUST).
        if !ends_in(&self.name, &self.unit) {
            self.unit = Cow::Borrowed("");
        }
    }
}

/// The name of a metric in letters that the older formats allow.
fn metric_name(metric: &str) -> String {
    let mut name = sanitized(metric).into_owned();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

/// What comes before the suffix in a name that has it already, whatever it is set off with: `io.total` is `io`, as in the OTLP
/// receiver of Prometheus.
fn without_suffix<'a>(name: &'a str, suffix: &str) -> Option<&'a str> {
    let word = suffix.strip_prefix('_')?;
    let rest = name.strip_suffix(word)?;
    let rest = rest.strip_suffix(|letter: char| !letter.is_alphanumeric() && letter != ':')?;
    (!rest.is_empty()).then_some(rest)
}

/// What the name of a sample that is a number ends in.
const fn suffix(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "_total",
        Kind::Info => "_info",
        Kind::Gauge
        | Kind::Histogram
        | Kind::ExponentialHistogram
        | Kind::Summary
        | Kind::StateSet
        | Kind::Unknown => "",
    }
}

/// The name of the label that an attribute becomes. One that begins with a digit gets `key_` before it, as in the OTLP
/// receiver of Prometheus, so that a series has the same labels by either way.
fn label_name(key: &str) -> Cow<'_, str> {
    if is_label_name(key) {
        return Cow::Borrowed(key);
    }
    let mut name = sanitized(key).replace(':', "_");
    if name.contains("__") {
        name = sanitized(&name).into_owned();
    }
    match name.bytes().next() {
        None => Cow::Borrowed("_"),
        Some(first) if first.is_ascii_digit() => Cow::Owned(format!("key_{name}")),
        Some(_) => Cow::Owned(name),
    }
}

/// Whether a key is the name of a label as it is.
fn is_label_name(key: &str) -> bool {
    let mut before = 0;
    for &byte in key.as_bytes() {
        let is_allowed = match byte {
            b'a'..=b'z' | b'A'..=b'Z' => true,
            b'0'..=b'9' => before != 0,
            b'_' => before != b'_',
            _ => false,
        };
        if !is_allowed {
            return false;
        }
        before = byte;
    }
    before != 0
}

/// A name of letters, digits, colons and underscores, never two of these in a row.
pub(super) fn sanitized(name: &str) -> Cow<'_, str> {
    let is_kept = |letter: char| letter.is_ascii_alphanumeric() || letter == ':';
    if name.chars().all(|letter| is_kept(letter) || letter == '_') && !name.contains("__") {
        return Cow::Borrowed(name);
    }
    let mut kept = String::with_capacity(name.len());
    for letter in name.chars() {
        if is_kept(letter) {
            kept.push(letter);
        } else if !kept.ends_with('_') {
            kept.push('_');
        }
    }
    Cow::Owned(kept)
}

fn append(name: &mut String, word: &str) {
    if !name.ends_with('_') {
        name.push('_');
    }
    name.push_str(word);
}

/// Whether the words of `name` end in those of `unit`.
fn ends_in(name: &str, unit: &str) -> bool {
    let rest = name.strip_suffix(unit);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
}

/// Whether the words of `unit` are among those of `name`.
fn has_within(name: &str, unit: &str) -> bool {
    format!("_{name}_").contains(&format!("_{unit}_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Suffixes = Suffixes {
        unit: true,
        kind: true,
    };

    const UTF8: Naming = Naming::AsRecorded(Escaping::AllowUtf8);

    /// The name of a sample, and the unit.
    fn named(metric: &str, unit: &str, kind: Kind) -> (String, String) {
        let is_ratio = kind == Kind::Gauge;
        let family = FamilyName::new(metric, unit, kind, is_ratio, ALL, Naming::Underscores);
        let family = family.expect("a name");
        (family.name + family.suffix, family.unit.into_owned())
    }

    #[track_caller]
    fn is(metric: &str, unit: &str, kind: Kind, name: &str, in_words: &str) {
        let expected = (name.to_owned(), in_words.to_owned());
        assert_eq!(named(metric, unit, kind), expected, "{metric} in {unit}");
    }

    #[test]
    fn counters_end_in_total_once_and_after_the_unit() {
        is("requests", "", Kind::Counter, "requests_total", "");
        is("requests_total", "", Kind::Counter, "requests_total", "");
        is("io.total", "By", Kind::Counter, "io_bytes_total", "bytes");
        is(
            "cpu_seconds_total",
            "s",
            Kind::Counter,
            "cpu_seconds_total",
            "seconds",
        );
        is("items.", "{item}", Kind::Counter, "items_total", "");
        is("_total", "", Kind::Counter, "_total_total", "");
    }

    #[test]
    fn the_unit_is_there_once() {
        is(
            "http.server.duration",
            "s",
            Kind::Histogram,
            "http_server_duration_seconds",
            "seconds",
        );
        is(
            "wait_seconds",
            "s",
            Kind::Histogram,
            "wait_seconds",
            "seconds",
        );
        is("seconds_waited", "s", Kind::Gauge, "seconds_waited", "");
        is(
            "milliseconds",
            "s",
            Kind::Gauge,
            "milliseconds_seconds",
            "seconds",
        );
        is(
            "speed",
            "m/s",
            Kind::Gauge,
            "speed_meters_per_second",
            "meters_per_second",
        );
    }

    #[test]
    fn a_gauge_without_unit_is_a_ratio_and_a_counter_is_not() {
        is(
            "utilization",
            "1",
            Kind::Gauge,
            "utilization_ratio",
            "ratio",
        );
        is("faults", "1", Kind::Counter, "faults_total", "");
    }

    #[test]
    fn what_is_not_allowed_is_one_underscore() {
        is("a..b--c__d", "", Kind::Gauge, "a_b_c_d", "");
        is("0day", "", Kind::Gauge, "_0day", "");
        is("job:rate", "", Kind::Gauge, "job:rate", "");
        is("größe", "", Kind::Gauge, "gr_e", "");
        is("日本", "", Kind::Gauge, "_", "");
        for naming in [Naming::Underscores, UTF8] {
            let nameless = FamilyName::new("", "s", Kind::Gauge, false, ALL, naming);
            assert_eq!(nameless, None);
        }
    }

    #[test]
    fn suffixes_can_be_left_out() {
        let none = Suffixes {
            unit: false,
            kind: false,
        };
        let naming = Naming::Underscores;
        let family = FamilyName::new("io_total", "By", Kind::Counter, false, none, naming);
        let family = family.expect("a name");
        assert_eq!((family.name.as_str(), family.suffix), ("io_total", ""));
        assert_eq!(family.unit, "");
    }

    #[test]
    fn labels_are_names_without_colons() {
        let table = [
            ("http.method", "http_method"),
            ("_private", "_private"),
            ("__name__", "_name_"),
            ("a:b", "a_b"),
            ("a:_b", "a_b"),
            ("4xx", "key_4xx"),
            ("", "_"),
            ("é", "_"),
            ("plain_1", "plain_1"),
        ];
        for (key, name) in table {
            assert_eq!(label_name(key), name, "{key}");
        }
    }

    #[test]
    fn names_as_recorded_have_their_suffixes_once() {
        let table = [
            ("io", "By", Kind::Counter, "io_bytes_total", "bytes"),
            ("io.total", "By", Kind::Counter, "io_bytes_total", "bytes"),
            ("subtotal", "", Kind::Counter, "subtotal_total", ""),
            (".total", "", Kind::Counter, ".total_total", ""),
            (
                "http.duration",
                "s",
                Kind::Histogram,
                "http.duration_seconds",
                "seconds",
            ),
            ("wait.seconds", "s", Kind::Histogram, "wait.seconds", ""),
            ("seconds.waited", "s", Kind::Gauge, "seconds.waited", ""),
            ("größe", "By", Kind::Gauge, "größe_bytes", "bytes"),
            ("a..b", "", Kind::Gauge, "a..b", ""),
            ("0day", "", Kind::Gauge, "0day", ""),
        ];
        for (metric, unit, kind, name, in_words) in table {
            let family = FamilyName::new(metric, unit, kind, false, ALL, UTF8).expect("a name");
            assert_eq!(family.name + family.suffix, name, "{metric}");
            assert_eq!(family.unit, in_words, "{metric}");
        }
    }

    #[test]
    fn an_escaped_name_is_escaped_as_a_whole_and_keeps_a_unit_that_it_ends_in() {
        let table = [
            (Escaping::Underscores, "a_b_seconds", "seconds"),
            (Escaping::AllowUtf8, "a.b_seconds", "seconds"),
            (Escaping::Dots, "a_dot_b__seconds_", ""),
            (Escaping::Values, "U__a_2e_b__seconds_", ""),
        ];
        for (escaping, name, unit) in table {
            let naming = Naming::AsRecorded(escaping);
            let family = FamilyName::new("a.b", "s", Kind::Counter, false, ALL, naming);
            let family = family.expect("a name");
            assert_eq!((family.name.as_str(), family.suffix), (name, "_total"));
            assert_eq!(family.unit, unit, "{escaping:?}");
        }
    }

    #[test]
    fn labels_as_recorded_are_called_as_their_keys() {
        for key in ["http.method", "a:b", "__name__", "4xx", "é"] {
            assert_eq!(UTF8.label(key), key);
        }
        assert_eq!(UTF8.label(""), "_");
        let underscores = Naming::AsRecorded(Escaping::Underscores);
        assert_eq!(underscores.label("http..method"), "http__method");
    }
}
