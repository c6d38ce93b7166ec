//! Messages of calls, and how they are framed.

use otelbox_mock_collector::Signal;

use super::compression::padded;
use super::making::{call, frame, logs_call, open};
use super::payloads::log_as_protobuf;
use crate::wire::Request;

/// How a message is framed.
type Framing = fn(&[u8]) -> Vec<u8>;

const FRAMINGS: &[(&str, Framing)] = &[
    ("half a prefix", |_| vec![0, 0, 0]),
    ("a prefix without a message", |message| {
        frame(0, message)[..5].to_vec()
    }),
    ("a message that breaks off", |message| {
        let whole = frame(0, message);
        whole[..whole.len() - 3].to_vec()
    }),
    ("a message that is longer than it says", |message| {
        [&frame(0, message)[..], b"hello, Collector"].concat()
    }),
    ("a message, and half a prefix", |message| {
        [&frame(0, message)[..], &[0, 0]].concat()
    }),
    ("two messages", |message| {
        [frame(0, message), frame(0, message)].concat()
    }),
    ("two messages, the first of them empty", |message| {
        [frame(0, &[]), frame(0, message)].concat()
    }),
    ("the compressed flag without an encoding", |message| {
        frame(1, message)
    }),
    ("a flag of two", |message| frame(2, message)),
    ("a flag of 255", |message| frame(255, message)),
    ("a message without a frame", <[u8]>::to_vec),
];

pub(super) fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for (what, framing) in FRAMINGS {
        let name = format!("gRPC message/{what}");
        let body = framing(&log_as_protobuf(&name));
        requests.push(logs_call(&name, &[], body));
    }
    let identity = [("grpc-encoding", "identity")];
    let name = "gRPC message/the compressed flag with identity";
    requests.push(logs_call(name, &identity, frame(1, &log_as_protobuf(name))));
    let name = "gRPC message/identity";
    requests.push(logs_call(name, &identity, frame(0, &log_as_protobuf(name))));
    let name = "gRPC message/metrics in place of traces";
    let message = super::payloads::everything_as_protobuf(Signal::Metrics, name);
    requests.push(call(
        name,
        Signal::Traces.grpc_path(),
        &[],
        frame(0, &message),
    ));
    let name = "gRPC message/5 MiB";
    let message = frame(0, &padded(name, 5 << 20));
    requests.push(logs_call(name, &[], message));
    let name = "gRPC message/65 MiB that are announced";
    let prefix = [&[0][..], &(65_u32 << 20).to_be_bytes()].concat();
    requests.push(open(logs_call(name, &[], prefix)));
    let name = "gRPC message/4 GiB that are announced";
    requests.push(open(logs_call(name, &[], &[0, 0xff, 0xff, 0xff, 0xff][..])));
    requests
}
