//! Faults on TLS: what a client sees, and what the journal says.

use otelbox_mock_collector::fault::{
    ConnectionFault, TlsAlpn, TlsCertificate, TlsClientCertificate, TlsHandshake, always,
    bandwidth, half_close, secs, tls_alert, tls_alpn, tls_certificate, tls_client_certificate,
    tls_handshake,
};
use otelbox_mock_collector::{Certificates, ConnectionEvent, MockCollector, Port, ServerTls};
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use tokio_rustls::client::TlsStream;

use crate::support::{
    BoxedStream, Http1Client, Http2Client, Receiver, Transport, on_both_transports,
};
use crate::tls::client;

/// A collector that speaks TLS and does this on the first connection.
async fn start(transport: Transport, fault: ConnectionFault) -> (Receiver, Certificates) {
    let builder = MockCollector::builder()
        .tls(ServerTls::new())
        .fault(always().connection(1).then(fault).named("fault"));
    let receiver = transport.start(builder).await;
    let certificates = receiver.collector.certificates().expect("it speaks TLS");
    (receiver, certificates)
}

async fn connect(
    receiver: &Receiver,
    port: Port,
    certificates: &Certificates,
    alpn: &[&str],
) -> std::io::Result<TlsStream<BoxedStream>> {
    let stream = receiver.connect(port).await.expect("it listens");
    let name = ServerName::try_from("localhost").expect("a name");
    client(&certificates.ca, None, alpn)
        .connect(name, stream)
        .await
}

fn tls_error(error: &std::io::Error) -> rustls::Error {
    let error = error.get_ref().expect("an error of TLS");
    error
        .downcast_ref::<rustls::Error>()
        .expect("of TLS")
        .clone()
}

/// The client of a connection without a fault is served.
async fn serves_others(receiver: &Receiver, certificates: &Certificates) {
    let stream = connect(receiver, Port::Http, certificates, &["http/1.1"])
        .await
        .expect("a handshake");
    let mut http = Http1Client::new(Box::new(stream));
    assert_eq!(http.export(1).await.expect("an answer").status, 200);
    assert_eq!(receiver.collector.faults()[0].fired, 1);
    let records = receiver.collector.journal().connections();
    assert_eq!(records[1].to_string(), "shaped by fault");
}

on_both_transports!(
    certificates_are_wrong_as_was_asked_for,
    async |transport: Transport| {
        for certificate in [
            TlsCertificate::Expired,
            TlsCertificate::NotYetValid,
            TlsCertificate::WrongName,
            TlsCertificate::Untrusted,
            TlsCertificate::SelfSigned,
        ] {
            let (receiver, certificates) = start(transport, tls_certificate(certificate)).await;
            let error = connect(&receiver, Port::Grpc, &certificates, &["h2"])
                .await
                .err()
                .expect("not trusted");
            let rustls::Error::InvalidCertificate(reason) = tls_error(&error) else {
                panic!("{certificate:?}: {error}");
            };
            let meant = match certificate {
                TlsCertificate::Expired => {
                    matches!(reason, CertificateError::ExpiredContext { .. })
                }
                TlsCertificate::NotYetValid => {
                    matches!(reason, CertificateError::NotValidYetContext { .. })
                }
                TlsCertificate::WrongName => {
                    matches!(reason, CertificateError::NotValidForNameContext { .. })
                }
                TlsCertificate::Untrusted | TlsCertificate::SelfSigned => {
                    reason == CertificateError::UnknownIssuer
                }
            };
            assert!(meant, "{certificate:?}: {reason:?}");
            let text = receiver
                .event(|record| matches!(record.event, ConnectionEvent::HandshakeFailed(_)))
                .await;
            assert!(text.starts_with("TLS handshake failed"), "{text}");
            serves_others(&receiver, &certificates).await;
        }
    }
);

on_both_transports!(
    a_session_is_not_resumed_where_the_certificate_is_wrong,
    async |transport: Transport| {
        let builder = MockCollector::builder().tls(ServerTls::new()).fault(
            always()
                .connection(2)
                .then(tls_certificate(TlsCertificate::Expired)),
        );
        let receiver = transport.start(builder).await;
        let certificates = receiver.collector.certificates().expect("it speaks TLS");
        // One client, which keeps sessions.
        let client = client(&certificates.ca, None, &["http/1.1"]);
        let name = || ServerName::try_from("localhost").expect("a name");
        let stream = receiver.connect(Port::Http).await.expect("it listens");
        let first = client.connect(name(), stream).await.expect("a handshake");
        let mut first = Http1Client::new(Box::new(first));
        first.export(1).await.expect("an answer, and a ticket");
        let stream = receiver.connect(Port::Http).await.expect("it listens");
        assert!(client.connect(name(), stream).await.is_err());
        let stream = receiver.connect(Port::Http).await.expect("it listens");
        let third = client.connect(name(), stream).await.expect("a handshake");
        let (_, session) = third.get_ref();
        let resumed = Some(rustls::HandshakeKind::Resumed);
        assert_eq!(session.handshake_kind(), resumed, "elsewhere it is");
    }
);

on_both_transports!(
    protocols_are_agreed_on_as_was_asked_for,
    async |transport: Transport| {
        for (port, offered, alpn, agreed) in [
            (Port::Grpc, &["h2"][..], TlsAlpn::None, Some(None)),
            (
                Port::Http,
                &["h2", "http/1.1"],
                TlsAlpn::Http11,
                Some(Some("http/1.1")),
            ),
            (
                Port::Http,
                &["http/1.1", "h2"],
                TlsAlpn::H2,
                Some(Some("h2")),
            ),
            (Port::Grpc, &["h2"], TlsAlpn::Http11, None),
            (Port::Grpc, &["h2"], TlsAlpn::Unknown, None),
            (Port::Http, &["h2", "http/1.1"], TlsAlpn::Unknown, None),
        ] {
            let (receiver, certificates) = start(transport, tls_alpn(alpn)).await;
            let connected = connect(&receiver, port, &certificates, offered).await;
            match (connected, agreed) {
                (Ok(stream), Some(agreed)) => {
                    let (_, session) = stream.get_ref();
                    let protocol = session.alpn_protocol();
                    assert_eq!(protocol, agreed.map(str::as_bytes), "{alpn:?}");
                }
                (Err(error), None) => assert_eq!(
                    tls_error(&error),
                    rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol),
                    "{alpn:?}"
                ),
                (connected, _) => panic!("{alpn:?} on {port}: {:?}", connected.err()),
            }
            serves_others(&receiver, &certificates).await;
        }
    }
);

on_both_transports!(
    handshakes_go_wrong_as_was_asked_for,
    async |transport: Transport| {
        for handshake in [
            TlsHandshake::Close,
            TlsHandshake::Reset,
            TlsHandshake::Alert,
            TlsHandshake::PlainText,
        ] {
            let (receiver, certificates) = start(transport, tls_handshake(handshake)).await;
            let mut stream = receiver.connect(Port::Grpc).await.expect("it listens");
            // The beginning of a ClientHello is enough to see what comes back.
            stream.write_all(&CLIENT_HELLO_BEGINS).await.expect("sent");
            let mut answer = Vec::new();
            let read = stream.read_to_end(&mut answer).await;
            match handshake {
                TlsHandshake::Reset => {
                    let error = read.expect_err("a reset");
                    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
                }
                _ => drop(read.expect("the end")),
            }
            let expected: &[u8] = match handshake {
                TlsHandshake::Alert => &[0x15, 3, 3, 0, 2, 2, 40],
                TlsHandshake::PlainText => b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n400 Bad Request",
                _ => &[],
            };
            assert_eq!(answer, expected, "{handshake:?}");
            serves_others(&receiver, &certificates).await;
        }
    }
);

/// A record of a handshake with a `ClientHello` that says that it is longer than what is here.
const CLIENT_HELLO_BEGINS: [u8; 11] = [0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3];

on_both_transports!(
    a_client_understands_the_alert,
    async |transport: Transport| {
        let fault = tls_handshake(TlsHandshake::Alert);
        let (receiver, certificates) = start(transport, fault).await;
        let error = connect(&receiver, Port::Grpc, &certificates, &["h2"])
            .await
            .err()
            .expect("an alert");
        assert_eq!(
            tls_error(&error),
            rustls::Error::AlertReceived(AlertDescription::HandshakeFailure)
        );
    }
);

#[tokio::test(start_paused = true)]
async fn a_stalled_handshake_lasts_as_long_as_its_client() {
    let fault = tls_handshake(TlsHandshake::Stall);
    let (receiver, certificates) = start(Transport::Memory, fault).await;
    let handshake = connect(&receiver, Port::Grpc, &certificates, &["h2"]);
    assert!(timeout(secs(3600), handshake).await.is_err());
    let text = receiver
        .event(|record| matches!(record.event, ConnectionEvent::Closed { .. }))
        .await;
    assert_eq!(text, "closed by the client");
    assert_eq!(receiver.collector.journal().elapsed().as_secs(), 3600);
    serves_others(&receiver, &certificates).await;
}

on_both_transports!(a_client_is_asked_who_it_is, async |transport: Transport| {
    let fault = tls_client_certificate(TlsClientCertificate::Required);
    let (receiver, certificates) = start(transport, fault).await;
    let connected = connect(&receiver, Port::Http, &certificates, &["http/1.1"]).await;
    // In TLS 1.3 a client is done before it is refused.
    let stream: BoxedStream = Box::new(connected.expect("its own half"));
    assert!(Http1Client::new(stream).export(1).await.is_err());
    let text = receiver
        .event(|record| matches!(record.event, ConnectionEvent::HandshakeFailed(_)))
        .await;
    assert!(text.ends_with("peer sent no certificates"), "{text}");
    serves_others(&receiver, &certificates).await;
});

#[tokio::test(start_paused = true)]
async fn bytes_are_shaped_below_tls() {
    let builder = MockCollector::builder()
        .tls(ServerTls::new())
        .fault(always().connection(1..=2).then(bandwidth(100, None)))
        .fault(always().connection(3).then(half_close(2000)));
    let receiver = Transport::Memory.start(builder).await;
    let certificates = receiver.collector.certificates().expect("it speaks TLS");
    for (port, alpn) in [(Port::Grpc, "h2"), (Port::Http, "http/1.1")] {
        let started = Instant::now();
        let stream = connect(&receiver, port, &certificates, &[alpn]).await;
        let stream: BoxedStream = Box::new(stream.expect("a handshake"));
        // The certificate alone has more bytes than this.
        assert!(started.elapsed() > secs(3), "{port}");
        match port {
            Port::Grpc => drop(Http2Client::new(stream).await.export(1).await.expect("one")),
            Port::Http => drop(Http1Client::new(stream).export(2).await.expect("one")),
        }
    }
    let stream = connect(&receiver, Port::Http, &certificates, &["http/1.1"]).await;
    let mut client = Http1Client::new(Box::new(stream.expect("a handshake")));
    let mut requests = 2;
    while client.export(3).await.is_ok() {
        requests += 1;
    }
    let exchanges = receiver.after(requests + 1).await.exchanges();
    for exchange in &exchanges[..exchanges.len() - 1] {
        assert!(exchange.is_acknowledged());
    }
    let last = exchanges.last().expect("the one that was not answered");
    assert!(!last.is_acknowledged());
}

on_both_transports!(
    plain_text_is_answered_with_an_alert,
    async |transport: Transport| {
        let builder = MockCollector::builder().fault(always().then(tls_alert()).times(2));
        let receiver = transport.start(builder).await;
        for port in Port::ALL {
            let mut stream = receiver.connect(port).await.expect("it listens");
            stream.write_all(b"PRI * HTTP/2.0").await.expect("sent");
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.expect("the end");
            assert_eq!(answer, [0x15, 3, 3, 0, 2, 2, 10], "{port}");
        }
        receiver.http().await.export(1).await.expect("an answer");
    }
);

on_both_transports!(
    faults_on_tls_never_fire_where_there_is_none,
    async |transport: Transport| {
        let faults = [
            tls_certificate(TlsCertificate::Expired),
            tls_alpn(TlsAlpn::None),
            tls_handshake(TlsHandshake::Reset),
            tls_client_certificate(TlsClientCertificate::Required),
        ];
        let builder = MockCollector::builder().faults(faults.map(|fault| always().then(fault)));
        let receiver = transport.start(builder).await;
        receiver.http().await.export(1).await.expect("an answer");
        let statuses = receiver.collector.faults();
        assert!(statuses.iter().all(|status| status.fired == 0));

        let (secure, certificates) = start(transport, tls_alert()).await;
        let stream = connect(&secure, Port::Http, &certificates, &["http/1.1"]).await;
        let mut http = Http1Client::new(Box::new(stream.expect("a handshake")));
        http.export(1).await.expect("an answer");
        assert_eq!(secure.collector.faults()[0].fired, 0);
    }
);
