//! What cannot be forwarded is said at the start.

use otelbox_mock_collector::fault::{
    Action, Direction, EndBy, always, close_after, grpc, max_connection_age, on_attempt, refuse,
    secs, tls_alert,
};
use otelbox_mock_collector::{Forward, InvalidForward, MockCollector, ServerTls, StartError};
use tonic::Code;

use super::{http_at, nobody, tcp_at};
use crate::support::Transport;

async fn error_of(builder: otelbox_mock_collector::MockCollectorBuilder) -> StartError {
    builder.start().await.expect_err("it cannot be meant")
}

#[tokio::test]
async fn forwarding_to_oneself_is_an_error() {
    // The port is free again when the socket is gone.
    let (socket, address) = nobody();
    drop(socket);
    for upstream in [http_at(address), tcp_at(address)] {
        let other = format!("{upstream}").replace("127.0.0.1", "localhost");
        let by_name = other.parse().expect("an upstream");
        for upstream in [upstream, by_name] {
            for builder in [
                MockCollector::builder().grpc(address),
                MockCollector::builder().http(address),
                MockCollector::builder().grpc(([0, 0, 0, 0], address.port()).into()),
            ] {
                let error = error_of(builder.forward(Forward::to(upstream.clone()))).await;
                assert!(
                    matches!(error, StartError::Forward(InvalidForward::Loop { .. })),
                    "{error:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn bytes_and_requests_do_not_go_together() {
    let (_socket, address) = nobody();
    let mixed = Forward::to(tcp_at(address)).http(http_at(address));
    let error = error_of(MockCollector::builder().forward(mixed)).await;
    assert!(matches!(
        error,
        StartError::Forward(InvalidForward::Mixed { .. })
    ));
    let secured = MockCollector::builder().tls(ServerTls::new());
    let error = error_of(secured.forward(Forward::to(tcp_at(address)))).await;
    assert!(matches!(
        error,
        StartError::Forward(InvalidForward::TlsOverTcp)
    ));
}

#[tokio::test]
async fn a_proxy_of_bytes_takes_no_fault_on_requests() {
    let (_socket, address) = nobody();
    let forwards = || MockCollector::builder().forward(Forward::to(tcp_at(address)));
    let on_requests = || on_attempt(1).then(grpc(Code::Unavailable));
    let error = error_of(forwards().fault(on_requests())).await;
    let StartError::Fault(error) = error else {
        panic!("{error:?}");
    };
    assert!(
        error
            .to_string()
            .contains("a proxy of bytes (tcp://) sees no requests"),
        "{error}"
    );
    // Later, too, and nothing has changed then.
    let receiver = Transport::Tcp.start(forwards()).await;
    let on_connections = otelbox_mock_collector::Matcher::default()
        .connection(1)
        .then(refuse());
    receiver
        .collector
        .set_faults([on_connections])
        .expect("a fault on connections");
    for action in [
        Action::from(tls_alert()),
        max_connection_age(secs(1), None).into(),
    ] {
        let error = receiver.collector.add_fault(always().then(action));
        let error = error.expect_err("it is about HTTP or TLS");
        assert!(
            error.to_string().contains("speaks neither HTTP nor TLS"),
            "{error}"
        );
    }
    let on_bytes = close_after(1, Direction::Sent, EndBy::Close);
    let added = receiver.collector.add_fault(always().then(on_bytes));
    drop(added.expect("a fault on bytes"));
    receiver
        .collector
        .add_fault(on_requests())
        .expect_err("a fault on requests");
    receiver
        .collector
        .set_faults([on_requests()])
        .expect_err("a fault on requests");
    assert_eq!(receiver.collector.faults().len(), 1);
}
