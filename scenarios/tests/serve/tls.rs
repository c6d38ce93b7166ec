//! `otelbox serve --tls`.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use otelbox_mock_collector::Certificates;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;

use crate::support::{ANSWER, LOGS, Served, refusal, request, upstream};

/// Files of one test.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and gives its path as an argument.
    fn with(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).expect("a file");
        self.argument(name)
    }

    fn argument(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }
}

/// A certificate for `localhost`, signed by itself, and its key.
fn own_certificate() -> (String, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    (cert.pem(), signing_key.serialize_pem())
}

/// What a client gets that trusts `authority` and shows what it is given: over TLS, all that comes.
fn answer(
    address: SocketAddr,
    authority: &str,
    shown: Option<(&str, &str)>,
    request: &str,
) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
        roots.add(certificate.expect("PEM")).expect("an authority");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let config = match shown {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => config
            .with_client_auth_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM")],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM"),
            )
            .expect("a key of the certificate"),
    };
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a client");
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a file")
}

#[test]
fn a_certificate_is_made_and_its_authority_written() {
    let files = Files::new();
    let ca = files.argument("ca.pem");
    let served = Served::start(&["--tls", "--tls-ca-out", &ca]);
    assert!(
        served.said[0].starts_with("grpc  https://"),
        "{:?}",
        served.said
    );
    assert!(
        served.said[1].starts_with("http  https://"),
        "{:?}",
        served.said
    );
    let line = format!(
        "tls   a certificate made for localhost, 127.0.0.1 and ::1; its authority is in {ca}"
    );
    assert_eq!(served.said[2], line);
    let authority = read(&files.path("ca.pem"));
    let said = answer(served.http, &authority, None, &request(LOGS)).expect("an answer");
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    let stranger = Certificates::generate().expect("an authority").ca;
    let error = answer(served.http, &stranger, None, &request(LOGS)).expect_err("no trust");
    assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
    served.end();
}

#[test]
fn a_certificate_is_shown_and_one_of_the_client_asked_for() {
    let files = Files::new();
    let (certificate, key) = own_certificate();
    let clients = Certificates::generate().expect("certificates");
    // Made by itself, so that it is its own authority.
    let (client, client_key) = own_certificate();
    let certificate_file = files.with("server.pem", &certificate);
    let served = Served::start(&[
        "--tls-cert",
        &certificate_file,
        "--tls-key",
        &files.with("server-key.pem", &key),
        "--tls-client-ca",
        &files.with("clients.pem", &client),
    ]);
    let line =
        format!("tls   the certificate in {certificate_file}; clients have to show one, too");
    assert_eq!(served.said[2], line);
    let with = |shown| answer(served.http, &certificate, shown, &request(LOGS));
    let said = with(Some((&client, &client_key))).expect("an answer");
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    with(None).expect_err("no certificate");
    let stranger = (&*clients.client_certificate, &*clients.client_key);
    with(Some(stranger)).expect_err("a certificate of another authority");
    served.end();
}

#[test]
fn a_proxy_speaks_tls_to_its_clients_and_plain_text_behind() {
    let files = Files::new();
    let (address, serving) = upstream(ANSWER);
    let url = format!("http://{address}");
    let ca = files.argument("ca.pem");
    let served = Served::start(&["--tls", "--tls-ca-out", &ca, "--forward", &url]);
    assert!(
        served.said[1].starts_with("http  https://"),
        "{:?}",
        served.said
    );
    assert!(
        served.said[1].ends_with(&format!("  -> {url}")),
        "{:?}",
        served.said
    );
    let authority = read(&files.path("ca.pem"));
    let said = answer(served.http, &authority, None, &request(LOGS)).expect("an answer");
    assert!(
        said.ends_with("{\"partialSuccess\":{\"rejectedLogRecords\":1}}"),
        "{said}"
    );
    serving.join().expect("no panic");
    served.end();
}

/// Each in one line that names the file.
#[test]
fn files_that_cannot_be_used_are_named() {
    let files = Files::new();
    let (certificate, key) = own_certificate();
    let (_, other_key) = own_certificate();
    let certificate = files.with("server.pem", &certificate);
    let key = files.with("key.pem", &key);
    let other_key = files.with("other-key.pem", &other_key);
    let garbage = files.with("garbage.pem", "this is no PEM\n");
    let missing = files.argument("missing.pem");
    let own = |certificate: &str, key: &str| {
        ["--tls-cert", certificate, "--tls-key", key].map(str::to_owned)
    };
    let of_clients = |file: &str| ["--tls", "--tls-client-ca", file].map(str::to_owned);
    let nowhere = files.argument("nowhere/ca.pem");
    let cases: Vec<(Vec<String>, i32, String)> = vec![
        (
            own(&missing, &key).into(),
            2,
            format!("cannot use the certificate in {missing}"),
        ),
        (
            own(&garbage, &key).into(),
            2,
            format!("cannot use the certificate in {garbage}"),
        ),
        (
            own(&certificate, &garbage).into(),
            2,
            format!("cannot use the key in {garbage}"),
        ),
        (
            own(&certificate, &other_key).into(),
            2,
            format!("the key in {other_key} does not belong to the certificate in {certificate}"),
        ),
        (
            of_clients(&garbage).into(),
            2,
            format!("cannot use the authorities of clients in {garbage}"),
        ),
        (
            vec![
                "--tls".to_owned(),
                "--tls-ca-out".to_owned(),
                nowhere.clone(),
            ],
            4,
            format!("cannot write what clients have to trust to {nowhere}"),
        ),
    ];
    for (arguments, expected, reason) in cases {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (code, text) = refusal(&arguments);
        assert!(text.contains(&reason), "{arguments:?}: {text}");
        assert_eq!(code, Some(expected), "{arguments:?}: {text}");
    }
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    for (arguments, reason) in [
        (&["--tls-cert", "a.pem"][..], "--tls-key <FILE>"),
        (&["--tls-key", "a.pem"], "--tls-cert <FILE>"),
        (&["--tls-ca-out", "a.pem"], "--tls"),
        (&["--tls-client-ca", "a.pem"], "--tls"),
        (
            &["--tls", "--tls-cert", "a.pem", "--tls-key", "b.pem"],
            "cannot be used with",
        ),
        (
            &["--tls", "--forward", "tcp://127.0.0.1:4317"],
            "tcp:// passes TLS on as it is",
        ),
    ] {
        let (code, text) = refusal(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {text}");
        assert!(text.contains(reason), "{arguments:?}: {text}");
    }
}
