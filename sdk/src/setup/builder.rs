//! Configures all three signals.

use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{LoggerProviderBuilder, SdkLoggerProvider};
use opentelemetry_sdk::trace::{
    IdGenerator, SdkTracerProvider, ShouldSample, TracerProviderBuilder,
};

use super::Sdk;
use super::log::{disabled, setting_up};
use super::logs::Logs;
use super::metrics::{Metrics, Way};
use super::parts::{Console, Parts};
use super::pipelines::Pipelines;
use super::propagators::{Boxed, Propagator};
use super::traces::{Ids, Traces};
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::environment::Environment;
use crate::export::Exporter;
use crate::limits::{LogLimits, TraceLimits};
use crate::logs::{BatchLogRecordProcessorBuilder, LogBatch, OtlpLogExporterBuilder};
use crate::metrics::{
    MeterProvider, MeterProviderBuilder, OtlpMetricExporterBuilder,
    PeriodicExportingMetricReaderBuilder, PushMetricExporter,
};
use crate::own_telemetry::OwnTelemetry;
#[cfg(feature = "prometheus")]
use crate::prometheus::PrometheusReaderBuilder;
use crate::protocol::Protocol;
use crate::random::{RandomSource, SystemRandom};
use crate::resource::resource_from;
use crate::traces::{BatchSpanProcessorBuilder, OtlpSpanExporterBuilder, SpanBatch};
use crate::transport::{Connector, TcpConnector};
use crate::variables;

/// How long a drop without a shutdown may block.
const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// Configures an [`Sdk`]. What is set in code wins over the [environment](Self::with_env), and a wrong value in code is an
/// error, where one in the environment is a warning.
///
/// The methods that begin with `configure_` get the builder of one part as it is after everything else, and give it back
/// as it shall be. For an exporter or a processor that happens once for each that the environment names.
#[must_use = "nothing is set up until it is built"]
pub struct SdkBuilder {
    environment: Option<Environment>,
    resource: Option<Resource>,
    attributes: Vec<KeyValue>,
    propagators: Option<Vec<Boxed>>,
    protocol: Option<Protocol>,
    endpoint: Option<String>,
    traces: Traces,
    metrics: Metrics,
    logs: Logs,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    connector: Arc<dyn Connector>,
    console: Console,
    on_current_runtime: bool,
    own_telemetry: bool,
    drop_timeout: Duration,
}

impl Default for SdkBuilder {
    fn default() -> Self {
        Self {
            environment: None,
            resource: None,
            attributes: Vec::new(),
            propagators: None,
            protocol: None,
            endpoint: None,
            traces: Traces::default(),
            metrics: Metrics::default(),
            logs: Logs::default(),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            connector: Arc::new(TcpConnector),
            console: Parts::stdout(),
            on_current_runtime: false,
            own_telemetry: false,
            drop_timeout: DROP_TIMEOUT,
        }
    }
}

/// Who and where.
impl SdkBuilder {
    /// The environment for what is not set in code. Default: that of the process.
    pub fn with_env(mut self, environment: &Environment) -> Self {
        self.environment = Some(environment.clone());
        self
    }

    /// Who sends, exactly. Default: [`resource_from`] the environment.
    pub fn with_resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// An attribute of the resource, on top of what it has.
    pub fn with_attribute(mut self, attribute: KeyValue) -> Self {
        self.attributes.push(attribute);
        self
    }

    /// The name of the service: the attribute `service.name`. Default: `OTEL_SERVICE_NAME`, else `unknown_service:` and
    /// the name of the executable.
    pub fn with_service_name(self, name: impl Into<String>) -> Self {
        self.with_attribute(KeyValue::new("service.name", name.into()))
    }

    /// How OTLP is spoken, for all signals. Default: `OTEL_EXPORTER_OTLP_PROTOCOL`, else `http/protobuf`.
    pub fn with_protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// The receiver of OTLP, for all signals: for gRPC `host:port` or a URL, for HTTP a base URL. Default:
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, else localhost.
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Adds a propagator. The first replaces what `OTEL_PROPAGATORS` says. Default: that, else trace context and baggage.
    pub fn with_propagator(
        mut self,
        propagator: impl TextMapPropagator + Send + Sync + 'static,
    ) -> Self {
        self.propagators
            .get_or_insert_default()
            .push(Box::new(propagator));
        self
    }
}

/// Traces.
impl SdkBuilder {
    /// Adds an exporter of spans, fed in batches. The first replaces what `OTEL_TRACES_EXPORTER` says.
    pub fn with_span_exporter(mut self, exporter: impl Exporter<SpanBatch>) -> Self {
        self.traces.exporters.add(Arc::new(exporter));
        self
    }

    /// Exports no spans, whatever `OTEL_TRACES_EXPORTER` says. Trace context is made and propagated all the same.
    pub fn without_traces(mut self) -> Self {
        self.traces.exporters.given = Some(Vec::new());
        self
    }

    /// Which spans are recorded. Default: `OTEL_TRACES_SAMPLER`, else all but those whose parent is not.
    pub fn with_sampler(mut self, sampler: impl Into<Box<dyn ShouldSample>>) -> Self {
        self.traces.sampler = Some(sampler.into());
        self
    }

    /// Where the ids of traces and spans come from. Default: the randomness of the operating system.
    pub fn with_id_generator(mut self, ids: impl IdGenerator + 'static) -> Self {
        self.traces.id_generator = Some(Ids(Box::new(ids)));
        self
    }

    /// The limits of spans. Default: `OTEL_SPAN_*`, `OTEL_EVENT_*`, `OTEL_LINK_*` and `OTEL_ATTRIBUTE_*`.
    pub fn with_span_limits(mut self, limits: TraceLimits) -> Self {
        self.traces.limits = Some(limits);
        self
    }

    /// Changes the OTLP exporter of spans.
    pub fn configure_span_exporter(
        mut self,
        configure: impl Fn(OtlpSpanExporterBuilder) -> OtlpSpanExporterBuilder + Send + Sync + 'static,
    ) -> Self {
        self.traces.exporters.configure = Some(Box::new(configure));
        self
    }

    /// Changes the batch processors of spans.
    pub fn configure_span_processor(
        mut self,
        configure: impl Fn(BatchSpanProcessorBuilder) -> BatchSpanProcessorBuilder
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.traces.processor = Some(Box::new(configure));
        self
    }

    /// Changes the provider of tracers, as to add a processor.
    pub fn configure_tracer_provider(
        mut self,
        configure: impl Fn(TracerProviderBuilder) -> TracerProviderBuilder + Send + Sync + 'static,
    ) -> Self {
        self.traces.provider = Some(Box::new(configure));
        self
    }
}

/// Metrics.
impl SdkBuilder {
    /// Adds an exporter of metrics with a reader of its own. The first replaces what `OTEL_METRICS_EXPORTER` says.
    pub fn with_metric_exporter(mut self, exporter: impl PushMetricExporter) -> Self {
        self.metrics.exporters.add(Way::pushed(exporter));
        self
    }

    /// Exports no metrics, whatever `OTEL_METRICS_EXPORTER` says.
    pub fn without_metrics(mut self) -> Self {
        self.metrics.exporters.given = Some(Vec::new());
        self
    }

    /// Lets exporters, readers and processors tell what they do, as metrics called `otel.sdk.*`, through the meter provider that is
    /// set up here. Default: off.
    pub fn with_own_telemetry(mut self) -> Self {
        self.own_telemetry = true;
        self
    }

    /// Changes the OTLP exporter of metrics.
    pub fn configure_metric_exporter(
        mut self,
        configure: impl Fn(OtlpMetricExporterBuilder) -> OtlpMetricExporterBuilder
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.metrics.exporters.configure = Some(Box::new(configure));
        self
    }

    /// Changes the readers: interval, timeout, temporality.
    pub fn configure_metric_reader(
        mut self,
        configure: impl Fn(PeriodicExportingMetricReaderBuilder) -> PeriodicExportingMetricReaderBuilder
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.metrics.reader = Some(Box::new(configure));
        self
    }

    /// Changes the reader that Prometheus scrapes, where `OTEL_METRICS_EXPORTER` names it: host, port, names. Needs the
    /// feature `prometheus`.
    #[cfg(feature = "prometheus")]
    pub fn configure_prometheus_reader(
        mut self,
        configure: impl Fn(PrometheusReaderBuilder) -> PrometheusReaderBuilder + Send + Sync + 'static,
    ) -> Self {
        self.metrics.prometheus = Some(Box::new(configure));
        self
    }

    /// Changes the provider of meters: views, further readers.
    pub fn configure_meter_provider(
        mut self,
        configure: impl Fn(MeterProviderBuilder) -> MeterProviderBuilder + Send + Sync + 'static,
    ) -> Self {
        self.metrics.provider = Some(Box::new(configure));
        self
    }
}

/// Logs.
impl SdkBuilder {
    /// Adds an exporter of log records, fed in batches. The first replaces what `OTEL_LOGS_EXPORTER` says.
    pub fn with_log_exporter(mut self, exporter: impl Exporter<LogBatch>) -> Self {
        self.logs.exporters.add(Arc::new(exporter));
        self
    }

    /// Exports no log records, whatever `OTEL_LOGS_EXPORTER` says.
    pub fn without_logs(mut self) -> Self {
        self.logs.exporters.given = Some(Vec::new());
        self
    }

    /// The limits of log records. Default: `OTEL_LOGRECORD_*` and `OTEL_ATTRIBUTE_*`.
    pub fn with_log_limits(mut self, limits: LogLimits) -> Self {
        self.logs.limits = Some(limits);
        self
    }

    /// Changes the OTLP exporter of log records.
    pub fn configure_log_exporter(
        mut self,
        configure: impl Fn(OtlpLogExporterBuilder) -> OtlpLogExporterBuilder + Send + Sync + 'static,
    ) -> Self {
        self.logs.exporters.configure = Some(Box::new(configure));
        self
    }

    /// Changes the batch processors of log records.
    pub fn configure_log_processor(
        mut self,
        configure: impl Fn(BatchLogRecordProcessorBuilder) -> BatchLogRecordProcessorBuilder
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.logs.processor = Some(Box::new(configure));
        self
    }

    /// Changes the provider of loggers, as to add a processor.
    pub fn configure_logger_provider(
        mut self,
        configure: impl Fn(LoggerProviderBuilder) -> LoggerProviderBuilder + Send + Sync + 'static,
    ) -> Self {
        self.logs.provider = Some(Box::new(configure));
        self
    }
}

/// What it runs on.
impl SdkBuilder {
    /// The time of day. Default: [`SystemClock`].
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The randomness of jitter. Default: [`SystemRandom`].
    pub fn with_random(mut self, random: Arc<dyn RandomSource>) -> Self {
        self.random = random;
        self
    }

    /// Where connections come from. Default: [`TcpConnector`].
    pub fn with_connector(mut self, connector: Arc<dyn Connector>) -> Self {
        self.connector = connector;
        self
    }

    /// Where the exporters called `console` write to; called once for each. Default: the standard output.
    pub fn with_console<W: Write + Send + 'static>(
        mut self,
        console: impl Fn() -> W + Send + Sync + 'static,
    ) -> Self {
        self.console = Arc::new(move || Box::new(console()));
        self
    }

    /// Runs on the `tokio` runtime on which it is built, instead of on threads of its own: for tests in virtual time, and
    /// for programs that want no further threads. Blocking calls and the drop then work from outside of that runtime
    /// only.
    pub fn on_current_runtime(mut self) -> Self {
        self.on_current_runtime = true;
        self
    }

    /// How long the drop of an [`Sdk`] without a shutdown may block. Default: 5 s.
    pub fn with_drop_timeout(mut self, timeout: Duration) -> Self {
        self.drop_timeout = timeout;
        self
    }

    /// Sets everything up; it works from here on.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the option that cannot be used.
    pub fn build(self) -> Result<Sdk, ConfigError> {
        let environment = self.environment.unwrap_or_else(Environment::process);
        variables::report(&environment);
        let propagator = match self.propagators {
            Some(propagators) => Propagator::from_code(propagators),
            None => Propagator::from_environment(&environment),
        };
        if environment.boolean(&["OTEL_SDK_DISABLED"]) == Some(true) {
            return without_pipelines(propagator);
        }
        let resource = self.resource.unwrap_or_else(|| resource_from(&environment));
        let parts = Parts {
            resource: with_attributes(&resource, self.attributes),
            environment,
            clock: self.clock,
            random: self.random,
            connector: self.connector,
            protocol: self.protocol,
            endpoint: self.endpoint,
            console: self.console,
            on_current_runtime: self.on_current_runtime,
            own_telemetry: self.own_telemetry.then(OwnTelemetry::new),
        };
        setting_up(&parts.resource, propagator.description());
        let (tracer_provider, traces) = self.traces.build(&parts)?;
        let meter_provider = self.metrics.build(&parts)?;
        let (logger_provider, logs) = self.logs.build(&parts)?;
        Ok(Sdk {
            tracer_provider,
            logger_provider,
            propagator,
            pipelines: Pipelines {
                traces,
                meter_provider,
                logs,
            },
            disabled: false,
            drop_timeout: self.drop_timeout,
            shut_down: AtomicBool::new(false),
        })
    }
}

/// An SDK that records nothing: providers that have ended.
///
/// Spec: environment variables, "General SDK Configuration" (`OTEL_SDK_DISABLED`; MUST NOT affect propagators).
fn without_pipelines(propagator: Propagator) -> Result<Sdk, ConfigError> {
    disabled(propagator.description());
    let resource = Resource::builder_empty().build();
    let tracer_provider = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .build();
    let logger_provider = SdkLoggerProvider::builder()
        .with_resource(resource.clone())
        .build();
    let meter_provider = MeterProvider::builder().with_resource(resource).build()?;
    // There is nothing to flush: these end at once.
    let _ = tracer_provider.shutdown_with_timeout(Duration::ZERO);
    let _ = logger_provider.shutdown_with_timeout(Duration::ZERO);
    let _ = meter_provider.blocking_shutdown(Duration::ZERO);
    Ok(Sdk {
        tracer_provider,
        logger_provider,
        propagator,
        pipelines: Pipelines {
            traces: Vec::new(),
            meter_provider,
            logs: Vec::new(),
        },
        disabled: true,
        drop_timeout: Duration::ZERO,
        shut_down: AtomicBool::new(false),
    })
}

/// `resource` with `attributes` on top.
fn with_attributes(resource: &Resource, attributes: Vec<KeyValue>) -> Resource {
    let own = resource
        .iter()
        .map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let all = own.chain(attributes);
    let builder = Resource::builder_empty();
    match resource.schema_url() {
        Some(url) => builder.with_schema_url(all, url.to_owned()),
        None => builder.with_attributes(all),
    }
    .build()
}

impl fmt::Debug for SdkBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SdkBuilder")
            .field("environment", &self.environment)
            .field("protocol", &self.protocol)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
