//! Which answers are retried, when, and with what.

use otelbox_sdk::Protocol::{Grpc, HttpJson, HttpProtobuf};
use otelbox_sdk::{
    AttemptError, ExportFailure, ExportOutcome, FailureReason, Protocol, SeededRandom,
};
use std::sync::Arc;
use tonic::Code;

use crate::receiver::{
    Framing, Receiver, Reply, Status, export, grpc, grpc_with, http, ok, unavailable,
};

fn refused(outcome: &ExportOutcome) -> bool {
    matches!(
        outcome,
        ExportOutcome::Failed(ExportFailure {
            attempts: 1,
            reason: FailureReason::Refused,
            ..
        })
    )
}

#[tokio::test(start_paused = true)]
async fn an_unavailable_export_is_retried_after_a_second_and_delivered_once() {
    for protocol in Protocol::ALL {
        let receiver = Receiver::new(protocol, [unavailable(protocol)]);
        let outcome = receiver.export().await;
        assert_eq!(
            outcome,
            ExportOutcome::Delivered { attempts: 2 },
            "{protocol}"
        );
        assert_eq!(receiver.arrivals(), [0, 1_000], "{protocol}");
        let seen = receiver.seen();
        assert_eq!(seen[0].body, seen[1].body, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_grpc_code_is_retried_or_not_as_the_specification_tables_it() {
    for number in 1..=16 {
        let code = Code::from(number);
        let retryable = matches!(number, 1 | 4 | 10 | 11 | 14 | 15);
        let receiver = Receiver::new(Grpc, [grpc(code)]);
        let outcome = receiver.export().await;
        if retryable {
            assert_eq!(
                outcome,
                ExportOutcome::Delivered { attempts: 2 },
                "{code:?}"
            );
            assert_eq!(receiver.arrivals(), [0, 1_000], "{code:?}");
        } else {
            assert!(refused(&outcome), "{code:?}: {outcome:?}");
            assert_eq!(receiver.arrivals(), [0], "{code:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_that_grpc_does_not_know_is_not_retried() {
    let receiver = Receiver::new(Grpc, [grpc_with(42, None)]);
    let outcome = receiver.export().await;
    assert!(refused(&outcome), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn every_http_status_is_retried_or_not_as_the_specification_lists_it() {
    for protocol in [HttpProtobuf, HttpJson] {
        for status in (300..=599).filter(|status| *status != 304) {
            let retryable = matches!(status, 429 | 502 | 503 | 504);
            let receiver = Receiver::new(protocol, [http(status)]);
            let outcome = receiver.export().await;
            if retryable {
                let delivered = ExportOutcome::Delivered { attempts: 2 };
                assert_eq!(outcome, delivered, "{protocol} {status}");
            } else {
                assert!(refused(&outcome), "{protocol} {status}: {outcome:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_verdict_does_not_depend_on_where_the_grpc_status_stands() {
    for framing in [
        Framing::TrailersOnly,
        Framing::HeadersThenTrailers,
        Framing::AfterData,
    ] {
        let status = |code| Status {
            code,
            message: "why",
            details: None,
        };
        let receiver = Receiver::new(Grpc, [Reply::Grpc(status(14), framing)]);
        let outcome = receiver.export().await;
        assert_eq!(
            outcome,
            ExportOutcome::Delivered { attempts: 2 },
            "{framing:?}"
        );

        let receiver = Receiver::new(Grpc, [Reply::Grpc(status(3), framing)]);
        let ExportOutcome::Failed(failure) = receiver.export().await else {
            panic!("INVALID_ARGUMENT is not a success")
        };
        assert_eq!(
            failure.to_string(),
            "refused after 1 attempt, the last answer was INVALID_ARGUMENT: why",
            "{framing:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_http_error_on_a_grpc_port_has_the_code_that_grpc_maps_it_to() {
    let html = ("content-type", "text/html".to_owned());
    let receiver = Receiver::new(Grpc, [Reply::Http(503, vec![html.clone()], Vec::new())]);
    assert_eq!(
        receiver.export().await,
        ExportOutcome::Delivered { attempts: 2 }
    );
    let receiver = Receiver::new(Grpc, [Reply::Http(200, vec![html], Vec::new())]);
    let ExportOutcome::Failed(failure) = receiver.export().await else {
        panic!("no grpc-status is not a success")
    };
    assert!(
        matches!(&failure.last_status, Some(AttemptError::Grpc(status)) if status.code == Code::Unknown),
        "{failure:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_body_of_an_error_is_shown_and_decides_nothing() {
    let html = |status| {
        let headers = vec![("content-type", "text/html".to_owned())];
        Reply::Http(status, headers, b"<h1>no</h1>".to_vec())
    };
    let json = |status| {
        let headers = vec![("content-type", "application/json".to_owned())];
        Reply::Http(
            status,
            headers,
            br#"{"code":14,"message":"later"}"#.to_vec(),
        )
    };
    let garbage = |status| Reply::Http(status, Vec::new(), vec![0xff; 100]);
    for (reply, message) in [
        (html(400), "<h1>no</h1>"),
        (json(400), "later"),
        (garbage(400), ""),
        (http(400), ""),
    ] {
        let receiver = Receiver::new(HttpProtobuf, [reply]);
        let outcome = receiver.export().await;
        assert!(refused(&outcome), "{outcome:?}");
        let ExportOutcome::Failed(failure) = outcome else {
            unreachable!("it is a failure")
        };
        let Some(AttemptError::Http(answer)) = failure.last_status else {
            panic!("{failure:?}")
        };
        assert_eq!(answer.message, message);
    }
    for reply in [html(503), json(503), garbage(503)] {
        let receiver = Receiver::new(HttpProtobuf, [reply]);
        assert_eq!(
            receiver.export().await,
            ExportOutcome::Delivered { attempts: 2 }
        );
    }
}

#[tokio::test(start_paused = true)]
async fn partial_success_is_reported_and_not_retried() {
    // partial_success { rejected: 3, error_message: "bad" }
    let binary = vec![0x0a, 0x07, 0x08, 0x03, 0x12, 0x03, b'b', b'a', b'd'];
    let json = br#"{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"bad"},"x":{}}"#;
    for (protocol, body) in [
        (Grpc, binary.clone()),
        (HttpProtobuf, binary),
        (HttpJson, json.to_vec()),
    ] {
        let receiver = Receiver::new(protocol, [Reply::Ok(body)]);
        let outcome = receiver.export().await;
        let expected = ExportOutcome::PartialSuccess {
            attempts: 1,
            rejected: 3,
            message: "bad".to_owned(),
        };
        assert_eq!(outcome, expected, "{protocol}");
        assert_eq!(receiver.arrivals(), [0], "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_partial_success_is_none() {
    let empty = vec![0x0a, 0x00];
    for (protocol, body) in [
        (Grpc, empty.clone()),
        (HttpProtobuf, empty),
        (HttpJson, br#"{"partialSuccess":{}}"#.to_vec()),
    ] {
        let receiver = Receiver::new(protocol, [Reply::Ok(body)]);
        assert_eq!(
            receiver.export().await,
            ExportOutcome::Delivered { attempts: 1 }
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_that_cannot_be_decoded_is_neither_counted_as_delivered_nor_retried() {
    let garbage = vec![0xff; 40];
    let html = vec![("content-type", "text/html".to_owned())];
    for (protocol, reply) in [
        (Grpc, Reply::Ok(garbage.clone())),
        (HttpProtobuf, Reply::Ok(garbage.clone())),
        (HttpJson, Reply::Ok(garbage)),
        (HttpProtobuf, Reply::Http(200, html, b"<html>".to_vec())),
    ] {
        let receiver = Receiver::new(protocol, [reply]);
        let ExportOutcome::Failed(failure) = receiver.export().await else {
            panic!("{protocol}: garbage is not a success")
        };
        assert_eq!(failure.reason, FailureReason::UnusableAnswer, "{protocol}");
        assert!(failure.ambiguous, "{protocol}");
        assert_eq!(receiver.arrivals(), [0], "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn other_successes_of_http_are_successes() {
    for reply in [http(204), http(202), ok()] {
        let receiver = Receiver::new(HttpProtobuf, [reply]);
        assert_eq!(
            receiver.export().await,
            ExportOutcome::Delivered { attempts: 1 }
        );
    }
}

#[tokio::test(start_paused = true)]
async fn waits_are_jittered_and_one_seed_gives_one_timeline() {
    let timeline = async |seed| {
        let receiver = Receiver::always(Grpc, grpc(Code::Unavailable));
        let random = Arc::new(SeededRandom::new(seed));
        let outcome = export(receiver.exporter().with_random(random)).await;
        assert!(!outcome.is_delivered());
        receiver.arrivals()
    };
    let (one, again, other) = (timeline(1).await, timeline(1).await, timeline(2).await);
    assert_eq!(one, again);
    assert_ne!(one, other);
    let first_wait = one[1] - one[0];
    assert!((800..=1_200).contains(&first_wait), "{first_wait}");
}
