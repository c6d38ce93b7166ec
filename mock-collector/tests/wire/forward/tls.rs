//! An upstream that speaks TLS.

use otelbox_mock_collector::{
    Forward, MockCollector, ServerTls, Signal, StartError, UpstreamOutcome,
};

use super::start;

#[tokio::test]
async fn https_is_spoken_with_an_upstream_whose_authority_is_trusted() {
    let upstream = start(MockCollector::builder().tls(ServerTls::new())).await;
    let certificates = upstream.collector.certificates().expect("it speaks TLS");
    let forward = || {
        let [grpc, http] = [
            upstream.collector.grpc_endpoint(),
            upstream.collector.http_endpoint(),
        ]
        .map(|endpoint| endpoint.parse().expect("an upstream"));
        Forward::to(grpc).http(http)
    };
    let proxy =
        start(MockCollector::builder().forward(forward().authorities(certificates.ca))).await;
    let answer = proxy.grpc().await.export(1).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("0"));
    assert_eq!(
        proxy
            .http()
            .await
            .export(2)
            .await
            .expect("an answer")
            .status,
        200
    );
    assert_eq!(
        upstream.collector.ledger().signal(Signal::Metrics).accepted,
        3
    );

    let strange = forward().authorities(certificates.other_ca);
    let proxy = start(MockCollector::builder().forward(strange)).await;
    let answer = proxy.grpc().await.export(1).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("14"));
    let exchange = proxy.only_exchange().await;
    let outcome = exchange
        .forwarding()
        .and_then(|forwarding| forwarding.outcome());
    let Some(UpstreamOutcome::Failed { failure, .. }) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(failure.to_string().contains("UnknownIssuer"), "{failure}");

    let nonsense = forward().authorities("no certificate");
    let started = MockCollector::builder().forward(nonsense).start().await;
    assert!(matches!(started, Err(StartError::Forward(_))));
}

#[tokio::test]
async fn a_proxy_can_speak_tls_with_its_clients_as_well() {
    let upstream = start(MockCollector::builder()).await;
    let builder = super::to_collector(&upstream).tls(ServerTls::new());
    let proxy = start(builder).await;
    let certificates = proxy.collector.certificates().expect("it speaks TLS");
    let stream = crate::tls::secured_by(
        &proxy,
        otelbox_mock_collector::Port::Http,
        &certificates.ca,
        "http/1.1",
    )
    .await;
    let mut client = crate::support::Http1Client::new(stream);
    assert_eq!(client.export(1).await.expect("an answer").status, 200);
    assert_eq!(
        upstream.collector.ledger().signal(Signal::Metrics).accepted,
        1
    );
}
