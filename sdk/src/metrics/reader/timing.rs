//! Interval and timeout.

use std::time::Duration;

use crate::config_error::ConfigError;
use crate::environment::{Environment, LOG_TARGET, warn_unusable};

const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const INTERVAL_VARIABLE: &str = "OTEL_METRIC_EXPORT_INTERVAL";
const TIMEOUT_VARIABLE: &str = "OTEL_METRIC_EXPORT_TIMEOUT";

/// How often a reader collects, and how long a cycle may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timing {
    /// From start to start.
    pub(super) interval: Duration,
    /// From the start of the collection to the end of the export.
    pub(super) timeout: Duration,
}

/// What was set in code.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    pub(super) interval: Option<Duration>,
    pub(super) timeout: Option<Duration>,
    pub(super) allow_slow_cycles: bool,
}

impl Wanted {
    /// Settles interval and timeout: code wins over the environment, and a timeout that is not smaller than the
    /// interval is refused (both from code), reduced with a warning (one from the environment) or kept with a warning
    /// (slow cycles allowed).
    pub(super) fn settle(self, environment: &Environment) -> Result<Timing, ConfigError> {
        let from_environment = |variable, default| positive(environment, variable, default);
        let (interval, interval_in_code) = match checked("with_interval", self.interval)? {
            Some(interval) => (Some(interval), true),
            None => (from_environment(INTERVAL_VARIABLE, DEFAULT_INTERVAL), false),
        };
        let interval_set = interval.is_some();
        let interval = interval.unwrap_or(DEFAULT_INTERVAL);
        let (timeout, timeout_in_code) = match checked("with_timeout", self.timeout)? {
            Some(timeout) => (Some(timeout), true),
            None => (from_environment(TIMEOUT_VARIABLE, DEFAULT_TIMEOUT), false),
        };
        let Some(timeout) = timeout else {
            let timeout = DEFAULT_TIMEOUT.min(two_thirds(interval));
            if interval_set && timeout < DEFAULT_TIMEOUT {
                tracing::info!(
                    target: LOG_TARGET,
                    "export timeout {timeout:?}, two thirds of the interval of {interval:?}, as none was set"
                );
            }
            return Ok(Timing { interval, timeout });
        };
        if timeout < interval {
            return Ok(Timing { interval, timeout });
        }
        if self.allow_slow_cycles {
            tracing::warn!(
                target: LOG_TARGET,
                "the export timeout of {timeout:?} is not smaller than the interval of {interval:?}: a slow export \
                 makes the next cycle start late (slow cycles are allowed)"
            );
            return Ok(Timing { interval, timeout });
        }
        if timeout_in_code && (interval_in_code || !interval_set) {
            return Err(ConfigError::TimeoutNotBelowInterval { timeout, interval });
        }
        let reduced = two_thirds(interval);
        tracing::warn!(
            target: LOG_TARGET,
            "the export timeout of {timeout:?} is not smaller than the interval of {interval:?} \
             ({TIMEOUT_VARIABLE}, {INTERVAL_VARIABLE}): a slow export would delay the next one; using a timeout of \
             {reduced:?}, two thirds of the interval"
        );
        Ok(Timing {
            interval,
            timeout: reduced,
        })
    }
}

fn two_thirds(interval: Duration) -> Duration {
    interval.saturating_mul(2) / 3
}

fn checked(option: &'static str, value: Option<Duration>) -> Result<Option<Duration>, ConfigError> {
    match value {
        Some(Duration::ZERO) => Err(ConfigError::Value {
            option,
            value: "0".to_owned(),
            allowed: "more than 0",
        }),
        value => Ok(value),
    }
}

fn positive(environment: &Environment, variable: &str, default: Duration) -> Option<Duration> {
    let duration = environment.milliseconds(&[variable], default)?;
    if duration.is_zero() {
        let used = format!("{} ms", default.as_millis());
        warn_unusable(
            variable,
            "0",
            "a whole number of milliseconds, 1 or more",
            &used,
        );
        return None;
    }
    Some(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    fn settle(
        code: (u64, u64),
        environment: (&str, &str),
        slow: bool,
    ) -> Result<(u64, u64), String> {
        let wanted = Wanted {
            interval: (code.0 > 0).then(|| seconds(code.0)),
            timeout: (code.1 > 0).then(|| seconds(code.1)),
            allow_slow_cycles: slow,
        };
        let environment = Environment::empty()
            .with(INTERVAL_VARIABLE, environment.0)
            .with(TIMEOUT_VARIABLE, environment.1);
        wanted
            .settle(&environment)
            .map(|timing| (timing.interval.as_secs(), timing.timeout.as_secs()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_a_minute_and_half_of_it() {
        assert_eq!(settle((0, 0), ("", ""), false), Ok((60, 30)));
    }

    #[test]
    fn a_missing_timeout_follows_the_interval() {
        assert_eq!(settle((15, 0), ("", ""), false), Ok((15, 10)));
        assert_eq!(settle((0, 0), ("15000", ""), false), Ok((15, 10)));
        assert_eq!(settle((120, 0), ("", ""), false), Ok((120, 30)));
    }

    #[test]
    fn code_wins_over_the_environment() {
        assert_eq!(settle((15, 10), ("30000", "20000"), false), Ok((15, 10)));
    }

    #[test]
    fn a_timeout_in_code_that_reaches_the_interval_is_an_error_unless_allowed() {
        let error = settle((15, 15), ("", ""), false).expect_err("refused");
        assert!(error.contains("allow_slow_cycles()"), "{error}");
        assert_eq!(settle((15, 30), ("", ""), true), Ok((15, 30)));
        settle((0, 60), ("", ""), false).expect_err("the default interval is 60 s");
    }

    #[test]
    fn a_timeout_from_the_environment_that_reaches_the_interval_is_reduced() {
        assert_eq!(settle((0, 0), ("15000", "15000"), false), Ok((15, 10)));
        assert_eq!(settle((15, 0), ("", "30000"), false), Ok((15, 10)));
        assert_eq!(settle((0, 30), ("15000", ""), false), Ok((15, 10)));
        assert_eq!(settle((0, 0), ("15000", "30000"), true), Ok((15, 30)));
    }

    #[test]
    fn zero_is_an_error_in_code_and_a_warning_in_the_environment() {
        let zero = Wanted {
            interval: Some(Duration::ZERO),
            ..Wanted::default()
        };
        zero.settle(&Environment::empty()).expect_err("refused");
        assert_eq!(settle((0, 0), ("0", "-5"), false), Ok((60, 30)));
    }
}
