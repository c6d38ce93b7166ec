//! What the receiver asks for: `RetryInfo` and `Retry-After`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use otelbox_sdk::Protocol::{Grpc, HttpProtobuf};
use otelbox_sdk::{ExportOutcome, FailureReason};
use prost::Message;

use crate::receiver::{Receiver, export, grpc_with, http_retry_after, secs};

#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<prost_types::Duration>,
}

fn retry_info(seconds: i64, nanos: i32) -> prost_types::Any {
    let retry_delay = Some(prost_types::Duration { seconds, nanos });
    prost_types::Any {
        type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
        value: RetryInfo { retry_delay }.encode_to_vec(),
    }
}

fn bad_request() -> prost_types::Any {
    prost_types::Any {
        type_url: "type.googleapis.com/google.rpc.BadRequest".to_owned(),
        value: Vec::new(),
    }
}

fn encoded(details: Vec<prost_types::Any>) -> String {
    BASE64_STANDARD.encode(RpcStatus { details }.encode_to_vec())
}

/// When attempts arrive after one answer with `details`, in milliseconds, inside 60 s.
async fn attempts_after(code: i32, details: String) -> Vec<u128> {
    let receiver = Receiver::new(Grpc, [grpc_with(code, Some(details))]);
    let _ = export(receiver.exporter().with_timeout(secs(60))).await;
    receiver.arrivals()
}

#[tokio::test(start_paused = true)]
async fn retry_info_is_waited_for_if_it_is_longer_than_the_backoff() {
    let table = [
        (retry_info(3, 0), vec![0, 3_000]),
        (retry_info(1, 500_000_000), vec![0, 1_500]),
        (retry_info(0, 100_000_000), vec![0, 1_000]),
        (retry_info(0, 0), vec![0, 1_000]),
        (retry_info(-5, 0), vec![0, 1_000]),
        (retry_info(1_000_000_000, 0), vec![0]),
    ];
    for code in [8, 14] {
        for (info, expected) in &table {
            let arrivals = attempts_after(code, encoded(vec![info.clone()])).await;
            assert_eq!(arrivals, *expected, "code {code}, {info:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retry_info_is_found_at_any_position() {
    for position in 0..3 {
        let mut details = vec![bad_request(), bad_request()];
        details.insert(position, retry_info(3, 0));
        assert_eq!(
            attempts_after(8, encoded(details)).await,
            [0, 3_000],
            "{position}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_no_retry_info() {
    let whole = RpcStatus {
        details: vec![retry_info(3, 0)],
    }
    .encode_to_vec();
    let truncated = BASE64_STANDARD.encode(&whole[..whole.len() - 1]);
    for details in [
        truncated,
        "!not base64!".to_owned(),
        encoded(vec![bad_request()]),
    ] {
        assert_eq!(attempts_after(8, details.clone()).await, [0], "{details}");
        assert_eq!(
            attempts_after(14, details.clone()).await,
            [0, 1_000],
            "{details}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn retry_info_makes_no_other_code_retryable() {
    for code in [2, 3, 5, 6, 7, 9, 12, 13, 16] {
        let arrivals = attempts_after(code, encoded(vec![retry_info(1, 0)])).await;
        assert_eq!(arrivals, [0], "code {code}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for_if_it_is_longer_than_the_backoff() {
    // The clock of the exporter starts at Sun, 06 Nov 1994 08:49:37 GMT.
    let table = [
        ("3", vec![0, 3_000]),
        ("0", vec![0, 1_000]),
        ("-1", vec![0, 1_000]),
        ("soon", vec![0, 1_000]),
        ("", vec![0, 1_000]),
        ("600", vec![0]),
        ("99999999999999999999", vec![0]),
        ("Sun, 06 Nov 1994 08:49:41 GMT", vec![0, 4_000]),
        ("Sun, 06 Nov 1994 08:00:00 GMT", vec![0, 1_000]),
        ("Sat, 06 Nov 2094 08:00:00 GMT", vec![0]),
    ];
    for status in [429, 502, 503, 504] {
        for (value, expected) in &table {
            let receiver = Receiver::new(HttpProtobuf, [http_retry_after(status, value)]);
            let _ = export(receiver.exporter().with_timeout(secs(60))).await;
            assert_eq!(receiver.arrivals(), *expected, "{status} {value:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_makes_no_other_status_retryable() {
    for status in [400, 413, 500] {
        let receiver = Receiver::new(HttpProtobuf, [http_retry_after(status, "1")]);
        let _ = receiver.export().await;
        assert_eq!(receiver.arrivals(), [0], "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_cross_the_deadline_is_given_up_at_once() {
    let receiver = Receiver::new(HttpProtobuf, [http_retry_after(503, "600")]);
    let started = tokio::time::Instant::now();
    let ExportOutcome::Failed(failure) = receiver.export().await else {
        panic!("600 s are beyond 10 s")
    };
    assert_eq!(started.elapsed(), secs(0));
    let wait = secs(600);
    assert_eq!(
        failure.reason,
        FailureReason::RetryWouldPassDeadline { wait }
    );
    assert_eq!(
        failure.to_string(),
        "the next retry, in 600s, would have been past the deadline after 1 attempt, the last answer was \
         HTTP 503 Service Unavailable"
    );
}
