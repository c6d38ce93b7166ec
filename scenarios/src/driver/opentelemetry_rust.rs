//! The stock `opentelemetry` stack as a SUT: its periodic reader and its OTLP exporters, as an application wires them.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    metrics::{Aggregation, Instrument, PeriodicReader, SdkMeterProvider, Stream},
};

use super::{Capability, Hello, Measurement, ObservableState, StartRequest};
use crate::{
    scenario::{Attributes, CallResult, InstrumentKind, View},
    sut::{
        CallOutcome, Sut, SutError,
        instruments::{Instruments, key_values},
        otelbox_sdk::{kind_of, scope},
    },
};

/// The release that is linked in. Spec: the lock file.
const VERSION: &str = "0.33.1";

/// One run of the stock stack. Everything that is not in the start request comes from the environment of the process.
#[derive(Default)]
pub(super) struct OpentelemetryRust {
    workers: Vec<(SdkMeterProvider, Instruments)>,
}

impl OpentelemetryRust {
    fn worker(
        request: &StartRequest,
        more: Option<&Attributes>,
    ) -> Result<(SdkMeterProvider, Instruments), SutError> {
        let exporter = MetricExporter::builder()
            .build()
            .map_err(|error| SutError::Start(error.to_string()))?;
        let mut reader = PeriodicReader::builder(exporter);
        if let Some(interval) = request.configuration.interval_ms {
            reader = reader.with_interval(Duration::from_millis(interval));
        }
        let mut attributes = key_values(&request.resource);
        attributes.extend(more.map(key_values).unwrap_or_default());
        let mut provider = SdkMeterProvider::builder()
            .with_resource(Resource::builder().with_attributes(attributes).build())
            .with_reader(reader.build());
        for view in &request.views {
            let view = view.clone();
            provider = provider.with_view(move |instrument: &Instrument| stream(&view, instrument));
        }
        let provider = provider.build();
        let instruments = Instruments::make(
            &provider.meter_with_scope(scope(request)),
            &request.instruments,
        );
        Ok((provider, instruments))
    }

    fn all(&self, call: impl Fn(&SdkMeterProvider) -> OTelSdkResult) -> CallOutcome {
        #[expect(
            clippy::disallowed_methods,
            reason = "the stock SDK blocks its caller; this is how long it did"
        )]
        let began = Instant::now();
        let error = self
            .workers
            .iter()
            .map(|(provider, _)| call(provider))
            .find_map(Result::err);
        CallOutcome {
            result: match &error {
                None => CallResult::Ok,
                Some(OTelSdkError::Timeout(_)) => CallResult::Timeout,
                Some(OTelSdkError::AlreadyShutdown) => CallResult::AlreadyShutDown,
                Some(OTelSdkError::InternalFailure(_)) => CallResult::Failed,
            },
            message: error.map(|error| error.to_string()),
            elapsed: began.elapsed(),
        }
    }
}

/// A view of the scenario as the closure that this SDK wants.
fn stream(view: &View, instrument: &Instrument) -> Option<Stream> {
    let selected = view
        .name
        .as_ref()
        .is_none_or(|pattern| is_like(pattern, instrument.name()))
        && view
            .kind
            .is_none_or(|kind: InstrumentKind| kind_of(kind) == instrument.kind())
        && view
            .unit
            .as_ref()
            .is_none_or(|unit| unit == instrument.unit())
        && view
            .meter
            .as_ref()
            .is_none_or(|meter| meter == instrument.scope().name());
    if !selected {
        return None;
    }
    let mut stream = Stream::builder();
    if let Some(name) = &view.rename {
        stream = stream.with_name(name.clone());
    }
    if let Some(keys) = &view.allow_attributes {
        stream = stream.with_allowed_attribute_keys(keys.iter().cloned().map(Into::into));
    }
    if let Some(bounds) = &view.buckets {
        stream = stream.with_aggregation(Aggregation::ExplicitBucketHistogram {
            boundaries: bounds.clone(),
            record_min_max: true,
        });
    }
    if view.drop {
        stream = stream.with_aggregation(Aggregation::Drop);
    }
    stream.build().ok()
}

/// Whether `name` matches `pattern`, in which `*` stands for any letters and `?` for one.
fn is_like(pattern: &str, name: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = letters.as_str();
            (0..=name.len())
                .filter(|at| name.is_char_boundary(*at))
                .any(|at| is_like(rest, &name[at..]))
        }
        Some(letter) => {
            let mut given = name.chars();
            given
                .next()
                .is_some_and(|first| letter == '?' || letter.eq_ignore_ascii_case(&first))
                && is_like(letters.as_str(), given.as_str())
        }
    }
}

impl Sut for OpentelemetryRust {
    fn hello(&self) -> Hello {
        Hello {
            ok: true,
            sdk: "opentelemetry-rust".to_owned(),
            version: VERSION.to_owned(),
            language: "rust".to_owned(),
            // Its flush and shutdown take no time limit that has an effect, and its reader has no timeout.
            capabilities: vec![
                Capability::Metrics,
                Capability::Grpc,
                Capability::HttpProtobuf,
                Capability::HttpJson,
                Capability::Observe,
                Capability::ObserveBlock,
                Capability::Views,
                Capability::Resource,
                Capability::Interval,
                Capability::Workers,
            ],
        }
    }

    fn start<'a>(&'a mut self, request: &'a StartRequest) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            if request.workers.is_empty() {
                self.workers.push(Self::worker(request, None)?);
            }
            for more in &request.workers {
                self.workers.push(Self::worker(request, Some(more))?);
            }
            Ok(())
        })
    }

    fn record<'a>(
        &'a mut self,
        measurement: &'a Measurement,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            self.workers
                .iter()
                .try_for_each(|(_, instruments)| instruments.record(measurement))
        })
    }

    fn observe<'a>(
        &'a mut self,
        state: &'a ObservableState,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            self.workers
                .iter()
                .try_for_each(|(_, instruments)| instruments.observe(state))
        })
    }

    fn force_flush(&mut self, _: Option<Duration>) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move { Ok(self.all(SdkMeterProvider::force_flush)) })
    }

    fn shutdown(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move {
            Ok(self.all(|provider| match timeout {
                Some(timeout) => provider.shutdown_with_timeout(timeout),
                None => provider.shutdown(),
            }))
        })
    }

    fn exit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { drop(self) })
    }
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn patterns_have_two_wildcards() {
        for (pattern, name, wanted) in [
            ("*", "anything", true),
            ("http.*", "http.requests", true),
            ("http.*", "db.requests", false),
            ("h?tp", "http", true),
            ("h?tp", "htp", false),
            ("*.count", "http.server.count", true),
            ("", "x", false),
        ] {
            assert_eq!(is_like(pattern, name), wanted, "{pattern} {name}");
        }
    }
}
