//! The reference SDK as a SUT: the honest one, and the seams that crooked clients are made with.

mod direct;
mod exporters;
mod provider;
mod words;

use std::{sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, join_all};
use opentelemetry_sdk::trace::Sampler;
use otelbox_sdk::{
    Clock, Connector, Environment, Exporter, OtlpMetricExporterBuilder,
    PeriodicExportingMetricReaderBuilder, PushMetricExporter, RandomSource, RetryPolicy,
    Statistics, logs::LogBatch, traces::SpanBatch,
};
use tokio::time::Instant;

use self::provider::{Called, Maker, NumberedIds, Provider};
use super::{CallOutcome, LogLine, Sut, SutError, workers::Workers};
use crate::{
    driver::{Capability, Hello, Items, Measurement, ObservableState, StartRequest},
    run::SdkCounters,
    scenario::CallResult,
};

pub(crate) use words::{kind_of, scope};

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

    /// What its user gets to read of a line that was logged. Default: the line.
    fn told(&self, line: LogLine) -> Vec<LogLine> {
        vec![line]
    }
}

type Change<T> = Arc<dyn Fn(T) -> T + Send + Sync>;

/// The reference SDK, with seams at which a crooked client differs from it.
#[derive(Clone)]
pub struct OtelboxSdk {
    name: String,
    exporter: Change<OtlpMetricExporterBuilder>,
    push: Change<Arc<dyn PushMetricExporter>>,
    reader: Change<PeriodicExportingMetricReaderBuilder>,
    spans: Change<Arc<dyn Exporter<SpanBatch>>>,
    records: Change<Arc<dyn Exporter<LogBatch>>>,
    policy: Option<Arc<dyn RetryPolicy>>,
    random: Option<Arc<dyn RandomSource>>,
    sampler: Sampler,
    repeats_ids: bool,
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
            spans: Arc::new(|exporter| exporter),
            records: Arc::new(|exporter| exporter),
            policy: None,
            random: None,
            sampler: Sampler::ParentBased(Box::new(Sampler::AlwaysOn)),
            repeats_ids: false,
        }
    }

    /// Gives the exporters of all signals another retry policy.
    #[must_use]
    pub fn with_retry_policy(mut self, policy: Arc<dyn RetryPolicy>) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Gives the exporters of all signals another source of jitter.
    #[must_use]
    pub fn with_random(mut self, random: Arc<dyn RandomSource>) -> Self {
        self.random = Some(random);
        self
    }

    /// Changes how the OTLP exporter of metrics is built: its temporality, its connector.
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

    /// Puts another exporter of spans in place of, or around, the OTLP exporter.
    #[must_use]
    pub fn with_span_exporter(
        mut self,
        change: impl Fn(Arc<dyn Exporter<SpanBatch>>) -> Arc<dyn Exporter<SpanBatch>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.spans = Arc::new(change);
        self
    }

    /// Puts another exporter of log records in place of, or around, the OTLP exporter.
    #[must_use]
    pub fn with_log_exporter(
        mut self,
        change: impl Fn(Arc<dyn Exporter<LogBatch>>) -> Arc<dyn Exporter<LogBatch>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.records = Arc::new(change);
        self
    }

    /// Decides in another way which spans are sampled. Default: those with a sampled parent, and all roots.
    #[must_use]
    pub fn with_sampler(mut self, sampler: Sampler) -> Self {
        self.sampler = sampler;
        self
    }

    /// Gives every span the same ids.
    #[must_use]
    pub fn with_repeated_ids(mut self) -> Self {
        self.repeats_ids = true;
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
            ids: NumberedIds::new(self.repeats_ids),
            workers: Workers::default(),
        })
    }
}

/// One run of the reference SDK.
struct OtelboxSdkSut {
    sdk: OtelboxSdk,
    surroundings: Surroundings,
    ids: NumberedIds,
    workers: Workers<Provider>,
}

impl OtelboxSdkSut {
    /// Calls all providers at once.
    async fn all<'a, F: Future<Output = Called>>(
        &'a self,
        timeout: Option<Duration>,
        call: impl Fn(&'a Provider, Duration) -> F,
    ) -> CallOutcome {
        let began = Instant::now();
        let limit = timeout.unwrap_or(CALL_LIMIT);
        let calls = self
            .workers
            .providers()
            .map(|provider| call(provider, limit));
        let error = join_all(calls).await.into_iter().find_map(Result::err);
        let (result, message) = match error {
            None => (CallResult::Ok, None),
            Some((result, message)) => (result, Some(message)),
        };
        CallOutcome {
            result,
            message,
            elapsed: began.elapsed(),
        }
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
                Capability::Traces,
                Capability::Logs,
                Capability::Grpc,
                Capability::HttpProtobuf,
                Capability::HttpJson,
                Capability::RemoteWrite,
                Capability::Zipkin,
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
                Capability::SimpleProcessor,
                Capability::MaxQueueSize,
                Capability::MaxExportBatchSize,
                Capability::ScheduleDelay,
                Capability::ExportTimeout,
                Capability::Temporality,
                Capability::DropPolicy,
                Capability::Workers,
                Capability::Certificates,
                Capability::Switches,
                Capability::SpanDetails,
                Capability::LogInSpan,
                Capability::Endpoint,
                Capability::Headers,
                Capability::Compression,
                Capability::MaxRequestBytes,
                Capability::MaxResponseBytes,
                Capability::ExportDeadline,
                Capability::Export,
                Capability::FlushTimeout,
                Capability::ShutdownTimeout,
                Capability::Reset,
            ],
        }
    }

    fn start<'a>(&'a mut self, request: &'a StartRequest) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            if let Some(env) = &request.env {
                let variables = env.clone().into_iter().collect::<Environment>();
                self.surroundings.env = match self.surroundings.env.executable() {
                    Some(name) => variables.with_executable(name),
                    None => variables,
                };
            }
            let maker = Maker {
                sdk: &self.sdk,
                surroundings: &self.surroundings,
                ids: &self.ids,
                request,
            };
            self.workers = Workers::start(request, |more| maker.worker(more))?;
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

    fn export(&mut self) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move { Ok(self.all(None, Provider::export).await) })
    }

    fn counters(&self) -> Option<SdkCounters> {
        let all = self.workers.providers().map(Provider::statistics);
        Some(all.fold(Statistics::default(), Statistics::merged).into())
    }

    fn force_flush(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move { Ok(self.all(timeout, Provider::force_flush).await) })
    }

    fn shutdown(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move { Ok(self.all(timeout, Provider::shutdown).await) })
    }

    fn reset(&mut self) -> BoxFuture<'_, Result<(), SutError>> {
        Box::pin(async move {
            let ended = self.all(None, Provider::shutdown).await;
            self.workers = Workers::default();
            match ended.result {
                CallResult::Timeout => Err(SutError::Refused(
                    ended.message.unwrap_or_else(|| "it still runs".to_owned()),
                )),
                _ => Ok(()),
            }
        })
    }

    fn exit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { drop(self) })
    }
}
