use std::fmt;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use rustls::pki_types::CertificateDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::authority::{Authority, Signed};
use super::server_tls::{Certificates, ClientAuth, ServerTls};
use crate::journal::Port;

/// The certificates of a running collector. They can be replaced while it runs.
pub(crate) struct LiveTls {
    settings: ServerTls,
    issued: Mutex<Issued>,
}

/// What was made at once: at the start, and again at each rotation.
struct Issued {
    generation: u32,
    certificates: Certificates,
    client: (CertificateDer<'static>, String),
    grpc: Arc<ServerConfig>,
    http: Arc<ServerConfig>,
}

impl LiveTls {
    pub(crate) fn new(settings: ServerTls) -> io::Result<Self> {
        let issued = Mutex::new(issue(&settings, 1)?);
        Ok(Self { settings, issued })
    }

    /// New authorities, and new certificates for collector and client. Connections that exist go on.
    pub(crate) fn rotate(&self) -> io::Result<()> {
        let generation = self.issued.lock().generation + 1;
        let issued = issue(&self.settings, generation)?;
        *self.issued.lock() = issued;
        Ok(())
    }

    pub(crate) fn certificates(&self) -> Certificates {
        self.issued.lock().certificates.clone()
    }

    pub(super) fn config(&self, port: Port) -> Arc<ServerConfig> {
        let issued = self.issued.lock();
        match port {
            Port::Grpc => Arc::clone(&issued.grpc),
            Port::Http => Arc::clone(&issued.http),
        }
    }

    /// The name of the client with this certificate, where it is one that was made here.
    pub(super) fn client_name(&self, certificate: &CertificateDer<'_>) -> String {
        let issued = self.issued.lock();
        let (known, name) = &issued.client;
        if known == certificate {
            name.clone()
        } else {
            "another client".to_owned()
        }
    }
}

/// Shows no keys.
impl fmt::Debug for LiveTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveTls")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Certificates {
    /// Certificates that no collector has, for clients of one that speaks plain text.
    ///
    /// # Errors
    ///
    /// What the random source or the encoder says.
    pub fn generate() -> io::Result<Self> {
        issue(&ServerTls::default(), 1).map(|issued| issued.certificates)
    }
}

fn issue(settings: &ServerTls, generation: u32) -> io::Result<Issued> {
    let servers = Authority::new(&format!("otelbox authority {generation}")).map_err(failed)?;
    let clients =
        Authority::new(&format!("otelbox authority for clients {generation}")).map_err(failed)?;
    let strangers = Authority::new("an authority that nobody knows").map_err(failed)?;
    let name = format!("client {generation}");
    let client = clients.client(&name).map_err(failed)?;
    let stranger = strangers.client(&name).map_err(failed)?;
    let server = servers
        .server(settings.names.clone(), settings.expired)
        .map_err(failed)?;
    let mut grpc = server_config(settings.client_auth, &clients, &server)?;
    let mut http = grpc.clone();
    grpc.alpn_protocols = vec![b"h2".to_vec()];
    http.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Issued {
        generation,
        certificates: Certificates {
            ca: servers.pem(),
            other_ca: strangers.pem(),
            client_certificate: client.pem(),
            client_key: client.key_pem(),
            other_client_certificate: stranger.pem(),
            other_client_key: stranger.key_pem(),
        },
        client: (client.der(), name),
        grpc: Arc::new(grpc),
        http: Arc::new(http),
    })
}

fn server_config(
    client_auth: ClientAuth,
    clients: &Authority,
    server: &Signed,
) -> io::Result<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let verifier = || {
        let mut roots = RootCertStore::empty();
        roots.add(clients.der()).map_err(failed)?;
        Ok::<_, io::Error>(WebPkiClientVerifier::builder_with_provider(
            Arc::new(roots),
            provider,
        ))
    };
    let config = match client_auth {
        ClientAuth::None => config.with_no_client_auth(),
        ClientAuth::Optional => config.with_client_cert_verifier(
            verifier()?
                .allow_unauthenticated()
                .build()
                .map_err(failed)?,
        ),
        ClientAuth::Required => {
            config.with_client_cert_verifier(verifier()?.build().map_err(failed)?)
        }
    };
    config
        .with_single_cert(vec![server.der()], server.key_der())
        .map_err(failed)
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(error)
}
