//! The one client that differs as its deviation says.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use otelbox_sdk::Connector;

use super::Deviation;
use super::calls::{ALL_IS_WELL, NOTHING_IS_LEFT, QUEUE_SIZE};
use super::environment::named;
use super::proxy::Rewriting;
use crate::driver::{Hello, Items, Measurement, ObservableState, StartRequest};
use crate::run::SdkCounters;
use crate::sut::{CallOutcome, LogLine, Surroundings, Sut, SutError, SutFactory};

/// Makes a client out of another one and a deviation.
pub(in super::super) struct Deviant {
    inner: Arc<dyn SutFactory>,
    deviation: Arc<Deviation>,
}

impl Deviant {
    pub(in super::super) fn new(inner: Arc<dyn SutFactory>, deviation: Deviation) -> Self {
        Self {
            inner,
            deviation: Arc::new(deviation),
        }
    }
}

impl SutFactory for Deviant {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn build(&self, mut surroundings: Surroundings) -> Box<dyn Sut> {
        for misreading in &self.deviation.env {
            surroundings.env = misreading.applied(surroundings.env);
        }
        if let Some(wire) = &self.deviation.wire {
            surroundings.connector = surroundings
                .connector
                .map(|inner| Arc::new(Rewriting::new(inner, wire.clone())) as Arc<dyn Connector>);
        }
        let env = &surroundings.env;
        let panics = self
            .deviation
            .panics_with
            .as_ref()
            .is_some_and(|pattern| !named(env, pattern).is_empty());
        let inner = self.inner.build(surroundings);
        Box::new(DeviantSut {
            hello: inner.hello(),
            inner: Some(inner),
            deviation: Arc::clone(&self.deviation),
            queue_size: QUEUE_SIZE,
            panics,
        })
    }

    fn told(&self, line: LogLine) -> Vec<LogLine> {
        let told = self.deviation.log.told(&line.text);
        told.into_iter()
            .map(|text| LogLine {
                text,
                ..line.clone()
            })
            .collect()
    }
}

struct DeviantSut {
    /// Gone after a shutdown that only dropped it.
    inner: Option<Box<dyn Sut>>,
    hello: Hello,
    deviation: Arc<Deviation>,
    queue_size: u64,
    panics: bool,
}

impl DeviantSut {
    fn inner(&mut self) -> Result<&mut Box<dyn Sut>, SutError> {
        self.inner
            .as_mut()
            .ok_or_else(|| SutError::Refused("it is gone".to_owned()))
    }

    fn panic_if_it_does(&self) {
        assert!(!self.panics, "a crooked client panics on purpose");
    }

    fn request(&self, request: &StartRequest) -> Result<StartRequest, SutError> {
        let unusable = |error: serde_json::Error| SutError::Start(error.to_string());
        let mut patched = serde_json::to_value(request).map_err(unusable)?;
        merge(&mut patched, &self.deviation.settings);
        let mut request: StartRequest = serde_json::from_value(patched).map_err(unusable)?;
        if self.deviation.first_view_wins {
            request.views_in_order.append(&mut request.views);
        }
        Ok(request)
    }
}

/// A JSON merge patch (RFC 7396); `null` at the top changes nothing.
fn merge(value: &mut serde_json::Value, patch: &serde_json::Value) {
    let serde_json::Value::Object(patch) = patch else {
        return;
    };
    if !value.is_object() {
        *value = serde_json::Value::Object(serde_json::Map::new());
    }
    let Some(value) = value.as_object_mut() else {
        return;
    };
    for (key, patch) in patch {
        match patch {
            serde_json::Value::Null => {
                value.remove(key);
            }
            serde_json::Value::Object(_) => {
                merge(value.entry(key).or_insert(serde_json::Value::Null), patch);
            }
            _ => {
                value.insert(key.clone(), patch.clone());
            }
        }
    }
}

impl Sut for DeviantSut {
    fn hello(&self) -> Hello {
        self.hello.clone()
    }

    fn start<'a>(&'a mut self, request: &'a StartRequest) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            let request = self.request(request)?;
            self.queue_size = request.configuration.max_queue_size.unwrap_or(QUEUE_SIZE);
            self.inner()?.start(&request).await
        })
    }

    fn record<'a>(
        &'a mut self,
        measurement: &'a Measurement,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            self.panic_if_it_does();
            match &mut self.inner {
                Some(inner) => inner.record(measurement).await,
                None => Ok(()),
            }
        })
    }

    fn emit<'a>(&'a mut self, items: &'a Items) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            self.panic_if_it_does();
            let (emission, queue_size) = (self.deviation.emit, self.queue_size);
            match &mut self.inner {
                Some(inner) => emission.emit(inner.as_mut(), items, queue_size).await,
                None => Ok(()),
            }
        })
    }

    fn observe<'a>(
        &'a mut self,
        observation: &'a ObservableState,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            match &mut self.inner {
                Some(inner) => inner.observe(observation).await,
                None => Ok(()),
            }
        })
    }

    fn export(&mut self) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move {
            match &mut self.inner {
                Some(inner) => inner.export().await,
                None => Ok(NOTHING_IS_LEFT),
            }
        })
    }

    fn counters(&self) -> Option<SdkCounters> {
        self.inner.as_ref().and_then(|inner| inner.counters())
    }

    fn force_flush(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        let deviation = Arc::clone(&self.deviation);
        Box::pin(async move {
            let flush = &deviation.flush;
            match &mut self.inner {
                Some(inner) if !flush.skipped => {
                    let outcome = inner.force_flush(flush.limit(timeout)).await?;
                    Ok(flush.told(outcome).await)
                }
                _ => Ok(ALL_IS_WELL),
            }
        })
    }

    fn shutdown(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        let deviation = Arc::clone(&self.deviation);
        Box::pin(async move {
            let shutdown = &deviation.shutdown;
            if shutdown.skipped {
                if let Some(inner) = self.inner.take() {
                    inner.exit().await;
                }
                return Ok(ALL_IS_WELL);
            }
            let outcome = self.inner()?.shutdown(shutdown.limit(timeout)).await?;
            Ok(shutdown.told(outcome).await)
        })
    }

    fn exit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if let Some(inner) = self.inner {
                inner.exit().await;
            }
        })
    }
}
