//! Building a reader.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry_sdk::metrics::ManualReader;

use super::PeriodicExportingMetricReader;
#[cfg(feature = "prometheus")]
use super::demand::Demand;
use super::demand::Trigger;
use super::shared::Shared;
use super::task;
use super::timing::{Timing, Wanted};
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::environment::Environment;
use crate::metrics::carry_over::DropPolicy;
use crate::metrics::destination::Destination;
#[cfg(feature = "prometheus")]
use crate::metrics::repeating::RepeatingExporter;
use crate::metrics::temporality::TemporalityPreference;
use crate::metrics::times::Creations;
use crate::own_telemetry::{OwnTelemetry, ReaderTelemetry};
use crate::statistics::Counters;
use crate::worker::{self, Control, HomeProcess, Phase};

/// Configures a [`PeriodicExportingMetricReader`].
#[must_use = "a reader exists only once it is built"]
pub struct PeriodicExportingMetricReaderBuilder {
    destination: Destination,
    #[cfg(feature = "prometheus")]
    repeating: Option<Arc<dyn RepeatingExporter>>,
    wanted: Wanted,
    temporality: Option<TemporalityPreference>,
    drop_policy: DropPolicy,
    environment: Option<Environment>,
    clock: Arc<dyn Clock>,
    on_current_runtime: bool,
    process: HomeProcess,
    own_telemetry: Option<OwnTelemetry>,
}

impl PeriodicExportingMetricReaderBuilder {
    pub(super) fn new(destination: Destination) -> Self {
        Self {
            destination,
            #[cfg(feature = "prometheus")]
            repeating: None,
            wanted: Wanted::default(),
            temporality: None,
            drop_policy: DropPolicy::default(),
            environment: None,
            clock: Arc::new(SystemClock),
            on_current_runtime: false,
            process: HomeProcess::this(),
            own_telemetry: None,
        }
    }

    /// A reader that hands its batches to `exporter`, where that cannot do without them.
    #[cfg(feature = "prometheus")]
    pub(crate) fn repeating(exporter: Arc<dyn RepeatingExporter>) -> Self {
        let destination = Destination::Batches(Arc::clone(&exporter) as _);
        Self {
            repeating: Some(exporter),
            ..Self::new(destination)
        }
    }

    /// The time between the starts of two cycles. More than 0; default `OTEL_METRIC_EXPORT_INTERVAL`, else 60 s.
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.wanted.interval = Some(interval);
        self
    }

    /// The deadline of a whole cycle, from its start. More than 0 and less than the interval; default
    /// `OTEL_METRIC_EXPORT_TIMEOUT`, else the smaller of 30 s and two thirds of the interval.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.wanted.timeout = Some(timeout);
        self
    }

    /// Accepts a timeout that is not smaller than the interval: a slow export then makes the next cycle start late.
    pub fn allow_slow_cycles(mut self) -> Self {
        self.wanted.allow_slow_cycles = true;
        self
    }

    /// The temporality for each kind of instrument. Default: what the exporter wants.
    pub fn with_temporality(mut self, temporality: TemporalityPreference) -> Self {
        self.temporality = Some(temporality);
        self
    }

    /// What becomes of a batch that was given up. Default: [`DropPolicy::Drop`].
    pub fn with_drop_policy(mut self, policy: impl Into<DropPolicy>) -> Self {
        self.drop_policy = policy.into();
        self
    }

    /// The environment to read `OTEL_METRIC_EXPORT_INTERVAL` and `OTEL_METRIC_EXPORT_TIMEOUT` from. Default: that of
    /// the process.
    pub fn with_env(mut self, environment: &Environment) -> Self {
        self.environment = Some(environment.clone());
        self
    }

    /// The time of day for data points. Default: the clock of the operating system.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Where the reader tells how long its collections take. Default: nowhere but in its statistics.
    pub fn with_own_telemetry(mut self, own_telemetry: &OwnTelemetry) -> Self {
        self.own_telemetry = Some(own_telemetry.clone());
        self
    }

    /// Runs on the `tokio` runtime on which it is built, instead of a thread and runtime of its own: for tests in
    /// virtual time, and for programs that want no further thread. Callbacks of observable instruments then run on that
    /// runtime too, and one that blocks blocks it.
    pub fn on_current_runtime(mut self) -> Self {
        self.on_current_runtime = true;
        self
    }

    /// Builds the reader. It starts to collect when it becomes part of a provider.
    ///
    /// # Errors
    ///
    /// [`TimeoutNotBelowInterval`](ConfigError::TimeoutNotBelowInterval); [`Value`](ConfigError::Value) for 0;
    /// [`Unsupported`](ConfigError::Unsupported) for a policy that carries over to an exporter of `opentelemetry_sdk`;
    /// [`Runtime`](ConfigError::Runtime) where there is no runtime to run on, or no thread could be started.
    pub fn build(self) -> Result<PeriodicExportingMetricReader, ConfigError> {
        let timing = match &self.environment {
            Some(environment) => self.wanted.settle(environment)?,
            None => self.wanted.settle(&Environment::process())?,
        };
        self.assemble(timing, "periodic_metric_reader", Trigger::Interval, async {
        })
    }

    /// As [`build`](Self::build), but it collects when it is asked to, with `timeout` for it, and does `beside` as well, for
    /// as long as it lives. `kind` is what own telemetry calls it.
    #[cfg(feature = "prometheus")]
    pub(crate) fn build_on_demand(
        self,
        timeout: Duration,
        kind: &'static str,
        demand: Box<dyn Demand>,
        beside: impl Future<Output = ()> + Send + 'static,
    ) -> Result<PeriodicExportingMetricReader, ConfigError> {
        let timing = Timing {
            interval: Duration::MAX,
            timeout,
        };
        self.assemble(timing, kind, Trigger::Demand(demand), beside)
    }

    fn assemble(
        self,
        timing: Timing,
        kind: &'static str,
        trigger: Trigger,
        beside: impl Future<Output = ()> + Send + 'static,
    ) -> Result<PeriodicExportingMetricReader, ConfigError> {
        let drop_policy = checked_policy(self.drop_policy, &self.destination)?;
        let (control, inbox) = Control::new(self.process, Phase::NotStarted);
        let shared = Arc::new(Shared {
            collector: ManualReader::builder().build(),
            temporality: self
                .temporality
                .unwrap_or_else(|| self.destination.temporality()),
            destination: self.destination,
            #[cfg(feature = "prometheus")]
            repeating: self.repeating,
            drop_policy,
            timing,
            creations: Arc::new(Creations::new(self.clock)),
            instrumentation: OnceLock::new(),
            counters: Counters::new(),
            control,
            own_telemetry: self
                .own_telemetry
                .as_ref()
                .map(|own| ReaderTelemetry::new(own, kind)),
            ended_cycles: AtomicU64::new(0),
        });
        let task = task::run(Arc::clone(&shared), inbox, trigger);
        let beside = async {
            beside.await;
            std::future::pending::<()>().await;
        };
        let work = async {
            tokio::select! {
                biased;
                () = task => {}
                () = beside => {}
            }
        };
        let home = worker::start(self.on_current_runtime, "otelbox-metrics", work)?;
        shared.control.settle(home);
        Ok(PeriodicExportingMetricReader::new(shared))
    }
}

fn checked_policy(
    policy: DropPolicy,
    destination: &Destination,
) -> Result<DropPolicy, ConfigError> {
    match (policy, destination) {
        (DropPolicy::Drop, _) => Ok(policy),
        (DropPolicy::CarryOver(carry_over), Destination::Batches(_)) => {
            Ok(carry_over.check()?.into())
        }
        (DropPolicy::CarryOver(_), Destination::Collected(_)) => Err(ConfigError::Unsupported {
            option: "with_drop_policy",
            reason: "an exporter made for opentelemetry_sdk gets what was collected as it is, so nothing can be carried \
                     over into it; use DropPolicy::Drop, or an exporter of this crate",
        }),
    }
}

impl fmt::Debug for PeriodicExportingMetricReaderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeriodicExportingMetricReaderBuilder")
            .field("destination", &self.destination.description())
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::metrics::MeterProvider as _;

    use super::*;
    use crate::metrics::{ConsoleMetricExporter, MeterProvider, ReaderError};

    /// A reader as a child of the process that built it has it.
    fn inherited(builder: PeriodicExportingMetricReaderBuilder) -> PeriodicExportingMetricReader {
        PeriodicExportingMetricReaderBuilder {
            process: HomeProcess::another(),
            ..builder.with_env(&Environment::empty())
        }
        .build()
        .expect("a reader")
    }

    #[tokio::test(start_paused = true)]
    async fn every_call_in_another_process_says_so_at_once_and_nothing_is_sent() {
        let exporter = ConsoleMetricExporter::to(std::io::sink());
        let reader = PeriodicExportingMetricReader::builder(exporter).on_current_runtime();
        let reader = inherited(reader);
        let handle = reader.handle();
        let provider = MeterProvider::builder()
            .with_reader(reader)
            .build()
            .expect("a provider");
        provider
            .meter("test")
            .u64_counter("items")
            .build()
            .add(1, &[]);
        tokio::time::sleep(Duration::from_secs(200)).await;
        assert_eq!(handle.statistics().cycles, 0, "the task has ended");
        let limit = Duration::from_secs(1);
        for error in [
            handle.force_flush(limit).await.expect_err("refused"),
            handle.shutdown(limit).await.expect_err("refused"),
            handle.blocking_force_flush(limit).expect_err("refused"),
            handle.blocking_shutdown(limit).expect_err("refused"),
        ] {
            assert!(matches!(error, ReaderError::Forked { .. }), "{error:?}");
        }
    }

    #[test]
    fn there_has_to_be_a_runtime_to_run_on() {
        let exporter = ConsoleMetricExporter::to(std::io::sink());
        let error = PeriodicExportingMetricReader::builder(exporter)
            .with_env(&Environment::empty())
            .on_current_runtime()
            .build()
            .expect_err("no runtime");
        assert!(matches!(error, ConfigError::Runtime { .. }), "{error:?}");
    }
}
