//! Which format is wanted.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderName};

use crate::prometheus::family::Escaping;

/// A format that can be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Format {
    /// The text format of Prometheus, version 0.0.4.
    #[default]
    Text,
    /// The same, version 1.0.0, in which clients may take names that are not of the older form.
    Text1(Escaping),
    /// `OpenMetrics` as it was before 1.0.
    OpenMetrics0,
    /// `OpenMetrics` 1.0, with names as in version 1.0.0 of the other.
    OpenMetrics(Escaping),
}

/// Whether an answer is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Compressed {
    #[default]
    No,
    /// With gzip.
    Gzip,
}

impl Format {
    /// What the client prefers among what there is: the highest weight, then its own order. Where it takes none of them,
    /// it gets the default all the same, as from other clients of Prometheus.
    ///
    /// Names are those that every client takes, unless it says more.
    ///
    /// Spec: Prometheus exporter, "Format Selection", "Escaping Schemes" (MUST).
    pub(crate) fn wanted(headers: &HeaderMap) -> Self {
        let mut best = (0, Self::default());
        for range in listed(headers, &ACCEPT) {
            if let Some(format) = Self::of(&range)
                && range.weight > best.0
            {
                best = (range.weight, format);
            }
        }
        best.1
    }

    fn of(range: &Weighted<'_>) -> Option<Self> {
        let escaping = || {
            let named = range.parameter("escaping").and_then(Escaping::named);
            named.unwrap_or_default()
        };
        match range.value.to_ascii_lowercase().as_str() {
            "*/*" | "text/*" => Some(Self::Text),
            "text/plain" => match range.parameter("version") {
                None | Some("0.0.4") => Some(Self::Text),
                Some("1.0.0") => Some(Self::Text1(escaping())),
                Some(_) => None,
            },
            "application/*" => Some(Self::OpenMetrics(Escaping::default())),
            "application/openmetrics-text" => match range.parameter("version") {
                None | Some("1.0.0") => Some(Self::OpenMetrics(escaping())),
                Some("0.0.1") => Some(Self::OpenMetrics0),
                Some(_) => None,
            },
            _ => None,
        }
    }

    /// What an answer in this format says that it is.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::Text1(escaping) => match escaping {
                Escaping::Underscores => {
                    "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"
                }
                Escaping::AllowUtf8 => {
                    "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
                }
                Escaping::Dots => "text/plain; version=1.0.0; charset=utf-8; escaping=dots",
                Escaping::Values => "text/plain; version=1.0.0; charset=utf-8; escaping=values",
            },
            Self::OpenMetrics0 => "application/openmetrics-text; version=0.0.1; charset=utf-8",
            Self::OpenMetrics(escaping) => match escaping {
                Escaping::Underscores => {
                    "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
                }
                Escaping::AllowUtf8 => {
                    "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
                }
                Escaping::Dots => {
                    "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots"
                }
                Escaping::Values => {
                    "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=values"
                }
            },
        }
    }

    /// How names are written that are not of the older form.
    pub(crate) const fn escaping(self) -> Escaping {
        match self {
            Self::Text | Self::OpenMetrics0 => Escaping::Underscores,
            Self::Text1(escaping) | Self::OpenMetrics(escaping) => escaping,
        }
    }

    /// The one that stands for all which have the same text, where names are escaped in this way.
    pub(crate) const fn text(self, escaping: Escaping) -> Self {
        if self.is_open_metrics() {
            Self::OpenMetrics(escaping)
        } else {
            Self::Text1(escaping)
        }
    }

    /// Whether it is one of `OpenMetrics`.
    pub(crate) const fn is_open_metrics(self) -> bool {
        matches!(self, Self::OpenMetrics0 | Self::OpenMetrics(_))
    }
}

impl Compressed {
    /// gzip where the client takes it and this build has it.
    pub(crate) fn wanted(headers: &HeaderMap) -> Self {
        let mut named = None;
        let mut any = None;
        for coding in listed(headers, &ACCEPT_ENCODING) {
            if coding.value.eq_ignore_ascii_case("gzip") {
                named = named.or(Some(coding.weight > 0));
            } else if coding.value == "*" {
                any = any.or(Some(coding.weight > 0));
            }
        }
        if cfg!(feature = "gzip") && named.or(any).unwrap_or(false) {
            Self::Gzip
        } else {
            Self::No
        }
    }
}

/// One of the values of a header that lists what a client takes.
struct Weighted<'a> {
    value: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    /// In thousandths.
    weight: u16,
}

impl<'a> Weighted<'a> {
    fn new(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let value = parts.next().filter(|value| !value.is_empty())?;
        let parameters: Vec<_> = parts
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
            .collect();
        let mut range = Self {
            value,
            parameters,
            weight: 1000,
        };
        if let Some(weight) = range.parameter("q") {
            range.weight = thousandths(weight)?;
        }
        Some(range)
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        let mut parameters = self.parameters.iter();
        let (_, value) = parameters.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// A weight from 0 to 1, in thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let weight: f64 = text.parse().ok()?;
    if !(0.0..=1.0).contains(&weight) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between 0 and 1000"
    )]
    let thousandths = (weight * 1000.0).round() as u16;
    Some(thousandths)
}

/// What `name` lists. What cannot be read is left out.
fn listed<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = Weighted<'a>> {
    headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(Weighted::new)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const OPEN_METRICS: Format = Format::OpenMetrics(Escaping::Underscores);

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        values
            .iter()
            .map(|value| {
                let value = HeaderValue::from_str(value).expect("a value");
                (name.clone(), value)
            })
            .collect()
    }

    #[track_caller]
    fn gets(accept: &[&str], format: Format) {
        assert_eq!(
            Format::wanted(&headers(&ACCEPT, accept)),
            format,
            "{accept:?}"
        );
    }

    #[test]
    fn a_client_that_asks_for_nothing_gets_the_oldest_format() {
        gets(&[], Format::Text);
        gets(&[""], Format::Text);
        gets(&["*/*"], Format::Text);
        gets(&["text/html,application/xhtml+xml,*/*;q=0.8"], Format::Text);
        gets(&["application/json"], Format::Text);
        gets(
            &["application/openmetrics-text;version=2.0.0"],
            Format::Text,
        );
    }

    #[test]
    fn the_highest_weight_counts_and_then_the_order() {
        gets(&["application/openmetrics-text"], OPEN_METRICS);
        gets(
            &["APPLICATION/OpenMetrics-Text; Version=\"0.0.1\""],
            Format::OpenMetrics0,
        );
        gets(
            &["text/plain;version=0.0.4;q=0.5,application/openmetrics-text;q=0.9"],
            OPEN_METRICS,
        );
        gets(
            &["text/plain;q=0.5", "application/openmetrics-text;q=0.4"],
            Format::Text,
        );
        gets(&["text/plain, application/openmetrics-text"], Format::Text);
        gets(
            &["application/openmetrics-text;q=0, text/plain;version=1.0.0;q=0.1"],
            Format::Text1(Escaping::Underscores),
        );
        gets(
            &["application/openmetrics-text;q=2, text/plain;q=abc"],
            Format::Text,
        );
    }

    #[test]
    fn prometheus_gets_what_it_prefers() {
        let two = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                   text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        gets(&[two], OPEN_METRICS);
        let three = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,\
                     application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                     text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        gets(&[three], Format::OpenMetrics(Escaping::AllowUtf8));
    }

    #[test]
    fn names_are_escaped_as_the_client_says_in_the_versions_that_know_of_it() {
        for (name, escaping) in [
            ("underscores", Escaping::Underscores),
            ("allow-utf-8", Escaping::AllowUtf8),
            ("dots", Escaping::Dots),
            ("values", Escaping::Values),
        ] {
            let text = format!("text/plain;version=1.0.0;escaping={name}");
            let open_metrics =
                format!("application/openmetrics-text;version=1.0.0;escaping={name}");
            for (accept, format) in [
                (text, Format::Text1(escaping)),
                (open_metrics, Format::OpenMetrics(escaping)),
            ] {
                gets(&[&accept], format);
                let told = format.content_type();
                assert!(told.ends_with(&format!("; escaping={name}")), "{told}");
                assert_eq!(format.escaping(), escaping);
            }
        }
        gets(
            &["application/openmetrics-text;escaping=\"allow-utf8\""],
            Format::OpenMetrics(Escaping::AllowUtf8),
        );
        gets(
            &["application/openmetrics-text;escaping=none"],
            OPEN_METRICS,
        );
        gets(
            &["text/plain;version=0.0.4;escaping=allow-utf-8"],
            Format::Text,
        );
        gets(
            &["application/openmetrics-text;version=0.0.1;escaping=allow-utf-8"],
            Format::OpenMetrics0,
        );
        gets(
            &["text/plain;version=1.0.0;q=0.9,text/plain;version=1.0.0;escaping=dots;q=0.8"],
            Format::Text1(Escaping::Underscores),
        );
    }

    #[cfg(feature = "gzip")]
    #[test]
    fn an_answer_is_compressed_only_for_clients_that_take_it() {
        let table = [
            ("gzip", Compressed::Gzip),
            ("deflate, GZIP;q=0.5", Compressed::Gzip),
            ("*", Compressed::Gzip),
            ("", Compressed::No),
            ("identity", Compressed::No),
            ("gzip;q=0", Compressed::No),
            ("gzip;q=0, *", Compressed::No),
            ("*;q=0", Compressed::No),
        ];
        for (value, expected) in table {
            let headers = headers(&ACCEPT_ENCODING, &[value]);
            assert_eq!(Compressed::wanted(&headers), expected, "{value}");
        }
    }
}
