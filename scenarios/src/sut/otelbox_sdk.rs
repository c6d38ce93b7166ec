//! The reference SDK as a SUT: the honest one, and the seams that crooked clients are made with.

use std::{sync::Arc, time::Duration};

use futures_util::{
    TryFutureExt as _,
    future::{BoxFuture, join_all},
};
use opentelemetry::{InstrumentationScope, metrics::MeterProvider as _};
use opentelemetry_sdk::Resource;
use otelbox_sdk::{
    Clock, Compression, Connector, Environment, MeterProvider, OtlpMetricExporter,
    OtlpMetricExporterBuilder, PeriodicExportingMetricReader, PeriodicExportingMetricReaderBuilder,
    PushMetricExporter, RandomSource, ReaderError, Temporality, TemporalityPreference, View,
    resource_from,
};
use tokio::time::Instant;

use super::{
    CallOutcome, Sut, SutError,
    instruments::{Instruments, key_values},
    result::explained,
    workers::{Source, Worker, Workers},
};
use crate::{
    driver::{
        Capability, Hello, Items, Measurement, ObservableState, StartRequest, SutConfiguration,
    },
    scenario::{self, Attributes, CallResult, InstrumentKind},
};

/// How long a flush or shutdown may take where the scenario names no limit. Default of the SDK's reader.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// What a SUT in this process is built in: everything that it would else take from the machine.
#[derive(Clone)]
pub struct Surroundings {
    /// Its variables.
    pub env: Environment,
    /// How it connects; absent: over TCP.
    pub connector: Option<Arc<dyn Connector>>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Where jitter comes from.
    pub random: Arc<dyn RandomSource>,
    /// Whether it runs on the caller's runtime, as it has to in virtual time.
    pub on_current_runtime: bool,
}

/// Makes a SUT in this process, one for each cell.
pub trait SutFactory: Send + Sync {
    /// Its name, as verdicts and known failures name it.
    fn name(&self) -> &str;

    /// A SUT that has not been started.
    fn build(&self, surroundings: Surroundings) -> Box<dyn Sut>;
}

type Change<T> = Arc<dyn Fn(T) -> T + Send + Sync>;

/// The reference SDK, with seams at which a crooked client differs from it.
#[derive(Clone)]
pub struct OtelboxSdk {
    name: String,
    exporter: Change<OtlpMetricExporterBuilder>,
    push: Change<Arc<dyn PushMetricExporter>>,
    reader: Change<PeriodicExportingMetricReaderBuilder>,
}

impl OtelboxSdk {
    /// The SDK as it is.
    pub fn honest() -> Self {
        Self::named("otelbox-sdk")
    }

    /// The SDK under another name, to be made crooked.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            exporter: Arc::new(|builder| builder),
            push: Arc::new(|exporter| exporter),
            reader: Arc::new(|builder| builder),
        }
    }

    /// Changes how the OTLP exporter is built: its retry policy, its temporality, its connector.
    #[must_use]
    pub fn with_exporter(
        mut self,
        change: impl Fn(OtlpMetricExporterBuilder) -> OtlpMetricExporterBuilder + Send + Sync + 'static,
    ) -> Self {
        self.exporter = Arc::new(change);
        self
    }

    /// Puts another exporter in place of, or around, the OTLP exporter: it sees every batch.
    #[must_use]
    pub fn with_push_exporter(
        mut self,
        change: impl Fn(Arc<dyn PushMetricExporter>) -> Arc<dyn PushMetricExporter>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.push = Arc::new(change);
        self
    }

    /// Changes how the reader is built.
    #[must_use]
    pub fn with_reader(
        mut self,
        change: impl Fn(PeriodicExportingMetricReaderBuilder) -> PeriodicExportingMetricReaderBuilder
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.reader = Arc::new(change);
        self
    }
}

impl SutFactory for OtelboxSdk {
    fn name(&self) -> &str {
        &self.name
    }

    fn build(&self, surroundings: Surroundings) -> Box<dyn Sut> {
        Box::new(OtelboxSdkSut {
            sdk: self.clone(),
            surroundings,
            workers: Workers::default(),
        })
    }
}

/// One run of the reference SDK.
struct OtelboxSdkSut {
    sdk: OtelboxSdk,
    surroundings: Surroundings,
    workers: Workers<MeterProvider>,
}

impl OtelboxSdkSut {
    fn worker(
        &self,
        request: &StartRequest,
        more: Option<&Attributes>,
    ) -> Result<Worker<MeterProvider>, SutError> {
        let failed = |error: otelbox_sdk::ConfigError| SutError::Start(explained(&error));
        let configuration = &request.configuration;
        let mut exporter = OtlpMetricExporter::builder()
            .with_env(&self.surroundings.env)
            .with_clock(Arc::clone(&self.surroundings.clock))
            .with_random(Arc::clone(&self.surroundings.random));
        if let Some(connector) = &self.surroundings.connector {
            exporter = exporter.with_connector(Arc::clone(connector));
        }
        let exporter = (self.sdk.exporter)(configured(exporter, configuration))
            .build()
            .map_err(failed)?;
        let exporter = (self.sdk.push)(Arc::new(exporter));
        let mut reader = PeriodicExportingMetricReader::builder_shared(exporter)
            .with_env(&self.surroundings.env)
            .with_clock(Arc::clone(&self.surroundings.clock));
        if let Some(interval) = configuration.interval_ms {
            reader = reader.with_interval(Duration::from_millis(interval));
        }
        if let Some(timeout) = configuration.timeout_ms {
            reader = reader.with_timeout(Duration::from_millis(timeout));
        }
        if configuration.allow_slow_cycles == Some(true) {
            reader = reader.allow_slow_cycles();
        }
        if self.surroundings.on_current_runtime {
            reader = reader.on_current_runtime();
        }
        let reader = (self.sdk.reader)(reader).build().map_err(failed)?;
        let mut attributes = key_values(&request.resource);
        attributes.extend(more.map(key_values).unwrap_or_default());
        let mut provider = MeterProvider::builder()
            .with_resource(resource_from(&self.surroundings.env))
            .with_resource(
                Resource::builder_empty()
                    .with_attributes(attributes)
                    .build(),
            )
            .with_reader(reader);
        for view in &request.views {
            provider = provider.with_view(view_of(view));
        }
        if !request.views_in_order.is_empty() {
            provider = provider.with_views_in_order(request.views_in_order.iter().map(view_of));
        }
        let provider = provider.build().map_err(failed)?;
        let instruments = Instruments::make(
            &provider.meter_with_scope(scope(request)),
            &request.instruments,
        );
        Ok(Worker {
            provider,
            source: Source::Instruments(instruments),
        })
    }
}

impl OtelboxSdkSut {
    /// Calls all providers at once.
    fn all<'a>(
        &'a self,
        timeout: Option<Duration>,
        call: impl Fn(&'a MeterProvider, Duration) -> BoxFuture<'a, Result<(), ReaderError>> + Send + 'a,
    ) -> BoxFuture<'a, Result<CallOutcome, SutError>> {
        Box::pin(async move {
            let began = Instant::now();
            let limit = timeout.unwrap_or(CALL_LIMIT);
            let calls = self
                .workers
                .providers()
                .map(|provider| call(provider, limit));
            Ok(outcome(began, join_all(calls).await))
        })
    }
}

/// Options that are set in code.
fn configured(
    mut exporter: OtlpMetricExporterBuilder,
    configuration: &SutConfiguration,
) -> OtlpMetricExporterBuilder {
    if let Some(timeout) = configuration.exporter_timeout_ms {
        exporter = exporter.with_timeout(Duration::from_millis(timeout));
    }
    if let Some(timeout) = configuration.attempt_timeout_ms {
        exporter = exporter.with_attempt_timeout(Duration::from_millis(timeout));
    }
    if let Some(endpoint) = &configuration.endpoint {
        exporter = exporter.with_endpoint(endpoint);
    }
    if let Some(temporality) = &configuration.temporality {
        exporter = exporter.with_temporality(preference(temporality));
    }
    match configuration.compression {
        Some(scenario::Compression::Gzip) => {
            exporter = exporter.with_compression(Compression::Gzip);
        }
        Some(scenario::Compression::None) => {
            exporter = exporter.with_compression(Compression::None);
        }
        None => {}
    }
    exporter.with_headers(&configuration.headers)
}

fn preference(temporality: &scenario::TemporalityPreference) -> TemporalityPreference {
    use scenario::TemporalityPreset as Preset;
    match temporality {
        scenario::TemporalityPreference::Preset(Preset::Cumulative) => {
            TemporalityPreference::cumulative()
        }
        scenario::TemporalityPreference::Preset(Preset::Delta) => TemporalityPreference::delta(),
        scenario::TemporalityPreference::Preset(Preset::LowMemory) => {
            TemporalityPreference::low_memory()
        }
        scenario::TemporalityPreference::PerKind(kinds) => kinds.iter().fold(
            TemporalityPreference::cumulative(),
            |preference, (kind, temporality)| {
                preference.with(
                    kind_of(*kind),
                    match temporality {
                        scenario::Temporality::Delta => Temporality::Delta,
                        scenario::Temporality::Cumulative => Temporality::Cumulative,
                    },
                )
            },
        ),
    }
}

/// The kind in the words of the stock SDK.
pub(crate) fn kind_of(kind: InstrumentKind) -> opentelemetry_sdk::metrics::InstrumentKind {
    use opentelemetry_sdk::metrics::InstrumentKind as Kind;
    match kind {
        InstrumentKind::Counter => Kind::Counter,
        InstrumentKind::UpDownCounter => Kind::UpDownCounter,
        InstrumentKind::Histogram => Kind::Histogram,
        InstrumentKind::Gauge => Kind::Gauge,
        InstrumentKind::ObservableCounter => Kind::ObservableCounter,
        InstrumentKind::ObservableUpDownCounter => Kind::ObservableUpDownCounter,
        InstrumentKind::ObservableGauge => Kind::ObservableGauge,
    }
}

fn view_of(view: &scenario::View) -> View {
    let mut made = View::new();
    if let Some(name) = &view.name {
        made = made.name(name);
    }
    if let Some(kind) = view.kind {
        made = made.kind(kind_of(kind));
    }
    if let Some(unit) = &view.unit {
        made = made.unit(unit);
    }
    if let Some(meter) = &view.meter {
        made = made.scope(meter);
    }
    if let Some(name) = &view.rename {
        made = made.rename(name);
    }
    if let Some(keys) = &view.allow_attributes {
        made = made.allow_attributes(keys.clone());
    }
    if let Some(bounds) = &view.buckets {
        made = made.buckets(bounds.iter().copied());
    }
    if view.drop { made.drop() } else { made }
}

/// The meter that a scenario asks for.
pub(crate) fn scope(request: &StartRequest) -> InstrumentationScope {
    let Some(meter) = &request.meter else {
        return InstrumentationScope::builder("otelbox").build();
    };
    let scope = InstrumentationScope::builder(meter.name.clone());
    match &meter.version {
        Some(version) => scope.with_version(version.clone()).build(),
        None => scope.build(),
    }
}

impl Sut for OtelboxSdkSut {
    fn hello(&self) -> Hello {
        Hello {
            ok: true,
            sdk: self.sdk.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            language: "rust".to_owned(),
            capabilities: vec![
                Capability::Metrics,
                Capability::Grpc,
                Capability::HttpProtobuf,
                Capability::HttpJson,
                Capability::Observe,
                Capability::ObserveBlock,
                Capability::Views,
                Capability::ViewsInOrder,
                Capability::Resource,
                Capability::Interval,
                Capability::Timeout,
                Capability::ExporterTimeout,
                Capability::AttemptTimeout,
                Capability::AllowSlowCycles,
                Capability::Temporality,
                Capability::Workers,
                Capability::Endpoint,
                Capability::Headers,
                Capability::Compression,
                Capability::FlushTimeout,
                Capability::ShutdownTimeout,
            ],
        }
    }

    fn start<'a>(&'a mut self, request: &'a StartRequest) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            self.workers = Workers::start(request, |more| self.worker(request, more))?;
            Ok(())
        })
    }

    fn record<'a>(
        &'a mut self,
        measurement: &'a Measurement,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move { self.workers.record(measurement) })
    }

    fn emit<'a>(&'a mut self, items: &'a Items) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            self.workers
                .emit(items, Some(self.surroundings.clock.as_ref()))
        })
    }

    fn observe<'a>(
        &'a mut self,
        state: &'a ObservableState,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move { self.workers.observe(state) })
    }

    fn force_flush(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        self.all(timeout, |provider, limit| {
            Box::pin(provider.force_flush(limit).map_ok(drop))
        })
    }

    fn shutdown(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        self.all(timeout, |provider, limit| {
            Box::pin(provider.shutdown(limit).map_ok(drop))
        })
    }

    fn exit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { drop(self) })
    }
}

fn outcome(
    began: Instant,
    results: impl IntoIterator<Item = Result<(), ReaderError>>,
) -> CallOutcome {
    let error = results.into_iter().find_map(Result::err);
    CallOutcome {
        result: match &error {
            None => CallResult::Ok,
            Some(ReaderError::Timeout { .. }) => CallResult::Timeout,
            Some(ReaderError::AlreadyShutDown) => CallResult::AlreadyShutDown,
            Some(_) => CallResult::Failed,
        },
        message: error.map(|error| explained(&error)),
        elapsed: began.elapsed(),
    }
}
