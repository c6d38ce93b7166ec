//! Spans to Zipkin beside other exporters, and over TLS.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use otelbox_sdk::{
    Deadline, Environment, ExportOutcome, Exporter, PemSource, SpanBatch, VirtualClock,
    ZipkinSpanExporter, ZipkinSpanExporterBuilder,
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};

use crate::wire::{Answer, Authority, Wire};
use crate::world::{World, record_one_of_each, seconds};

#[tokio::test(start_paused = true)]
async fn zipkin_otlp_and_the_console_work_side_by_side() {
    let world = World::new();
    let zipkin = Wire::new(Answer::Ok, &Authority::new());
    let environment = Environment::empty()
        .with("OTEL_TRACES_EXPORTER", "otlp, Zipkin,console")
        .with("OTEL_SERVICE_NAME", "shop");
    let sdk = world.builder(&environment);
    let sdk = sdk.with_connector(Arc::new(zipkin.clone())).build();
    let sdk = sdk.expect("an SDK");
    record_one_of_each(&sdk);
    let report = sdk.shutdown(seconds(5)).await.expect("delivered");
    assert_eq!(report.lost, []);
    assert_eq!(world.spans()[0].name, "checkout");
    assert!(world.console.read().contains("checkout"));
    let seen = zipkin.seen();
    let [request] = &seen.requests[..] else {
        panic!("one request to Zipkin: {seen:?}")
    };
    let body = String::from_utf8(request.body.clone()).expect("JSON");
    assert!(body.contains(r#""name":"checkout""#), "{body}");
    assert!(body.contains(r#""serviceName":"shop""#), "{body}");
}

/// One export over TLS, with an exporter that `configure` changes.
async fn over_tls(
    wire: &Wire,
    configure: impl FnOnce(ZipkinSpanExporterBuilder) -> ZipkinSpanExporterBuilder,
) -> ExportOutcome {
    let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let builder = ZipkinSpanExporter::builder()
        .with_endpoint("https://collector:9411/api/v2/spans")
        .with_clock(Arc::new(VirtualClock::starting_at(epoch)))
        .with_connector(Arc::new(wire.clone()));
    let exporter = configure(builder).build().expect("an exporter");
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        ..Span::default()
    };
    let batch = SpanBatch::new(ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans {
                spans: vec![span],
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    });
    exporter.export(&batch, Deadline::none()).await
}

#[tokio::test(start_paused = true)]
async fn a_named_authority_is_trusted_and_another_is_not() {
    let authority = Authority::new();
    let wire = Wire::new(Answer::Ok, &authority);
    let outcome = over_tls(&wire, |builder| {
        builder.with_ca_certificate(PemSource::Text(authority.pem().into_bytes()))
    })
    .await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    assert_eq!(wire.seen().requests.len(), 1);

    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "somebody else");
    let key = KeyPair::generate().expect("a key");
    let other = params.self_signed(&key).expect("a certificate").pem();
    let wire = Wire::new(Answer::Ok, &authority);
    let outcome = over_tls(&wire, |builder| {
        builder.with_ca_certificate(PemSource::Text(other.into_bytes()))
    })
    .await;
    let ExportOutcome::Failed(failure) = outcome else {
        panic!("it trusts anybody")
    };
    assert_eq!(wire.seen().requests.len(), 0);
    let shown = failure.to_string();
    assert!(shown.contains("with_ca_certificate()"), "{shown}");
    assert!(!shown.contains("OTLP"), "{shown}");
}
