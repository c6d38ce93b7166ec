//! Size of queue and batch, delay and timeout.

use std::fmt;
use std::time::Duration;

use super::item::Processed;
use crate::config_error::ConfigError;
use crate::environment::{Environment, LOG_TARGET};

pub(super) const DEFAULT_QUEUE_SIZE: usize = 2_048;
const DEFAULT_BATCH_SIZE: usize = 512;
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// How a processor works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) queue_size: usize,
    pub(super) batch_size: usize,
    pub(super) delay: Duration,
    /// `None` is no limit.
    pub(super) timeout: Option<Duration>,
}

impl Settings {
    /// The time that a flush has where nobody says how much.
    pub(super) fn flush_timeout(&self) -> Duration {
        self.timeout.unwrap_or(DEFAULT_TIMEOUT)
    }
}

/// As `max_queue_size=2048 max_export_batch_size=512 schedule_delay=5s export_timeout=30s`.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            queue_size,
            batch_size,
            delay,
            timeout,
        } = self;
        write!(
            f,
            "max_queue_size={queue_size} max_export_batch_size={batch_size} schedule_delay={delay:?} export_timeout="
        )?;
        match timeout {
            Some(timeout) => write!(f, "{timeout:?}"),
            None => f.write_str("none"),
        }
    }
}

/// What was set in code.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    pub(super) queue_size: Option<usize>,
    pub(super) batch_size: Option<usize>,
    pub(super) delay: Option<Duration>,
    pub(super) timeout: Option<Duration>,
}

impl Wanted {
    /// Settles a batch processor: code wins over the environment, and a batch that is larger than the queue is refused
    /// (both from code) or made smaller with a warning (one from the environment).
    pub(super) fn settle<B: Processed>(
        self,
        environment: &Environment,
    ) -> Result<Settings, ConfigError> {
        let variable = |part| format!("{}_{part}", B::VARIABLES);
        let number = |part, default| positive_number(environment, &variable(part), default);
        let duration = |part, default| {
            environment
                .milliseconds(&[&variable(part)], default)
                .unwrap_or(default)
        };
        let queue_in_code = checked("with_max_queue_size", self.queue_size)?;
        let queue_set = queue_in_code.or_else(|| number("MAX_QUEUE_SIZE", DEFAULT_QUEUE_SIZE));
        let queue_size = queue_set.unwrap_or(DEFAULT_QUEUE_SIZE);
        let batch_in_code = checked("with_max_export_batch_size", self.batch_size)?;
        let batch_set =
            batch_in_code.or_else(|| number("MAX_EXPORT_BATCH_SIZE", DEFAULT_BATCH_SIZE));
        let mut batch_size = batch_set.unwrap_or(DEFAULT_BATCH_SIZE);
        if batch_size > queue_size {
            let in_code =
                batch_in_code.is_some() && (queue_in_code.is_some() || queue_set.is_none());
            if in_code {
                return Err(ConfigError::BatchAboveQueue {
                    batch: batch_size,
                    queue: queue_size,
                });
            }
            if batch_set.is_some() {
                tracing::warn!(
                    target: LOG_TARGET,
                    "the export batch size of {batch_size} is larger than the queue size of {queue_size} ({}, {}): \
                     allowed is the size of the queue at most; using {queue_size}",
                    variable("MAX_EXPORT_BATCH_SIZE"),
                    variable("MAX_QUEUE_SIZE"),
                );
            } else {
                tracing::info!(
                    target: LOG_TARGET,
                    "export batch size {queue_size}, the size of the queue, as none was set"
                );
            }
            batch_size = queue_size;
        }
        let timeout = self
            .timeout
            .unwrap_or_else(|| duration("EXPORT_TIMEOUT", DEFAULT_TIMEOUT));
        Ok(Settings {
            queue_size,
            batch_size,
            delay: self
                .delay
                .unwrap_or_else(|| duration("SCHEDULE_DELAY", B::SCHEDULE_DELAY)),
            timeout: (!timeout.is_zero()).then_some(timeout),
        })
    }

    /// Settles a simple processor: one item in each export, at once.
    pub(super) fn settle_simple(self) -> Result<Settings, ConfigError> {
        let timeout = self.timeout.unwrap_or(DEFAULT_TIMEOUT);
        Ok(Settings {
            queue_size: checked("with_max_queue_size", self.queue_size)?
                .unwrap_or(DEFAULT_QUEUE_SIZE),
            batch_size: 1,
            delay: Duration::ZERO,
            timeout: (!timeout.is_zero()).then_some(timeout),
        })
    }
}

fn checked(option: &'static str, value: Option<usize>) -> Result<Option<usize>, ConfigError> {
    match value {
        Some(0) => Err(ConfigError::Value {
            option,
            value: "0".to_owned(),
            allowed: "more than 0",
        }),
        value => Ok(value),
    }
}

fn positive_number(environment: &Environment, variable: &str, default: usize) -> Option<usize> {
    environment.parsed(&[variable], "a whole number, 1 or more", default, |text| {
        text.parse().ok().filter(|number| *number > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::LogBatch;
    use crate::traces::SpanBatch;

    fn sizes(code: (usize, usize), environment: (&str, &str)) -> Result<(usize, usize), String> {
        let set = |number| (number > 0).then_some(number);
        let wanted = Wanted {
            queue_size: set(code.0),
            batch_size: set(code.1),
            ..Wanted::default()
        };
        let environment = Environment::empty()
            .with("OTEL_BSP_MAX_QUEUE_SIZE", environment.0)
            .with("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", environment.1);
        wanted
            .settle::<SpanBatch>(&environment)
            .map(|settings| (settings.queue_size, settings.batch_size))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_those_of_the_specification() {
        let of = |settings: Result<Settings, ConfigError>| settings.expect("settled").to_string();
        let (wanted, nothing) = (Wanted::default(), Environment::empty());
        assert_eq!(
            of(wanted.settle::<SpanBatch>(&nothing)),
            "max_queue_size=2048 max_export_batch_size=512 schedule_delay=5s export_timeout=30s"
        );
        assert_eq!(
            of(wanted.settle::<LogBatch>(&nothing)),
            "max_queue_size=2048 max_export_batch_size=512 schedule_delay=1s export_timeout=30s"
        );
        assert_eq!(
            of(wanted.settle_simple()),
            "max_queue_size=2048 max_export_batch_size=1 schedule_delay=0ns export_timeout=30s"
        );
    }

    #[test]
    fn each_signal_reads_its_own_variables() {
        let environment: Environment = [
            ("OTEL_BLRP_SCHEDULE_DELAY", "250"),
            ("OTEL_BLRP_EXPORT_TIMEOUT", "0"),
            ("OTEL_BLRP_MAX_QUEUE_SIZE", "100"),
            ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "10"),
            ("OTEL_BSP_SCHEDULE_DELAY", "0"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "-1"),
        ]
        .into_iter()
        .collect();
        let logs = Wanted::default().settle::<LogBatch>(&environment);
        assert_eq!(
            logs.expect("settled").to_string(),
            "max_queue_size=100 max_export_batch_size=10 schedule_delay=250ms export_timeout=none"
        );
        let spans = Wanted::default().settle::<SpanBatch>(&environment);
        assert_eq!(
            spans.expect("settled").to_string(),
            "max_queue_size=2048 max_export_batch_size=512 schedule_delay=0ns export_timeout=30s"
        );
    }

    #[test]
    fn code_wins_over_the_environment() {
        assert_eq!(sizes((50, 5), ("60", "6")), Ok((50, 5)));
        assert_eq!(sizes((0, 5), ("60", "6")), Ok((60, 5)));
    }

    #[test]
    fn a_batch_in_code_larger_than_the_queue_is_an_error() {
        let error = sizes((10, 11), ("", "")).expect_err("refused");
        assert!(error.contains("11") && error.contains("10"), "{error}");
        sizes((0, 3_000), ("", "")).expect_err("the queue holds 2048 by default");
        assert_eq!(sizes((10, 10), ("", "")), Ok((10, 10)));
    }

    #[test]
    fn a_batch_larger_than_the_queue_of_the_environment_is_made_smaller() {
        assert_eq!(sizes((0, 0), ("10", "512")), Ok((10, 10)));
        assert_eq!(sizes((0, 0), ("10", "")), Ok((10, 10)));
        assert_eq!(sizes((0, 20), ("10", "")), Ok((10, 10)));
        assert_eq!(sizes((10, 0), ("", "20")), Ok((10, 10)));
        assert_eq!(sizes((10, 0), ("", "")), Ok((10, 10)));
    }

    #[test]
    fn zero_is_an_error_in_code_and_a_warning_in_the_environment() {
        let zero = Wanted {
            queue_size: Some(0),
            ..Wanted::default()
        };
        zero.settle::<SpanBatch>(&Environment::empty())
            .expect_err("refused");
        zero.settle_simple().expect_err("refused");
        assert_eq!(sizes((0, 0), ("0", "many")), Ok((2_048, 512)));
    }
}
