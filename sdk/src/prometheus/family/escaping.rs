//! Names that the older formats do not allow, for clients that know no others.
//!
//! Spec: Prometheus, "UTF-8 metric and label name escaping schemes"; names that are legal stay as they are in each of them, as
//! in the client libraries of Prometheus.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What becomes of a name that the older formats do not allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    not(feature = "prometheus"),
    expect(dead_code, reason = "only scrapes are asked for by clients")
)]
pub(crate) enum Escaping {
    /// Each letter that is not allowed is `_`.
    #[default]
    Underscores,
    /// The client takes any name.
    AllowUtf8,
    /// Dots are `_dot_`, underscores and what else is not allowed are `__`.
    Dots,
    /// After `U__`, what is not allowed is its number in Unicode between underscores, and an underscore is two.
    Values,
}

/// Whether a letter is allowed at this place of a name.
type IsLegal = fn(usize, char) -> bool;

impl Escaping {
    /// The one of this name in the header `Accept`.
    ///
    /// Spec: Prometheus exporter, "Escaping Schemes", where `allow-utf-8` lacks its last hyphen; Prometheus asks for it with that.
    #[cfg(feature = "prometheus")]
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "underscores" => Some(Self::Underscores),
            "allow-utf-8" | "allow-utf8" => Some(Self::AllowUtf8),
            "dots" => Some(Self::Dots),
            "values" => Some(Self::Values),
            _ => None,
        }
    }

    /// The name of a metric.
    pub(super) fn metric(self, name: &str) -> Cow<'_, str> {
        self.escaped(name, is_legal_in_metric)
    }

    /// The name of a label.
    pub(super) fn label(self, name: &str) -> Cow<'_, str> {
        self.escaped(name, is_legal_in_label)
    }

    fn escaped(self, name: &str, is_legal: IsLegal) -> Cow<'_, str> {
        if self == Self::AllowUtf8 || is_legal_name(name, is_legal) {
            return Cow::Borrowed(name);
        }
        let mut escaped = String::with_capacity(name.len() + 16);
        if self == Self::Values {
            escaped.push_str("U__");
        }
        for (place, letter) in name.char_indices() {
            let is_legal = is_legal(place, letter);
            match self {
                Self::Underscores if !is_legal => escaped.push('_'),
                Self::Dots | Self::Values if letter == '_' => escaped.push_str("__"),
                Self::Dots if letter == '.' => escaped.push_str("_dot_"),
                Self::Dots if !is_legal => escaped.push_str("__"),
                Self::Values if !is_legal => {
                    // Writing to memory cannot fail.
                    let _ = write!(escaped, "_{:x}_", u32::from(letter));
                }
                Self::Underscores | Self::AllowUtf8 | Self::Dots | Self::Values => {
                    escaped.push(letter);
                }
            }
        }
        Cow::Owned(escaped)
    }
}

/// Whether the older formats allow this name of a metric: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
#[cfg(feature = "prometheus")]
pub(crate) fn is_legal_metric_name(name: &str) -> bool {
    is_legal_name(name, is_legal_in_metric)
}

/// Whether the older formats allow this name of a label: `[a-zA-Z_][a-zA-Z0-9_]*`.
#[cfg(feature = "prometheus")]
pub(crate) fn is_legal_label_name(name: &str) -> bool {
    is_legal_name(name, is_legal_in_label)
}

fn is_legal_name(name: &str, is_legal: IsLegal) -> bool {
    // Beyond ASCII nothing is legal, so that its bytes need not be put together.
    let mut letters = name.bytes().enumerate();
    !name.is_empty() && letters.all(|(place, byte)| is_legal(place, char::from(byte)))
}

fn is_legal_in_metric(place: usize, letter: char) -> bool {
    letter == ':' || is_legal_in_label(place, letter)
}

fn is_legal_in_label(place: usize, letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '_' || (place > 0 && letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: [(&str, &str, &str, &str); 9] = [
        ("plain_1", "plain_1", "plain_1", "plain_1"),
        (
            "http.server_time",
            "http_server_time",
            "http_dot_server__time",
            "U__http_2e_server__time",
        ),
        ("a..b", "a__b", "a_dot__dot_b", "U__a_2e__2e_b"),
        ("a-b", "a_b", "a__b", "U__a_2d_b"),
        ("4xx", "_xx", "__xx", "U___34_xx"),
        ("x4.", "x4_", "x4_dot_", "U__x4_2e_"),
        ("größe", "gr__e", "gr____e", "U__gr_f6__df_e"),
        ("日🎉", "__", "____", "U___65e5__1f389_"),
        (" \n", "__", "____", "U___20__a_"),
    ];

    #[test]
    fn a_name_is_escaped_as_the_client_asks_for() {
        for (name, underscores, dots, values) in TABLE {
            for (escaping, escaped) in [
                (Escaping::AllowUtf8, name),
                (Escaping::Underscores, underscores),
                (Escaping::Dots, dots),
                (Escaping::Values, values),
            ] {
                assert_eq!(escaping.metric(name), escaped, "{name} in {escaping:?}");
                assert_eq!(escaping.label(name), escaped, "{name} in {escaping:?}");
            }
        }
    }

    #[test]
    fn a_colon_is_for_metrics_alone() {
        for (escaping, label) in [
            (Escaping::AllowUtf8, "job:rate"),
            (Escaping::Underscores, "job_rate"),
            (Escaping::Dots, "job__rate"),
            (Escaping::Values, "U__job_3a_rate"),
        ] {
            assert_eq!(escaping.metric("job:rate"), "job:rate", "{escaping:?}");
            assert_eq!(escaping.label("job:rate"), label, "{escaping:?}");
        }
    }

    #[cfg(feature = "prometheus")]
    #[test]
    fn what_was_escaped_is_legal() {
        for name in TABLE.map(|(name, ..)| name).into_iter().chain(["a:b", ":"]) {
            for escaping in [Escaping::Underscores, Escaping::Dots, Escaping::Values] {
                let escaped = escaping.metric(name);
                assert!(is_legal_metric_name(&escaped), "{name} is {escaped}");
                let escaped = escaping.label(name);
                assert!(is_legal_label_name(&escaped), "{name} is {escaped}");
            }
        }
    }
}
