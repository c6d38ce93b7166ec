//! Which spans are recorded: `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`.

use opentelemetry_sdk::trace::Sampler;

use crate::environment::{Environment, LOG_TARGET, warn_unusable};

const VARIABLE: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";
const DEFAULT: &str = "parentbased_always_on";
const ALLOWED: &str = "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off or \
                       parentbased_traceidratio";

/// What decides at the root of a trace.
#[derive(Clone, Copy)]
enum Root {
    AlwaysOn,
    AlwaysOff,
    Ratio,
}

/// The sampler that the environment names, and its description for the log. Default: `parentbased_always_on`.
///
/// Spec: environment variables, "General SDK Configuration" (what `OTEL_TRACES_SAMPLER_ARG` cannot be read as MUST be
/// logged and otherwise ignored).
pub(super) fn sampler_from(environment: &Environment) -> (Sampler, String) {
    let (name, (root, parent_based)) = chosen(environment);
    let (sampler, description) = match root {
        Root::AlwaysOn => (Sampler::AlwaysOn, name.to_owned()),
        Root::AlwaysOff => (Sampler::AlwaysOff, name.to_owned()),
        Root::Ratio => {
            let ratio = ratio(environment);
            (
                Sampler::TraceIdRatioBased(ratio),
                format!("{name}({ratio})"),
            )
        }
    };
    if environment.get(ARGUMENT).is_some() && !matches!(root, Root::Ratio) {
        tracing::warn!(
            target: LOG_TARGET,
            variable = ARGUMENT,
            "{ARGUMENT} is set, but the sampler {name} takes no argument; it is ignored"
        );
    }
    if parent_based {
        (Sampler::ParentBased(Box::new(sampler)), description)
    } else {
        (sampler, description)
    }
}

fn chosen(environment: &Environment) -> (&'static str, (Root, bool)) {
    let default = (DEFAULT, (Root::AlwaysOn, true));
    let Some(text) = environment.get(VARIABLE) else {
        return default;
    };
    let found = match text.trim().to_ascii_lowercase().as_str() {
        "always_on" => Ok(("always_on", (Root::AlwaysOn, false))),
        "always_off" => Ok(("always_off", (Root::AlwaysOff, false))),
        "traceidratio" => Ok(("traceidratio", (Root::Ratio, false))),
        "parentbased_always_on" => Ok(default),
        "parentbased_always_off" => Ok(("parentbased_always_off", (Root::AlwaysOff, true))),
        "parentbased_traceidratio" => Ok(("parentbased_traceidratio", (Root::Ratio, true))),
        "jaeger_remote" | "parentbased_jaeger_remote" | "xray" => {
            Err(" (the specification knows it; this SDK does not have it)")
        }
        _ => Err(""),
    };
    found.unwrap_or_else(|known| {
        warn_unusable(VARIABLE, text, &format!("{ALLOWED}{known}"), DEFAULT);
        default
    })
}

fn ratio(environment: &Environment) -> f64 {
    const ALL: f64 = 1.0;
    environment
        .parsed(&[ARGUMENT], "a number from 0 to 1", ALL, |text| {
            let ratio: f64 = text.parse().ok()?;
            (0.0..=1.0).contains(&ratio).then_some(ratio)
        })
        .unwrap_or(ALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sampler: &str, argument: &str) -> String {
        let environment = Environment::empty()
            .with(VARIABLE, sampler)
            .with(ARGUMENT, argument);
        let (sampler, description) = sampler_from(&environment);
        format!("{description}: {sampler:?}")
    }

    #[test]
    fn every_name_is_known() {
        let expected = [
            ("", "parentbased_always_on: ParentBased(AlwaysOn)"),
            ("always_on", "always_on: AlwaysOn"),
            ("ALWAYS_OFF", "always_off: AlwaysOff"),
            ("traceidratio", "traceidratio(1): TraceIdRatioBased(1.0)"),
            (
                "parentbased_always_on",
                "parentbased_always_on: ParentBased(AlwaysOn)",
            ),
            (
                "parentbased_always_off",
                "parentbased_always_off: ParentBased(AlwaysOff)",
            ),
            (
                "parentbased_traceidratio",
                "parentbased_traceidratio(1): ParentBased(TraceIdRatioBased(1.0))",
            ),
        ];
        for (name, sampler) in expected {
            assert_eq!(read(name, ""), sampler);
        }
    }

    #[test]
    fn others_are_the_default() {
        for name in ["jaeger_remote", "parentbased_jaeger_remote", "xray", "half"] {
            assert_eq!(
                read(name, ""),
                "parentbased_always_on: ParentBased(AlwaysOn)"
            );
        }
    }

    #[test]
    fn a_ratio_is_from_0_to_1() {
        assert_eq!(
            read("traceidratio", "0.25"),
            "traceidratio(0.25): TraceIdRatioBased(0.25)"
        );
        for wrong in ["half", "-0.1", "1.1", "NaN", "inf"] {
            assert_eq!(
                read("traceidratio", wrong),
                "traceidratio(1): TraceIdRatioBased(1.0)"
            );
        }
    }
}
