//! A client whose exporter knows what its program is doing. Each run has a state of its own, so that runs side by side do
//! not meet.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::driver::{Hello, Items, Measurement, ObservableState, StartRequest};
use crate::run::SdkCounters;
use crate::scenario::{Compression, DropPolicy};
use crate::sut::{CallOutcome, OtelboxSdk, Surroundings, Sut, SutError, SutFactory};

/// What exporter and program know of one another, in one run.
#[derive(Debug, Default)]
pub(super) struct Program {
    /// A flush is being waited for.
    pub(super) is_flushing: AtomicBool,
    /// What is given up is carried over.
    pub(super) carries_over: AtomicBool,
    /// Requests are compressed, over HTTP/JSON.
    pub(super) is_gzip_json: AtomicBool,
    /// The next call that ends is to go on for longer than it may.
    pub(super) lingers: AtomicBool,
}

/// Makes a client for each run.
pub(super) struct Watched {
    make: fn(&Arc<Program>) -> OtelboxSdk,
}

impl Watched {
    pub(super) fn new(make: fn(&Arc<Program>) -> OtelboxSdk) -> Self {
        Self { make }
    }
}

/// How long a call goes on beyond its limit.
const BEYOND: Duration = Duration::from_secs(1);

/// The limit of a call that is given none.
const CALL_LIMIT: Duration = Duration::from_secs(30);

impl SutFactory for Watched {
    fn name(&self) -> &'static str {
        "otelbox-sdk"
    }

    fn build(&self, surroundings: Surroundings) -> Box<dyn Sut> {
        let program = Arc::new(Program::default());
        let protocol = surroundings.env.get("OTEL_EXPORTER_OTLP_PROTOCOL");
        let is_json = protocol == Some("http/json");
        Box::new(WatchedSut {
            inner: (self.make)(&program).build(surroundings),
            program,
            is_json,
        })
    }
}

struct WatchedSut {
    inner: Box<dyn Sut>,
    program: Arc<Program>,
    is_json: bool,
}

impl WatchedSut {
    /// Goes on where the exporter has asked for it, until the call is late.
    async fn linger(&mut self, timeout: Option<Duration>, mut outcome: CallOutcome) -> CallOutcome {
        if self.program.lingers.swap(false, Ordering::Relaxed) {
            let late = timeout.unwrap_or(CALL_LIMIT) + BEYOND;
            let longer = late.saturating_sub(outcome.elapsed);
            tokio::time::sleep(longer).await;
            outcome.elapsed += longer;
        }
        outcome
    }
}

impl Sut for WatchedSut {
    fn hello(&self) -> Hello {
        self.inner.hello()
    }

    fn start<'a>(&'a mut self, request: &'a StartRequest) -> BoxFuture<'a, Result<(), SutError>> {
        let is_gzip = request.configuration.compression == Some(Compression::Gzip);
        let is_gzip_json = is_gzip && self.is_json;
        self.program
            .is_gzip_json
            .store(is_gzip_json, Ordering::Relaxed);
        let policy = request.configuration.drop_policy;
        let carries_over = policy.and_then(DropPolicy::carries_over).is_some();
        self.program
            .carries_over
            .store(carries_over, Ordering::Relaxed);
        self.inner.start(request)
    }

    fn record<'a>(
        &'a mut self,
        measurement: &'a Measurement,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        self.inner.record(measurement)
    }

    fn emit<'a>(&'a mut self, items: &'a Items) -> BoxFuture<'a, Result<(), SutError>> {
        self.inner.emit(items)
    }

    fn observe<'a>(
        &'a mut self,
        observation: &'a ObservableState,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        self.inner.observe(observation)
    }

    fn export(&mut self) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        self.inner.export()
    }

    fn counters(&self) -> Option<SdkCounters> {
        self.inner.counters()
    }

    fn force_flush(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move {
            self.program.is_flushing.store(true, Ordering::Relaxed);
            let outcome = self.inner.force_flush(timeout).await;
            self.program.is_flushing.store(false, Ordering::Relaxed);
            Ok(self.linger(timeout, outcome?).await)
        })
    }

    fn shutdown(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move {
            let outcome = self.inner.shutdown(timeout).await?;
            Ok(self.linger(timeout, outcome).await)
        })
    }

    fn exit(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.inner.exit()
    }
}
