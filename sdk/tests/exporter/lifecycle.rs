//! Shutdown, flush, counters and the log.

use otelbox_sdk::Protocol::{Grpc, HttpProtobuf};
use otelbox_sdk::{
    Deadline, Environment, ExportError, ExportOutcome, Exporter, FailureReason, OtlpMetricExporter,
    Protocol, PushMetricExporter, Temporality, TemporalityPreference,
};
use tokio::time::{Instant, sleep};
use tonic::Code;

use crate::log_lines::Log;
use crate::receiver::{Receiver, Reply, batch, grpc, http, secs, unavailable};

fn reason(outcome: ExportOutcome) -> FailureReason {
    match outcome {
        ExportOutcome::Failed(failure) => failure.reason,
        delivered => panic!("not a failure: {delivered:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_exported_after_a_shutdown_and_a_second_one_is_a_clean_error() {
    let receiver = Receiver::new(Grpc, []);
    let exporter = receiver.exporter().build().expect("an exporter");
    assert_eq!(exporter.shutdown(Deadline::none()).await, Ok(()));
    let second = exporter.shutdown(Deadline::none()).await;
    assert_eq!(second, Err(ExportError::AlreadyShutDown));
    let outcome = exporter.export(&batch(2), Deadline::none()).await;
    assert_eq!(reason(outcome), FailureReason::ShutDown);
    assert_eq!(receiver.dials(), []);
    assert_eq!(exporter.statistics().dropped_items, 2);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_wakes_a_backoff() {
    let receiver = Receiver::always(Grpc, grpc(Code::Unavailable));
    let exporter = receiver.exporter().build().expect("an exporter");
    let started = Instant::now();
    let batch = batch(1);
    let (outcome, ended) = tokio::join!(exporter.export(&batch, Deadline::none()), async {
        sleep(secs(5)).await;
        exporter.shutdown(Deadline::within(secs(60))).await
    });
    assert_eq!(reason(outcome), FailureReason::ShutDown);
    assert_eq!(ended, Ok(()));
    assert_eq!(started.elapsed(), secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_gives_an_attempt_in_flight_until_its_deadline() {
    for (answer_after, expected) in [(6, Ok(())), (9, Err(ExportError::DeadlineExceeded))] {
        let slow = Reply::After(secs(answer_after), Box::new(Reply::Ok(Vec::new())));
        let receiver = Receiver::new(Grpc, [slow]);
        let exporter = receiver.exporter().build().expect("an exporter");
        let started = Instant::now();
        let batch = batch(1);
        let (outcome, ended) = tokio::join!(exporter.export(&batch, Deadline::none()), async {
            sleep(secs(5)).await;
            exporter.shutdown(Deadline::within(secs(2))).await
        });
        assert_eq!(outcome.is_delivered(), expected.is_ok(), "{answer_after} s");
        assert_eq!(
            started.elapsed(),
            secs(answer_after.min(7)),
            "{answer_after} s"
        );
        assert_eq!(ended, expected, "{answer_after} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_flush_waits_for_what_is_in_flight() {
    let slow = Reply::After(secs(3), Box::new(Reply::Ok(Vec::new())));
    let receiver = Receiver::new(HttpProtobuf, [slow]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let started = Instant::now();
    let batch = batch(1);
    let ((), outcome) = tokio::join!(
        async {
            sleep(secs(1)).await;
            let early = exporter.force_flush(Deadline::within(secs(1))).await;
            assert_eq!(early, Err(ExportError::DeadlineExceeded));
            assert_eq!(exporter.force_flush(Deadline::none()).await, Ok(()));
            assert_eq!(started.elapsed(), secs(3));
        },
        exporter.export(&batch, Deadline::none())
    );
    assert!(outcome.is_delivered());
}

#[tokio::test(start_paused = true)]
async fn every_outcome_is_counted() {
    let partial = vec![0x0a, 0x02, 0x08, 0x02];
    let script = [http(503), Reply::Ok(partial), http(400), Reply::Hang];
    let receiver = Receiver::new(HttpProtobuf, script);
    let exporter = receiver.exporter().build().expect("an exporter");
    let _ = exporter.export(&batch(5), Deadline::none()).await;
    let _ = exporter.export(&batch(3), Deadline::none()).await;
    let batch = batch(4);
    let abandoned = exporter.export(&batch, Deadline::none());
    assert!(tokio::time::timeout(secs(1), abandoned).await.is_err());
    let counts = exporter.statistics();
    assert_eq!((counts.exports, counts.attempts, counts.retries), (3, 4, 1));
    assert_eq!((counts.delivered, counts.partial_successes), (1, 1));
    assert_eq!((counts.failed, counts.abandoned), (1, 1));
    assert_eq!(counts.dropped_items, 7);
    assert_eq!(counts.rejected_items, 2);
    let sent: usize = receiver.seen().iter().map(|seen| seen.body.len()).sum();
    assert_eq!(counts.sent_bytes, sent as u64);
    assert!(counts.encoded_bytes < counts.sent_bytes);
}

#[tokio::test(start_paused = true)]
async fn no_more_is_counted_as_rejected_than_was_sent() {
    // partial_success { rejected: 100 }, and { rejected: -1 }
    let more = vec![0x0a, 0x02, 0x08, 0x64];
    let less = [&[0x0a, 0x0b, 0x08][..], &[0xff; 9], &[0x01]].concat();
    let receiver = Receiver::new(HttpProtobuf, [Reply::Ok(more), Reply::Ok(less)]);
    let exporter = receiver.exporter().build().expect("an exporter");
    let outcome = exporter.export(&batch(5), Deadline::none()).await;
    assert!(
        matches!(outcome, ExportOutcome::PartialSuccess { rejected: 100, .. }),
        "as the receiver said it: {outcome:?}"
    );
    let outcome = exporter.export(&batch(5), Deadline::none()).await;
    assert!(
        matches!(outcome, ExportOutcome::PartialSuccess { rejected: -1, .. }),
        "{outcome:?}"
    );
    assert_eq!(exporter.statistics().rejected_items, 5);
}

#[tokio::test(start_paused = true)]
async fn retries_and_drops_are_logged() {
    for (protocol, error) in [
        (Grpc, "UNAVAILABLE"),
        (HttpProtobuf, "HTTP 503 Service Unavailable"),
    ] {
        let log = Log::default();
        let receiver = Receiver::always(protocol, unavailable(protocol));
        let exporter = receiver
            .exporter()
            .with_header("authorization", "Bearer secret")
            .build()
            .expect("an exporter");
        let guard = log.start();
        let _ = exporter.export(&batch(3), Deadline::within(secs(2))).await;
        drop(guard);
        let text = log.lines("").join("\n");
        let retry = format!(
            "WARN otelbox_sdk: transient error {error} while exporting metrics to collector:4317, retrying in 1s \
             (attempt 2)"
        );
        assert!(text.contains(&retry), "{text}");
        let drop = "ERROR otelbox_sdk: dropped metrics (1 stream, 3 data points, window 1970-01-01T00:00:00.000Z \
                    to 1970-01-01T00:00:15.000Z) on the way to collector:4317: the next retry, in 2s, would have \
                    been past the deadline after 2 attempts";
        assert!(text.contains(drop), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_shows_up_as_unavailable_over_grpc() {
    let log = Log::default();
    let receiver = Receiver::new(Grpc, []).refusing(1);
    let guard = log.start();
    let _ = receiver.export().await;
    drop(guard);
    let text = log.lines("").join("\n");
    assert!(
        text.contains("transient error UNAVAILABLE (connection refused"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_partial_success_is_logged_and_an_empty_one_is_not() {
    for (body, lines) in [
        (vec![0x0a, 0x03, 0x12, 0x01, b'h'], 1),
        (vec![0x0a, 0x00], 0),
    ] {
        let log = Log::default();
        let receiver = Receiver::new(HttpProtobuf, [Reply::Ok(body)]);
        let guard = log.start();
        let _ = receiver.export().await;
        drop(guard);
        assert_eq!(log.lines("").len(), lines, "{:?}", log.lines(""));
    }
}

#[test]
fn wrong_values_in_the_environment_are_warnings_and_in_code_errors() {
    let log = Log::default();
    let environment = Environment::empty()
        .with("OTEL_EXPORTER_OTLP_TIMEOUT", "-1")
        .with("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "foo")
        .with("OTEL_EXPORTER_OTLP_ENDPOINT", "user:secret@nowhere")
        .with("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "bar");
    let guard = log.start();
    let exporter = OtlpMetricExporter::builder().with_env(&environment).build();
    drop(guard);
    let exporter = exporter.expect("warnings are no errors");
    assert_eq!(exporter.timeout(), Some(secs(10)));
    assert_eq!(exporter.client().protocol(), Protocol::HttpProtobuf);
    assert_eq!(exporter.temporality(), TemporalityPreference::cumulative());
    let text = log.lines("").join("\n");
    for expected in [
        "OTEL_EXPORTER_OTLP_TIMEOUT=\"-1\" cannot be used: allowed is a whole number of milliseconds, 0 or more; \
         using 10000 ms",
        "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=\"foo\" cannot be used: allowed is grpc, http/protobuf or http/json; \
         using http/protobuf",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=\"bar\" cannot be used: allowed is cumulative, delta or \
         lowmemory; using cumulative",
        "using http://localhost:4318/v1/metrics",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(!text.contains("secret"), "{text}");

    let build = |endpoint: &str| {
        OtlpMetricExporter::builder()
            .with_endpoint(endpoint)
            .build()
    };
    let error = build("collector:4318").expect_err("no URL").to_string();
    assert!(
        error.contains("the scheme is missing: http://collector:4318, or https://collector:4318"),
        "{error}"
    );
    let builder = || OtlpMetricExporter::builder();
    assert!(builder().with_header("bad name", "x").build().is_err());
    assert!(builder().with_header("content-type", "x").build().is_err());
    assert!(builder().with_attempt_timeout(secs(0)).build().is_err());
}

#[test]
fn the_variable_without_otlp_in_its_name_is_taken_with_a_warning() {
    use opentelemetry_sdk::metrics::InstrumentKind::Counter;
    let log = Log::default();
    let environment =
        Environment::empty().with("OTEL_EXPORTER_METRICS_TEMPORALITY_PREFERENCE", "DELTA");
    let guard = log.start();
    let exporter = OtlpMetricExporter::builder().with_env(&environment).build();
    drop(guard);
    let exporter = exporter.expect("an exporter");
    assert_eq!(exporter.temporality().of(Counter), Temporality::Delta);
    assert!(
        log.lines("")
            .join("\n")
            .contains("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"),
        "{}",
        log.lines("").join("\n")
    );
}

#[test]
fn secrets_are_not_shown() {
    let builder = OtlpMetricExporter::builder().with_header("authorization", "Bearer secret");
    assert!(!format!("{builder:?}").contains("secret"));
    let exporter = builder.build().expect("an exporter");
    assert!(!format!("{exporter:?}").contains("secret"));
    assert_eq!(
        exporter.description(),
        "endpoint=http://localhost:4318/v1/metrics protocol=http/protobuf tls=disabled compression=none \
         export_timeout=10s"
    );
}
