//! The exporters of the reference SDK, with the options that are set in code.

use std::{sync::Arc, time::Duration};

use otelbox_sdk::{
    Batch, Compression, ConfigError, Exporter, ExporterBuilder, HttpExporterBuilder, HttpFormat,
    OtlpExporter, OtlpExporterBuilder, OtlpMetricExporter, PrometheusRemoteWriteExporter,
    PushMetricExporter, ZipkinSpanExporter, logs::LogBatch, traces::SpanBatch,
};

use super::{Surroundings, provider::Maker, words::preference};
use crate::{
    driver::SutConfiguration,
    scenario::{self, Signal, is_a_switch},
    sut::SutError,
};

/// What an exporter that is built in code sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Otlp,
    RemoteWrite,
    Zipkin,
}

impl Format {
    /// Refuses options that the exporter does not have.
    pub(super) fn check(self, configuration: &SutConfiguration) -> Result<(), SutError> {
        let has_more = configuration.temporality.is_some() || configuration.compression.is_some();
        if self == Self::RemoteWrite && has_more {
            return Err(SutError::Refused(
                "remote write is cumulative and compressed by snappy: there is no other temporality or compression"
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

impl Maker<'_> {
    /// What the exporter of this signal sends; none where the SDK sets itself up by its environment.
    ///
    /// Nothing can be set in code of an SDK that does so: whoever sets anything wires the exporter that the environment asks for.
    /// Where it asks for none, nothing that is set has an effect.
    pub(super) fn format(&self) -> Option<Format> {
        let env = &self.surroundings.env;
        let mut switches = env.names().filter(|name| is_a_switch(name));
        let Some(switch) = switches.next() else {
            return Some(Format::Otlp);
        };
        let wired = match (self.request.signal, switch, env.get(switch)?) {
            (Signal::Metrics, "OTEL_METRICS_EXPORTER", "prometheus_remote_write") => {
                Format::RemoteWrite
            }
            (Signal::Traces, "OTEL_TRACES_EXPORTER", "zipkin") => Format::Zipkin,
            (_, "OTEL_SDK_DISABLED", value) if !value.eq_ignore_ascii_case("true") => Format::Otlp,
            (_, _, "otlp") => Format::Otlp,
            _ => return None,
        };
        (self.sets_anything() && switches.next().is_none()).then_some(wired)
    }

    /// Whether anything is set in code.
    fn sets_anything(&self) -> bool {
        let request = self.request;
        !(request.configuration.is_empty()
            && request.views.is_empty()
            && request.views_in_order.is_empty())
    }

    pub(super) fn exporter_of_metrics(
        &self,
        format: Format,
    ) -> Result<Arc<dyn PushMetricExporter>, ConfigError> {
        let exporter: Arc<dyn PushMetricExporter> = if format == Format::RemoteWrite {
            Arc::new(
                self.http(PrometheusRemoteWriteExporter::builder())
                    .build()?,
            )
        } else {
            let mut builder = self.otlp(OtlpMetricExporter::builder());
            if let Some(temporality) = &self.request.configuration.temporality {
                builder = builder.with_temporality(preference(temporality));
            }
            Arc::new((self.sdk.exporter)(builder).build()?)
        };
        Ok((self.sdk.push)(exporter))
    }

    pub(super) fn exporter_of_spans(
        &self,
        format: Format,
    ) -> Result<Arc<dyn Exporter<SpanBatch>>, ConfigError> {
        let exporter: Arc<dyn Exporter<SpanBatch>> = if format == Format::Zipkin {
            let mut builder = self.http(ZipkinSpanExporter::builder());
            if let Some(compression) = self.compression() {
                builder = builder.with_compression(compression);
            }
            Arc::new(builder.build()?)
        } else {
            Arc::new(self.otlp(OtlpExporter::<SpanBatch>::builder()).build()?)
        };
        Ok((self.sdk.spans)(exporter))
    }

    pub(super) fn exporter_of_records(&self) -> Result<Arc<dyn Exporter<LogBatch>>, ConfigError> {
        let exporter = self.otlp(OtlpExporter::<LogBatch>::builder()).build()?;
        Ok((self.sdk.records)(Arc::new(exporter)))
    }

    fn otlp<B: Batch>(&self, builder: OtlpExporterBuilder<B>) -> OtlpExporterBuilder<B> {
        let mut builder = self.placed(builder);
        if let Some(endpoint) = &self.request.configuration.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        match self.compression() {
            Some(compression) => builder.with_compression(compression),
            None => builder,
        }
    }

    fn http<F: HttpFormat>(&self, builder: HttpExporterBuilder<F>) -> HttpExporterBuilder<F> {
        let builder = self.placed(builder);
        match &self.request.configuration.endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint),
            None => builder,
        }
    }

    fn compression(&self) -> Option<Compression> {
        let compression = self.request.configuration.compression.as_ref()?;
        Some(match compression {
            scenario::Compression::Gzip => Compression::Gzip,
            scenario::Compression::None => Compression::None,
        })
    }

    /// An exporter in its surroundings, with the options that exporters of every format have.
    fn placed<O>(&self, mut builder: ExporterBuilder<O>) -> ExporterBuilder<O> {
        let Surroundings {
            env,
            connector,
            clock,
            random,
            ..
        } = self.surroundings;
        builder = builder
            .with_env(env)
            .with_clock(Arc::clone(clock))
            .with_random(Arc::clone(self.sdk.random.as_ref().unwrap_or(random)));
        if let Some(connector) = connector {
            builder = builder.with_connector(Arc::clone(connector));
        }
        if let Some(policy) = &self.sdk.policy {
            builder = builder.with_retry_policy(Arc::clone(policy));
        }
        let configuration = &self.request.configuration;
        if let Some(timeout) = configuration.exporter_timeout_ms {
            builder = builder.with_timeout(Duration::from_millis(timeout));
        }
        if let Some(timeout) = configuration.attempt_timeout_ms {
            builder = builder.with_attempt_timeout(Duration::from_millis(timeout));
        }
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        if let Some(bytes) = configuration.max_request_bytes {
            builder = builder.with_max_request_bytes(size(bytes));
        }
        if let Some(bytes) = configuration.max_response_bytes {
            builder = builder.with_max_response_bytes(size(bytes));
        }
        builder.with_headers(&configuration.headers)
    }
}
