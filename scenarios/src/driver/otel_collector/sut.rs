//! The driver: requests of the runner, done by a Collector.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::{pipeline::Pipeline, process::CollectorError};
use crate::{
    driver::{Capability, Hello, Items, Measurement, ObservableState, StartRequest},
    scenario::CallResult,
    sut::{CallOutcome, Sut, SutError},
};

/// The Collector as a SUT.
pub(in crate::driver) struct OtelCollector {
    /// This program, which becomes the Collector.
    otelbox: PathBuf,
    collector: PathBuf,
    version: String,
    state: State,
    cases: u64,
}

enum State {
    Idle,
    Running(Box<Pipeline>),
    /// Shut down; what is asked of it now has no effect.
    Over,
}

impl OtelCollector {
    /// The Collector at this path, which says its version.
    pub(in crate::driver) fn at(collector: &Path) -> Result<Self, CollectorError> {
        let failed = |source| CollectorError::of(collector, source);
        Ok(Self {
            otelbox: std::env::current_exe().map_err(failed)?,
            version: version(collector).map_err(failed)?,
            collector: collector.to_owned(),
            state: State::Idle,
            cases: 0,
        })
    }

    fn running(&mut self) -> Option<&mut Pipeline> {
        match &mut self.state {
            State::Running(pipeline) => Some(pipeline),
            State::Idle | State::Over => None,
        }
    }

    async fn stop(&mut self) {
        if let State::Running(mut pipeline) = std::mem::replace(&mut self.state, State::Idle) {
            pipeline.kill().await;
        }
    }
}

/// `otelcol version 0.156.0`, in the words of its builder.
fn version(collector: &Path) -> io::Result<String> {
    let output = Command::new(collector)
        .arg("--version")
        .env_clear()
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.trim().rsplit_once(" version ");
    version
        .map(|(_, version)| version.to_owned())
        .ok_or_else(|| {
            io::Error::other(format!(
                "it does not say its version, but `{}`",
                text.trim()
            ))
        })
}

impl Sut for OtelCollector {
    fn hello(&self) -> Hello {
        Hello {
            ok: true,
            sdk: "otel-collector".to_owned(),
            version: self.version.clone(),
            language: "go".to_owned(),
            capabilities: vec![
                Capability::Metrics,
                Capability::Traces,
                Capability::Logs,
                Capability::Grpc,
                Capability::HttpProtobuf,
                Capability::HttpJson,
                Capability::Resource,
                Capability::AttemptTimeout,
                Capability::Workers,
                Capability::Endpoint,
                Capability::Headers,
                Capability::Compression,
                Capability::Certificates,
                Capability::Reset,
                Capability::Forwards,
            ],
        }
    }

    fn start<'a>(&'a mut self, request: &'a StartRequest) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            self.cases += 1;
            let (otelbox, collector) = (&self.otelbox, &self.collector);
            let pipeline = Pipeline::start(otelbox, collector, request, self.cases).await?;
            self.state = State::Running(Box::new(pipeline));
            Ok(())
        })
    }

    fn record<'a>(
        &'a mut self,
        measurement: &'a Measurement,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            let Some(pipeline) = self.running() else {
                return Ok(());
            };
            let payloads = pipeline.source.record(measurement)?;
            pipeline.hand_over("record", payloads).await
        })
    }

    fn emit<'a>(&'a mut self, items: &'a Items) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            let Some(pipeline) = self.running() else {
                return Ok(());
            };
            let payloads = pipeline.source.emit(items)?;
            pipeline.hand_over("emit", payloads).await
        })
    }

    fn observe<'a>(&'a mut self, _: &'a ObservableState) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async {
            Err(SutError::Refused(
                "there are no callbacks in a Collector".to_owned(),
            ))
        })
    }

    fn force_flush(&mut self, _: Option<Duration>) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move {
            let began = Instant::now();
            if let Some(pipeline) = self.running() {
                pipeline.settle("force_flush").await?;
            }
            Ok(untold(began))
        })
    }

    fn shutdown(&mut self, _: Option<Duration>) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move {
            let began = Instant::now();
            let Some(pipeline) = self.running() else {
                return Ok(untold(began));
            };
            let status = pipeline.shut_down().await?;
            let said = pipeline.said();
            self.state = State::Over;
            if status.success() {
                return Ok(untold(began));
            }
            Ok(CallOutcome {
                result: CallResult::Failed,
                message: Some(format!("{status}: {said}")),
                elapsed: began.elapsed(),
            })
        })
    }

    fn reset(&mut self) -> BoxFuture<'_, Result<(), SutError>> {
        Box::pin(async move {
            self.stop().await;
            Ok(())
        })
    }

    fn end_processes(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(self.stop())
    }

    fn exit(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { self.stop().await })
    }
}

/// Neither a signal nor an exit code says what has become of the data.
fn untold(began: Instant) -> CallOutcome {
    CallOutcome {
        result: CallResult::Untold,
        message: None,
        elapsed: began.elapsed(),
    }
}
