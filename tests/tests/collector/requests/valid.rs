//! What every exporter sends.

use otelbox_mock_collector::Signal;

use super::making::{call, frame, json, protobuf};
use super::payloads::{everything, everything_as_protobuf};
use crate::wire::Request;

pub(super) fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for signal in Signal::ALL {
        let name = |protocol: &str| format!("valid/{signal} over {protocol}");
        let grpc = name("gRPC");
        let message = everything_as_protobuf(signal, &grpc);
        requests.push(call(&grpc, signal.grpc_path(), &[], frame(0, &message)));
        let http = name("HTTP protobuf");
        let body = everything_as_protobuf(signal, &http);
        requests.push(protobuf(&http, signal.http_path(), &body));
        let http = name("HTTP JSON");
        requests.push(json(&http, signal.http_path(), &everything(signal, &http)));
    }
    for signal in Signal::ALL {
        let name = |protocol: &str| format!("valid/nothing of {signal} over {protocol}");
        let empty = frame(0, &[]);
        requests.push(call(&name("gRPC"), signal.grpc_path(), &[], empty));
        requests.push(protobuf(&name("HTTP protobuf"), signal.http_path(), &[]));
        requests.push(json(&name("HTTP JSON"), signal.http_path(), "{}"));
    }
    requests
}
