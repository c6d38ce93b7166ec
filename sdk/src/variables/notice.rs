//! Variables that are set and do nothing.

use super::table::VARIABLES;
use crate::environment::{Environment, LOG_TARGET};

/// How many letters of a name may be wrong for it to be taken for a slip of the pen.
const SLIP: usize = 2;

/// Reports the variables that are set and have no effect: those that this SDK does not support, and those whose names
/// differ by a letter or two from one that it reads. Of other names with `OTEL_` nothing is said: they belong to somebody
/// else.
pub(crate) fn report(environment: &Environment) {
    let known: Vec<String> = VARIABLES.iter().flat_map(super::Variable::names).collect();
    for set in environment.names() {
        let without_effect = VARIABLES
            .iter()
            .find(|variable| variable.name == set)
            .and_then(|variable| variable.without_effect);
        if let Some(reason) = without_effect {
            tracing::warn!(
                target: LOG_TARGET,
                variable = set,
                "{set} is set and has no effect: {reason}"
            );
        } else if let Some(meant) = meant(set, &known) {
            tracing::warn!(
                target: LOG_TARGET,
                variable = set,
                "{set} is not a variable of this SDK and has no effect; did you mean {meant}?"
            );
        }
    }
}

/// The known name that `set` nearly is.
fn meant<'a>(set: &str, known: &'a [String]) -> Option<&'a str> {
    let is_ours = set.starts_with("OTEL_") || set.starts_with("OTELBOX_");
    if !is_ours || known.iter().any(|name| name == set) {
        return None;
    }
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(set, name), name))
        .filter(|(distance, _)| *distance <= SLIP)
        .min()
        .map(|(_, name)| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant_by(set: &str) -> Option<String> {
        let known: Vec<String> = VARIABLES
            .iter()
            .flat_map(super::super::Variable::names)
            .collect();
        meant(set, &known).map(str::to_owned)
    }

    #[test]
    fn a_slip_of_the_pen_is_found() {
        let found = [
            ("OTEL_EXPORTER_OTLP_ENDPIONT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
            ("OTEL_TRACE_EXPORTER", "OTEL_TRACES_EXPORTER"),
            (
                "OTEL_EXPORTER_OTLP_METRIC_ENDPOINT",
                "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            ),
        ];
        for (set, name) in found {
            assert_eq!(meant_by(set).as_deref(), Some(name));
        }
    }

    #[test]
    fn right_and_foreign_names_are_left_alone() {
        for set in [
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
            "OTEL_SERVICE_NAME",
            "OTEL_EXAMPLE_TOKEN",
            "OTEL_PYTHON_ID_GENERATOR",
            "PATH",
        ] {
            assert_eq!(meant_by(set), None, "{set}");
        }
    }
}
