//! A receiver of one signal over in-memory streams. It notes who came and what they said, whatever they speak, and
//! understands HTTP/1.1.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use otelbox_sdk::{BoxFuture, BoxedStream, Connector, Target};
use parking_lot::Mutex;
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 200.
    Ok,
    /// 400.
    Refuse,
    /// Nothing, ever.
    Hang,
}

/// A request over HTTP/1.1.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) at: Duration,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map(|(_, value)| value.as_str())
    }
}

/// What came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Host, port, and what was spoken: `http`, `grpc`, or `tls`.
    pub(crate) connections: Vec<(String, u16, &'static str)>,
    pub(crate) requests: Vec<Request>,
    /// When requests that hang were given up by the client.
    pub(crate) given_up: Vec<Duration>,
    /// How TLS came out: `not trusted`, `anonymous`, `identified`.
    pub(crate) handshakes: Vec<&'static str>,
}

impl Seen {
    /// How long the client waited for the answer to its first request, in milliseconds.
    pub(crate) fn patience(&self) -> String {
        let waited = self.given_up[0].as_millis() - self.requests[0].at.as_millis();
        waited.to_string()
    }
}

/// The receiver. Clones are the same.
#[derive(Clone)]
pub(crate) struct Wire {
    started: Instant,
    answer: Answer,
    tls: TlsAcceptor,
    seen: Arc<Mutex<Seen>>,
}

impl Wire {
    pub(crate) fn new(answer: Answer, authority: &Authority) -> Self {
        Self {
            started: Instant::now(),
            answer,
            tls: authority.acceptor(),
            seen: Arc::default(),
        }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().clone()
    }

    /// Serves whoever comes to a free port of the loopback interface, and gives back its address as a base URL.
    pub(crate) async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let wire = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, from)) = listener.accept().await {
                let host = from.ip().to_string();
                tokio::spawn(wire.clone().serve(stream, host, from.port()));
            }
        });
        format!("http://{address}")
    }

    async fn serve(self, far: impl AsyncRead + AsyncWrite + Unpin, host: String, port: u16) {
        let mut far = tokio::io::BufReader::new(far);
        let Ok(first) = tokio::io::AsyncBufReadExt::fill_buf(&mut far).await else {
            return;
        };
        let spoken = match first.first() {
            Some(0x16) => "tls",
            Some(b'P') if first.starts_with(b"PRI") => "grpc",
            _ => "http",
        };
        self.seen.lock().connections.push((host, port, spoken));
        match spoken {
            "http" => self.serve_http(far).await,
            "tls" => match self.tls.accept(far).await {
                Err(_) => self.seen.lock().handshakes.push("not trusted"),
                Ok(stream) => {
                    let who = match stream.get_ref().1.peer_certificates() {
                        Some(_) => "identified",
                        None => "anonymous",
                    };
                    self.seen.lock().handshakes.push(who);
                    self.serve_http(stream).await;
                }
            },
            _ => {}
        }
    }

    async fn serve_http(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        while let Some(request) = self.read(&mut stream).await {
            self.seen.lock().requests.push(request);
            let status = match self.answer {
                Answer::Ok => "200 OK",
                Answer::Refuse => "400 Bad Request",
                Answer::Hang => {
                    let _ = stream.read_u8().await;
                    self.seen.lock().given_up.push(self.started.elapsed());
                    return;
                }
            };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    async fn read(&self, stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).expect("an ASCII head");
        let mut lines = head.lines();
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length")?;
        let mut body = vec![0; length.1.parse().ok()?];
        stream.read_exact(&mut body).await.ok()?;
        Some(Request {
            at: self.started.elapsed(),
            path,
            headers,
            body,
        })
    }
}

impl Connector for Wire {
    fn connect<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, io::Result<BoxedStream>> {
        let (near, far) = tokio::io::duplex(1 << 20);
        tokio::spawn(self.clone().serve(far, target.host.clone(), target.port));
        Box::pin(async move { Ok(Box::new(near) as BoxedStream) })
    }
}

/// Who signs for receivers and clients.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate and its key, for `name`.
    pub(crate) fn sign(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        (certificate, key)
    }

    /// Takes clients with a certificate and without.
    fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("a root");
        let clients =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .allow_unauthenticated()
                .build()
                .expect("a verifier");
        let (certificate, key) = self.sign("collector");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a certificate");
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}
