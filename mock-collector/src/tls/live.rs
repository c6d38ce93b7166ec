use std::fmt;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use rustls::pki_types::CertificateDer;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};

use super::authority::{Authority, Signed, Validity};
use super::identity::ServerIdentity;
use super::server_tls::{Certificates, ClientAuth, ServerTls};
use crate::fault::{TlsAlpn, TlsCertificate, TlsClientCertificate, TlsConditions};
use crate::journal::Port;

/// The certificates of a running collector. They can be replaced while it runs.
pub(crate) struct LiveTls {
    settings: ServerTls,
    issued: Mutex<Issued>,
}

/// What was made at once: at the start, and again at each rotation.
struct Issued {
    generation: u32,
    authorities: Authorities,
    server: ServerIdentity,
    /// Who signs the certificates of clients.
    clients: Arc<RootCertStore>,
    certificates: Certificates,
    client: (CertificateDer<'static>, String),
    grpc: Arc<ServerConfig>,
    http: Arc<ServerConfig>,
}

/// Who signs.
struct Authorities {
    /// Certificates of the collector.
    servers: Authority,
    /// Certificates of its clients.
    clients: Authority,
    /// Certificates that nobody trusts.
    strangers: Authority,
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

    /// How a connection is secured under these conditions.
    pub(super) fn config(
        &self,
        port: Port,
        conditions: TlsConditions,
    ) -> io::Result<Arc<ServerConfig>> {
        let issued = self.issued.lock();
        let usual = match port {
            Port::Grpc => &issued.grpc,
            Port::Http => &issued.http,
        };
        if conditions == TlsConditions::default() {
            return Ok(Arc::clone(usual));
        }
        let client_auth = match conditions.client_certificate {
            Some(TlsClientCertificate::Required) => ClientAuth::Required,
            Some(TlsClientCertificate::NotAsked) => ClientAuth::None,
            None => self.settings.client_auth,
        };
        let clients = &issued.clients;
        let mut config = match conditions.certificate {
            Some(certificate) => {
                let shown = issued.authorities.unusual(certificate, &self.settings)?;
                server_config(client_auth, clients, &shown.identity())?
            }
            None => server_config(client_auth, clients, &issued.server)?,
        };
        config.alpn_protocols = match conditions.alpn {
            None => usual.alpn_protocols.clone(),
            Some(TlsAlpn::None) => Vec::new(),
            Some(TlsAlpn::Http11) => vec![b"http/1.1".to_vec()],
            Some(TlsAlpn::H2) => vec![b"h2".to_vec()],
            Some(TlsAlpn::Unknown) => vec![b"otelbox/unknown".to_vec()],
        };
        // A session that is resumed shows no certificate.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
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

impl Authorities {
    fn new(generation: u32) -> io::Result<Self> {
        let authority = |name: &str| Authority::new(name).map_err(failed);
        Ok(Self {
            servers: authority(&format!("otelbox authority {generation}"))?,
            clients: authority(&format!("otelbox authority for clients {generation}"))?,
            strangers: authority("an authority that nobody knows")?,
        })
    }

    /// A certificate that no client should take.
    fn unusual(&self, certificate: TlsCertificate, settings: &ServerTls) -> io::Result<Signed> {
        let names = || settings.names.clone();
        match certificate {
            TlsCertificate::Expired => self.servers.server(names(), Validity::Past),
            TlsCertificate::NotYetValid => self.servers.server(names(), Validity::Future),
            TlsCertificate::WrongName => self
                .servers
                .server(vec!["elsewhere.invalid".to_owned()], Validity::Now),
            TlsCertificate::Untrusted => self.strangers.server(names(), Validity::Now),
            TlsCertificate::SelfSigned => Signed::by_itself(names()),
        }
        .map_err(failed)
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
    let authorities = Authorities::new(generation)?;
    let Authorities {
        servers,
        clients,
        strangers,
    } = &authorities;
    let name = format!("client {generation}");
    let client = clients.client(&name).map_err(failed)?;
    let stranger = strangers.client(&name).map_err(failed)?;
    let validity = if settings.expired {
        Validity::Past
    } else {
        Validity::Now
    };
    let (server, ca) = if let Some(identity) = &settings.identity {
        (identity.clone(), identity.pem.clone())
    } else {
        let signed = servers.server(settings.names.clone(), validity);
        (signed.map_err(failed)?.identity(), servers.pem())
    };
    let client_authorities = if let Some(authorities) = &settings.client_authorities {
        Arc::clone(&authorities.0)
    } else {
        let mut roots = RootCertStore::empty();
        roots.add(clients.der()).map_err(failed)?;
        Arc::new(roots)
    };
    let mut grpc = server_config(settings.client_auth, &client_authorities, &server)?;
    let mut http = grpc.clone();
    grpc.alpn_protocols = vec![b"h2".to_vec()];
    http.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Issued {
        generation,
        server,
        clients: client_authorities,
        certificates: Certificates {
            ca,
            other_ca: strangers.pem(),
            client_certificate: client.pem(),
            client_key: client.key_pem(),
            other_client_certificate: stranger.pem(),
            other_client_key: stranger.key_pem(),
        },
        client: (client.der(), name),
        grpc: Arc::new(grpc),
        http: Arc::new(http),
        authorities,
    })
}

fn server_config(
    client_auth: ClientAuth,
    clients: &Arc<RootCertStore>,
    server: &ServerIdentity,
) -> io::Result<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let verifier = || WebPkiClientVerifier::builder_with_provider(Arc::clone(clients), provider);
    let config = match client_auth {
        ClientAuth::None => config.with_no_client_auth(),
        ClientAuth::Optional => config
            .with_client_cert_verifier(verifier().allow_unauthenticated().build().map_err(failed)?),
        ClientAuth::Required => {
            config.with_client_cert_verifier(verifier().build().map_err(failed)?)
        }
    };
    config
        .with_single_cert(server.chain.clone(), server.key.clone_key())
        .map_err(failed)
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(error)
}
