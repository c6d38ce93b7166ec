//! Collectors that forward to another one: the upstream is a collector, or a server of the test's own that keeps bytes.

mod failures;
mod faults;
mod raw_http1;
mod raw_http2;
mod relay;
mod start;
mod tls;
mod unchanged_http1;
mod unchanged_http2;
mod virtual_time;

use std::net::SocketAddr;

use otelbox_mock_collector::{Forward, MockCollector, MockCollectorBuilder, Upstream};

use crate::support::{Receiver, Transport};

/// A collector that forwards both protocols to this address.
fn to_address(address: SocketAddr) -> MockCollectorBuilder {
    MockCollector::builder().forward(Forward::to(http_at(address)))
}

/// A collector that forwards to another one.
fn to_collector(upstream: &Receiver) -> MockCollectorBuilder {
    let [grpc, http] = [
        upstream.collector.grpc_endpoint(),
        upstream.collector.http_endpoint(),
    ]
    .map(|endpoint| endpoint.parse().expect("an upstream"));
    MockCollector::builder().forward(Forward::to(grpc).http(http))
}

fn http_at(address: SocketAddr) -> Upstream {
    format!("http://{address}").parse().expect("an upstream")
}

fn tcp_at(address: SocketAddr) -> Upstream {
    format!("tcp://{address}").parse().expect("an upstream")
}

async fn start(builder: MockCollectorBuilder) -> Receiver {
    Transport::Tcp.start(builder).await
}

/// An address of the loopback interface at which nobody listens: the port is kept by the socket.
fn nobody() -> (tokio::net::TcpSocket, SocketAddr) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("a port");
    let address = socket.local_addr().expect("an address");
    (socket, address)
}
