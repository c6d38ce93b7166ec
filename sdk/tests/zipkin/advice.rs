//! What is said about a set-up that fails: about Zipkin, and never about OTLP.

use otelbox_sdk::diagnosis::Problem;
use otelbox_sdk::{Deadline, ExportOutcome, Exporter};

use crate::receiver::{Receiver, answer, status};
use crate::spans;

/// The problem of the first failure, and the advice, with an exporter to this endpoint.
async fn advice(receiver: Receiver, endpoint: &str) -> (Problem, String) {
    let exporter = receiver.exporter().with_endpoint(endpoint).build();
    let exporter = exporter.expect("an exporter");
    let batch = spans::batch([spans::plain()]);
    let ExportOutcome::Failed(failure) = exporter.export(&batch, Deadline::none()).await else {
        panic!("{endpoint} delivers")
    };
    let advice = failure
        .advice
        .unwrap_or_else(|| panic!("no advice: {:?}", failure.last_status));
    let text = advice.to_string();
    for foreign in ["OTLP", "4317", "4318", "grpc", "Collector"] {
        assert!(!text.contains(foreign), "{text}");
    }
    (advice.problem(), text)
}

const USUAL: &str = "http://localhost:9411/api/v2/spans";

#[tokio::test(start_paused = true)]
async fn each_usual_mistake_has_advice_of_its_own() {
    let refusing = || Receiver::new([]).refusing(99);
    let of = |code| Receiver::always(status(code));
    let to_https = || {
        let text = "Client sent an HTTP request to an HTTPS server.";
        Receiver::always(answer(400, &["content-type: text/plain"], text))
    };
    let table = [
        (
            refusing(),
            USUAL,
            Problem::NothingListens,
            "start a Zipkin server",
        ),
        (
            refusing(),
            "http://zipkin:80/api/v2/spans",
            Problem::NothingListens,
            "the usual port of Zipkin is 9411",
        ),
        (of(401), USUAL, Problem::Unauthenticated, "with_header()"),
        (of(403), USUAL, Problem::PermissionDenied, "with_header()"),
        (
            of(404),
            "http://localhost:9411/",
            Problem::MissingPath,
            "usually takes /api/v2/spans",
        ),
        (
            of(404),
            USUAL,
            Problem::NoReceiver,
            "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
        ),
        (of(405), USUAL, Problem::NoReceiver, "takes no POST"),
        (
            of(413),
            USUAL,
            Problem::TooLarge,
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        ),
        (
            of(415),
            USUAL,
            Problem::MediaType,
            "OTEL_EXPORTER_ZIPKIN_PROTOCOL",
        ),
        (
            of(302),
            USUAL,
            Problem::Redirected,
            "redirects are not followed",
        ),
        (
            to_https(),
            USUAL,
            Problem::PlainTextToTls,
            "with_ca_certificate()",
        ),
    ];
    for (receiver, endpoint, problem, part) in table {
        let (found, text) = advice(receiver, endpoint).await;
        assert_eq!(found, problem, "{text}");
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_wrong_endpoint_in_code_is_an_error_that_says_what_would_be_right() {
    for (endpoint, part) in [
        ("zipkin:9411", "http://zipkin:9411"),
        ("ftp://zipkin", "not http or https"),
        ("http://user:secret@zipkin:x/", "65535"),
    ] {
        let error = otelbox_sdk::ZipkinSpanExporter::builder()
            .with_endpoint(endpoint)
            .build()
            .expect_err(endpoint)
            .to_string();
        assert!(error.contains(part) && !error.contains("secret"), "{error}");
    }
}
