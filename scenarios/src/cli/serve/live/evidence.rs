//! Journals made by hand, without a wire.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use otelbox_mock_collector::fault::{Action, GrpcCode};
use otelbox_mock_collector::journal::{
    ExchangeHandle, Journal, RequestBody, RequestHead, SentAnswer,
};
use otelbox_mock_collector::{Decision, FaultRef, Protocol, Signal, VirtualWallClock};

/// 2025-01-01T00:00:00Z.
const EPOCH: u64 = 1_735_689_600_000_000_000;

pub(in crate::cli::serve) fn journal() -> Journal {
    journal_within(usize::MAX)
}

pub(in crate::cli::serve) fn journal_within(budget_bytes: usize) -> Journal {
    Journal::new(budget_bytes, Arc::new(VirtualWallClock::starting_at(EPOCH)))
}

/// An attempt by gRPC of an export that no other number has, accepted as soon as it is over.
pub(in crate::cli::serve) fn begin(
    journal: &Journal,
    signal: Signal,
    number: u8,
) -> ExchangeHandle {
    begin_with(
        journal,
        signal,
        Protocol::Grpc,
        &logs(&number.to_string()),
        None,
    )
}

/// An attempt, and the fault that it meets.
pub(super) fn begin_with(
    journal: &Journal,
    signal: Signal,
    protocol: Protocol,
    body: &[u8],
    fault: Option<(&str, Action)>,
) -> ExchangeHandle {
    let mut headers = HeaderMap::new();
    let (target, version, content_type) = match protocol {
        Protocol::Grpc => (signal.grpc_path(), Version::HTTP_2, "application/grpc"),
        Protocol::HttpProtobuf => (
            signal.http_path(),
            Version::HTTP_11,
            "application/x-protobuf",
        ),
        _ => (signal.http_path(), Version::HTTP_11, "application/json"),
    };
    headers.insert("content-type", HeaderValue::from_static(content_type));
    headers.insert(
        "user-agent",
        HeaderValue::from_static("OTel-OTLP-Exporter-Rust/0.33"),
    );
    let head = RequestHead {
        method: Method::POST,
        target: target.to_owned(),
        version,
        headers,
        grpc_timeout: None,
    };
    let mut open = journal.receive(1, Some(signal), Some(protocol), head);
    let received = RequestBody {
        wire: Bytes::copy_from_slice(body),
        complete: true,
        message_count: 1,
        ..RequestBody::default()
    };
    open.body(received, Some(Bytes::copy_from_slice(body)));
    open.begin(
        fault.map_or_else(Decision::default, |(name, action)| Decision {
            fault: Some(FaultRef {
                ordinal: 1,
                name: name.to_owned(),
            }),
            action,
        }),
    )
}

/// An answer with this status of gRPC.
pub(super) fn grpc_answer(code: u32, message: Option<&str>) -> SentAnswer {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(code));
    SentAnswer {
        grpc_status: Some(GrpcCode::new(code)),
        message: message.map(str::to_owned),
        trailers,
        ..http_answer(200)
    }
}

/// An answer with this status of HTTP.
pub(super) fn http_answer(status: u16) -> SentAnswer {
    SentAnswer {
        http_status: StatusCode::from_u16(status).unwrap(),
        grpc_status: None,
        message: None,
        headers: HeaderMap::new(),
        trailers: HeaderMap::new(),
        body: Bytes::new(),
        body_bytes: 0,
    }
}

/// One log record with this text of less than a hundred bytes, as protobuf.
pub(super) fn logs(text: &str) -> Vec<u8> {
    /// `string_value` of `AnyValue`, `body` of `LogRecord`, `log_records`, `scope_logs`, `resource_logs`: from the inside.
    const TAGS: [u8; 5] = [0x0a, 0x2a, 0x12, 0x12, 0x0a];

    TAGS.into_iter()
        .fold(text.as_bytes().to_vec(), |inside, tag| {
            let length = u8::try_from(inside.len()).unwrap();
            [&[tag, length], inside.as_slice()].concat()
        })
}
