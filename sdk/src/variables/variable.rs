//! What is known about an environment variable.

use std::fmt;

use crate::signal::Signal;

/// An environment variable: a row of the table of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// Its name; for one that there is for each signal too, that of the general one.
    pub name: &'static str,
    /// Whether there is one for each signal too, which wins over the general one: the name of the signal then comes
    /// after `OTEL_EXPORTER_OTLP_`.
    pub per_signal: bool,
    /// What it decides.
    pub meaning: &'static str,
    /// The unit of its value.
    pub unit: Unit,
    /// What its value may be.
    pub allowed: &'static str,
    /// What holds where it is unset, empty or unusable.
    pub default: &'static str,
    /// Why it has no effect, if it has none: then a warning says so where it is set.
    pub without_effect: Option<&'static str>,
}

/// The unit of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// None: a text, a name or a list.
    None,
    /// Milliseconds.
    Milliseconds,
    /// A number of things: spans, attributes, characters.
    Count,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "",
            Self::Milliseconds => "ms",
            Self::Count => "count",
        })
    }
}

impl Variable {
    /// Its names: the general one, then those of the signals, if there are any.
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![self.name.to_owned()];
        if self.per_signal {
            names.extend(
                [Signal::Traces, Signal::Metrics, Signal::Logs].map(|signal| self.of(signal)),
            );
        }
        names
    }

    /// The name of the one for `signal`, where there is one for each.
    fn of(&self, signal: Signal) -> String {
        let option = self.name.trim_start_matches(PREFIX);
        format!("{PREFIX}{}_{option}", signal.variable_part())
    }
}

/// What the names of those begin with of which there is one for each signal.
const PREFIX: &str = "OTEL_EXPORTER_OTLP_";

const fn row(
    name: &'static str,
    meaning: &'static str,
    unit: Unit,
    allowed: &'static str,
    default: &'static str,
) -> Variable {
    Variable {
        name,
        per_signal: false,
        meaning,
        unit,
        allowed,
        default,
        without_effect: None,
    }
}

pub(super) const fn text(
    name: &'static str,
    meaning: &'static str,
    allowed: &'static str,
    default: &'static str,
) -> Variable {
    row(name, meaning, Unit::None, allowed, default)
}

pub(super) const fn milliseconds(
    name: &'static str,
    meaning: &'static str,
    allowed: &'static str,
    default: &'static str,
) -> Variable {
    row(name, meaning, Unit::Milliseconds, allowed, default)
}

pub(super) const fn count(
    name: &'static str,
    meaning: &'static str,
    allowed: &'static str,
    default: &'static str,
) -> Variable {
    row(name, meaning, Unit::Count, allowed, default)
}

pub(super) const fn otlp(
    name: &'static str,
    meaning: &'static str,
    unit: Unit,
    allowed: &'static str,
    default: &'static str,
) -> Variable {
    Variable {
        per_signal: true,
        ..row(name, meaning, unit, allowed, default)
    }
}

pub(super) const fn without(
    name: &'static str,
    meaning: &'static str,
    reason: &'static str,
) -> Variable {
    Variable {
        without_effect: Some(reason),
        ..row(name, meaning, Unit::None, "", "")
    }
}
