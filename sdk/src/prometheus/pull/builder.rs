//! Building a reader that is scraped.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::PrometheusReader;
use super::address::Wanted;
use super::answer::Service;
use super::door::Door;
use super::exposition::Exposition;
use super::scrape::Scraping;
use super::server::serve;
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::environment::Environment;
use crate::metrics::PeriodicExportingMetricReaderBuilder;
use crate::own_telemetry::OwnTelemetry;
use crate::prometheus::family::{ConstantLabels, Target, Translation, TranslationStrategy};

/// As long as Prometheus itself waits where nothing else is said.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// What own telemetry calls such a reader.
///
/// Spec: semantic conventions, "`otel.component.type`".
const COMPONENT: &str = "prometheus_http_text_metric_exporter";

/// Configures a [`PrometheusReader`].
#[must_use = "a reader exists only once it is built"]
pub struct PrometheusReaderBuilder {
    address: Wanted,
    translation: Translation,
    with_created: bool,
    timeout: Duration,
    environment: Option<Environment>,
    clock: Arc<dyn Clock>,
    on_current_runtime: bool,
    own_telemetry: Option<OwnTelemetry>,
}

impl Default for PrometheusReaderBuilder {
    fn default() -> Self {
        Self {
            address: Wanted::default(),
            translation: Translation::new(Target::Info),
            with_created: true,
            timeout: DEFAULT_TIMEOUT,
            environment: None,
            clock: Arc::new(SystemClock),
            on_current_runtime: false,
            own_telemetry: None,
        }
    }
}

impl PrometheusReaderBuilder {
    /// The host to listen on: a name or an address; `0.0.0.0` is all of IPv4. Default: `OTEL_EXPORTER_PROMETHEUS_HOST`, else
    /// `localhost`. Of several addresses the first is used that can be, those of IPv4 first.
    pub fn with_host(mut self, host: impl Into<String>) -> Self {
        self.address.host = Some(host.into());
        self
    }

    /// The port to listen on; 0 is any that is free ([`PrometheusReader::address`] tells which). Default:
    /// `OTEL_EXPORTER_PROMETHEUS_PORT`, else 9464.
    pub const fn with_port(mut self, port: u16) -> Self {
        self.address.port = Some(port);
        self
    }

    /// The longest that a scrape may take, callbacks included. More than 0; default 10 s. A client that says that it has less
    /// gets less.
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Leaves out the labels `otel_scope_...`. Series of several scopes that then are the same are left out but for the first.
    pub const fn without_scope_info(mut self) -> Self {
        self.translation.scope_labels = false;
        self
    }

    /// Leaves out the metric `target_info`.
    pub const fn without_target_info(mut self) -> Self {
        self.translation.target = Target::WithoutInfo;
        self
    }

    /// Adds attributes of the resource to all metrics as labels: those whose key `is_wanted`. Default: none. The metric
    /// `target_info` has all attributes as before.
    ///
    /// A key is asked about whenever a page is made, and has to get the same answer each time. Where the label has the name of one
    /// that a series has from its own attributes, both values are there, joined by `;` in the order of their keys; where it has the
    /// name of a label that means something else (`le`, `otel_scope_name`) it is called `exported_...`.
    ///
    /// ```
    /// use otelbox_sdk::PrometheusReader;
    ///
    /// let reader = PrometheusReader::builder()
    ///     .with_resource_constant_labels(|key| key.starts_with("deployment.") || key == "service.version");
    /// ```
    ///
    /// Spec: Prometheus exporter, "Configuration" (MAY); Prometheus compatibility, "Metric Attributes" (MUST).
    pub fn with_resource_constant_labels(
        mut self,
        is_wanted: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.translation.constant_labels = ConstantLabels::new(is_wanted);
        self
    }

    /// What becomes of the names of metrics and labels. Default:
    /// [`UnderscoreEscapingWithSuffixes`](TranslationStrategy::UnderscoreEscapingWithSuffixes). What
    /// [`without_units`](Self::without_units) and [`without_type_suffix`](Self::without_type_suffix) leave out of the suffixes of a
    /// strategy stays out; a strategy without suffixes has nothing left for them.
    ///
    /// Spec: Prometheus exporter, "Configuration" (MAY).
    pub const fn with_translation_strategy(mut self, strategy: TranslationStrategy) -> Self {
        self.translation.strategy = strategy;
        self
    }

    /// Leaves units out of names and metadata.
    pub const fn without_units(mut self) -> Self {
        self.translation.unit_suffix = false;
        self
    }

    /// Leaves `_total` out of the names of counters, which in `OpenMetrics` makes them metrics of unknown type.
    pub const fn without_type_suffix(mut self) -> Self {
        self.translation.type_suffix = false;
        self
    }

    /// Leaves out the samples `_created` of `OpenMetrics`, which servers before Prometheus 3 keep as series of their own.
    pub const fn without_created(mut self) -> Self {
        self.with_created = false;
        self
    }

    /// The environment to read host and port from. Default: that of the process.
    pub fn with_env(mut self, environment: &Environment) -> Self {
        self.environment = Some(environment.clone());
        self
    }

    /// The time of day for when series began. Default: the clock of the operating system.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Where the reader tells how long its collections take. Default: nowhere but in its statistics.
    pub fn with_own_telemetry(mut self, own_telemetry: &OwnTelemetry) -> Self {
        self.own_telemetry = Some(own_telemetry.clone());
        self
    }

    /// Runs on the `tokio` runtime on which it is built, which needs I/O and time, instead of a thread and runtime of its own.
    /// Callbacks of observable instruments then run on that runtime too, and one that blocks blocks it.
    pub const fn on_current_runtime(mut self) -> Self {
        self.on_current_runtime = true;
        self
    }

    /// Builds the reader. From here on it listens; it collects once it is part of a provider, and until then answers with 503.
    ///
    /// # Errors
    ///
    /// [`Listen`](ConfigError::Listen) where it cannot listen there, as where the port is taken;
    /// [`Value`](ConfigError::Value) for a timeout of 0; [`Runtime`](ConfigError::Runtime) where there is no runtime to run on, or
    /// no thread could be started.
    pub fn build(self) -> Result<PrometheusReader, ConfigError> {
        if self.timeout.is_zero() {
            return Err(ConfigError::Value {
                option: "with_timeout",
                value: "0".to_owned(),
                allowed: "more than 0",
            });
        }
        let environment = self.environment.unwrap_or_else(Environment::process);
        let listener = self.address.listen(&environment)?;
        let address = listener
            .local_addr()
            .map_err(|source| ConfigError::Runtime { source })?;
        let door = Arc::new(Door::new());
        let exposition = Arc::new(Exposition::new(
            self.translation,
            self.with_created,
            address,
            Arc::clone(&door),
        ));
        let (scraping, scrapes) = Scraping::new(Arc::clone(&exposition));
        let service = Arc::new(Service {
            scraping,
            timeout: self.timeout,
        });
        let mut reader = PeriodicExportingMetricReaderBuilder::repeating(exposition)
            .with_env(&environment)
            .with_clock(self.clock);
        if let Some(own_telemetry) = &self.own_telemetry {
            reader = reader.with_own_telemetry(own_telemetry);
        }
        if self.on_current_runtime {
            reader = reader.on_current_runtime();
        }
        let server = serve(listener, service, door);
        let reader = reader.build_on_demand(self.timeout, COMPONENT, Box::new(scrapes), server)?;
        Ok(PrometheusReader { reader, address })
    }
}

impl fmt::Debug for PrometheusReaderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrometheusReaderBuilder")
            .field("address", &self.address)
            .field("translation", &self.translation)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
