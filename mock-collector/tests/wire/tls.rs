//! TLS: who is trusted on either side, and what the journal says where it does not come about.

use std::sync::Arc;

use otelbox_mock_collector::{
    Certificates, ClientAuth, ConnectionEvent, MockCollector, Port, ServerTls,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use crate::support::{
    BoxedStream, Http1Client, Http2Client, Receiver, Transport, on_both_transports,
};

/// A client that trusts the authority `ca`, and shows the certificate and key of `identity`.
pub(crate) fn client(ca: &str, identity: Option<(&str, &str)>, alpn: &[&str]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ca.as_bytes()).expect("a certificate"))
        .expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(roots);
    let mut config = match identity {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => config
            .with_client_auth_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM")],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM"),
            )
            .expect("a pair"),
    };
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

async fn secured(receiver: &Receiver, port: Port, client: &TlsConnector) -> BoxedStream {
    let stream = receiver.connect(port).await.expect("it listens");
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = client.connect(name, stream).await.expect("a handshake");
    Box::new(stream)
}

/// A connection that is secured where `ca` has signed the certificate of whoever answers.
pub(crate) async fn secured_by(
    receiver: &Receiver,
    port: Port,
    ca: &str,
    alpn: &str,
) -> BoxedStream {
    secured(receiver, port, &client(ca, None, &[alpn])).await
}

async fn start(transport: Transport, tls: ServerTls) -> (Receiver, Certificates) {
    let receiver = transport.start(MockCollector::builder().tls(tls)).await;
    let certificates = receiver.collector.certificates().expect("it speaks TLS");
    (receiver, certificates)
}

/// The event that says how TLS came about, or that it did not.
async fn outcome(receiver: &Receiver, connection: u64) -> String {
    let settles = |event: &ConnectionEvent| {
        matches!(
            event,
            ConnectionEvent::Secured(_)
                | ConnectionEvent::HandshakeFailed(_)
                | ConnectionEvent::PlainText(_)
                | ConnectionEvent::ProtocolError(_)
        )
    };
    receiver
        .event(|record| record.connection == connection && settles(&record.event))
        .await
}

on_both_transports!(
    exports_arrive_over_http_2_and_http_1_as_alpn_has_it,
    async |transport: Transport| {
        let (receiver, certificates) = start(transport, ServerTls::new()).await;
        assert!(receiver.collector.grpc_endpoint().starts_with("https://"));
        assert!(receiver.collector.http_endpoint().starts_with("https://"));
        let http2 = client(&certificates.ca, None, &["h2"]);
        let http1 = client(&certificates.ca, None, &["http/1.1"]);
        let unsaid = client(&certificates.ca, None, &[]);
        for (port, client) in [(Port::Grpc, &http2), (Port::Grpc, &unsaid)] {
            let grpc = Http2Client::new(secured(&receiver, port, client).await).await;
            let answer = grpc.export(1).await.expect("an answer");
            assert_eq!(answer.grpc_status(), Some("0"));
        }
        for client in [&http1, &unsaid] {
            let stream = secured(&receiver, Port::Http, client).await;
            let mut http = Http1Client::new(stream);
            assert_eq!(http.export(1).await.expect("an answer").status, 200);
        }
        assert_eq!(receiver.after(4).await.exchanges().len(), 4);
        assert_eq!(outcome(&receiver, 1).await, "secured: h2");
        assert_eq!(outcome(&receiver, 2).await, "secured: no ALPN");
        assert_eq!(outcome(&receiver, 3).await, "secured: http/1.1");
    }
);

on_both_transports!(
    a_client_that_does_not_trust_the_collector_says_so,
    async |transport: Transport| {
        for (tls, ca, expected) in [
            (ServerTls::new(), "other", "UnknownCA"),
            (
                ServerTls::new().names(["elsewhere"]),
                "own",
                "BadCertificate",
            ),
            (ServerTls::new().expired(), "own", "CertificateExpired"),
        ] {
            let (receiver, certificates) = start(transport, tls).await;
            let ca = if ca == "own" {
                certificates.ca
            } else {
                certificates.other_ca
            };
            let stream = receiver.connect(Port::Grpc).await.expect("it listens");
            let name = ServerName::try_from("localhost").expect("a name");
            let connected = client(&ca, None, &["h2"]).connect(name, stream).await;
            assert!(connected.is_err(), "not trusted");
            let text = outcome(&receiver, 1).await;
            assert!(
                text.starts_with("TLS handshake failed") && text.contains(expected),
                "{text}"
            );
        }
    }
);

on_both_transports!(
    clients_say_who_they_are_where_asked,
    async |transport: Transport| {
        for (auth, shown, expected) in [
            (
                ClientAuth::Required,
                Some(true),
                "secured: http/1.1, client 1",
            ),
            (
                ClientAuth::Required,
                None,
                "TLS handshake failed: peer sent no certificates",
            ),
            (
                ClientAuth::Required,
                Some(false),
                "TLS handshake failed: invalid peer certificate: UnknownIssuer",
            ),
            (
                ClientAuth::Optional,
                Some(true),
                "secured: http/1.1, client 1",
            ),
            (ClientAuth::Optional, None, "secured: http/1.1"),
            (ClientAuth::None, Some(true), "secured: http/1.1"),
        ] {
            let (receiver, of) = start(transport, ServerTls::new().client_auth(auth)).await;
            let identity = shown.map(|known| {
                if known {
                    (&*of.client_certificate, &*of.client_key)
                } else {
                    (&*of.other_client_certificate, &*of.other_client_key)
                }
            });
            let client = client(&of.ca, identity, &["http/1.1"]);
            let mut http = Http1Client::new(secured(&receiver, Port::Http, &client).await);
            let answer = http.export(1).await;
            assert_eq!(answer.is_ok(), expected.starts_with("secured"), "{auth:?}");
            let text = outcome(&receiver, 1).await;
            assert!(text.starts_with(expected), "{auth:?}: {text}");
        }
    }
);

on_both_transports!(
    plain_text_where_tls_is_spoken_is_evidence,
    async |transport: Transport| {
        let (receiver, _) = start(transport, ServerTls::new()).await;
        let mut http = receiver.http().await;
        let answer = http.export(1).await.expect("an answer");
        assert_eq!(answer.status, 400);
        let text = http.read_to_end().await.expect("the end");
        assert_eq!(text, b"Client sent an HTTP request to an HTTPS server.\n");
        assert_eq!(
            outcome(&receiver, 1).await,
            "plain text where TLS is spoken: POST /v1/metrics HTTP/1.1"
        );

        let mut grpc = receiver.connect(Port::Grpc).await.expect("it listens");
        grpc.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            .await
            .expect("sent");
        let mut answer = Vec::new();
        grpc.read_to_end(&mut answer).await.expect("the end");
        assert_eq!(answer, b"", "gRPC servers just close");
        assert_eq!(
            outcome(&receiver, 2).await,
            "plain text where TLS is spoken: PRI * HTTP/2.0"
        );
        assert_eq!(receiver.collector.journal().exchanges().len(), 0);
    }
);

on_both_transports!(
    tls_where_plain_text_is_spoken_is_named,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let (_, certificates) = start(transport, ServerTls::new()).await;
        for (port, connection) in [(Port::Grpc, 1), (Port::Http, 2)] {
            let stream = receiver.connect(port).await.expect("it listens");
            let name = ServerName::try_from("localhost").expect("a name");
            let client = client(&certificates.ca, None, &["h2"]);
            assert!(client.connect(name, stream).await.is_err());
            assert_eq!(
                outcome(&receiver, connection).await,
                "protocol error: a TLS handshake on a plain text port"
            );
        }
    }
);

on_both_transports!(
    rotated_certificates_count_for_new_connections,
    async |transport: Transport| {
        let tls = ServerTls::new().client_auth(ClientAuth::Required);
        let (receiver, old) = start(transport, tls).await;
        let identity = |of: &Certificates| (of.client_certificate.clone(), of.client_key.clone());
        let with = |of: &Certificates| {
            let (certificate, key) = identity(of);
            client(&of.ca, Some((&certificate, &key)), &["http/1.1"])
        };
        let mut before = Http1Client::new(secured(&receiver, Port::Http, &with(&old)).await);
        before.export(1).await.expect("an answer");
        receiver.collector.rotate_certificates().expect("rotated");
        before.export(1).await.expect("the connection goes on");
        let stream = receiver.connect(Port::Http).await.expect("it listens");
        let name = ServerName::try_from("localhost").expect("a name");
        let connected = with(&old).connect(name, stream).await;
        assert!(connected.is_err(), "the old authority signs no more");
        let new = receiver.collector.certificates().expect("it speaks TLS");
        let mut after = Http1Client::new(secured(&receiver, Port::Http, &with(&new)).await);
        after.export(1).await.expect("an answer");
        assert_eq!(
            outcome(&receiver, 3).await,
            "secured: http/1.1, client 2",
            "the second one is the client's own failure"
        );
    }
);
