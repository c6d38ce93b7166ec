//! Compressed bodies.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::wire::name;
use crate::{
    judge::{Finding, Survey},
    run::{Exchange, Payload, Recording},
};
use otelbox_mock_collector::Protocol;

/// The first two bytes of a gzip member. Spec: RFC 1952, section 2.3.1.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// How much of an inflated body is looked at.
const LOOKED_AT_BYTES: u64 = 64 * 1024 * 1024;

pub(super) fn judge(recording: &Recording) -> Vec<Finding> {
    let mut marked = Survey::new(
        "OTLP-CMP-001",
        "a gzip body if and only if content-encoding is gzip",
        "HTTP bodies",
    );
    let mut single = Survey::new(
        "OTLP-CMP-002",
        "one gzip layer around the message",
        "gzip bodies",
    );
    let mut framed = Survey::new(
        "OTLP-CMP-003",
        "grpc-encoding: gzip on every compressed message",
        "compressed gRPC messages",
    );
    let mut whole = Survey::new(
        "OTLP-CMP-005",
        "a body that decodes by its own headers to a complete message",
        "compressed attempts",
    );
    for exchange in recording
        .attempts()
        .filter(|exchange| exchange.body_at.is_some())
    {
        let gzip = exchange.body.starts_with(&MAGIC);
        let grpc = exchange.protocol == Some(Protocol::Grpc);
        let field = if grpc {
            "grpc-encoding"
        } else {
            "content-encoding"
        };
        let announced = exchange
            .header(field)
            .is_some_and(|coding| coding.eq_ignore_ascii_case("gzip"));
        if !gzip && !announced {
            continue;
        }
        if grpc {
            if gzip {
                framed.look((!announced).then(|| format!("{} is not announced", name(exchange))));
            }
        } else {
            marked.look(match (gzip, announced) {
                (true, false) => Some(format!("{} is gzip and does not say so", name(exchange))),
                (false, true) => Some(format!("{} says gzip and is not", name(exchange))),
                (true, true) | (false, false) => None,
            });
        }
        if gzip {
            single.look(
                inflate(exchange)
                    .is_none_or(|body| body.starts_with(&MAGIC))
                    .then(|| format!("{} is not one gzip layer", name(exchange))),
            );
            whole.look(match &exchange.payload {
                Payload::Undecodable(reason) => Some(format!("{}: {reason}", name(exchange))),
                _ => None,
            });
        }
    }
    [marked, single, framed, whole]
        .into_iter()
        .filter_map(Survey::finding)
        .collect()
}

/// The body without its gzip layer; none where it is no complete gzip stream.
pub(super) fn inflate(exchange: &Exchange) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    MultiGzDecoder::new(exchange.body.as_ref())
        .take(LOOKED_AT_BYTES)
        .read_to_end(&mut body)
        .ok()?;
    Some(body)
}
