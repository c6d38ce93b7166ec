//! TLS on the ports of the receiver, as the command line has it.

use std::fs;
use std::io;
use std::path::Path;

use otelbox_mock_collector::{
    ClientAuth, ClientAuthorities, InvalidIdentity, MockCollector, ServerIdentity, ServerTls,
};

use crate::cli::arguments::Serve;
use crate::cli::error::CliError;
use crate::cli::output::STRONG;

/// How the receiver speaks TLS, where it does.
pub(super) fn of(arguments: &Serve) -> Result<Option<ServerTls>, CliError> {
    let mut tls = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => ServerTls::new().identity(identity(certificate, key)?),
        _ if arguments.tls => ServerTls::new(),
        _ => return Ok(None),
    };
    if let Some(path) = &arguments.tls_client_ca {
        let authorities = ClientAuthorities::from_pem(&read(CLIENT_AUTHORITIES, path)?)
            .map_err(|error| unusable(CLIENT_AUTHORITIES, path, io::Error::other(error)))?;
        tls = tls
            .client_auth(ClientAuth::Required)
            .client_authorities(authorities);
    }
    Ok(Some(tls))
}

/// What the files hold.
const CERTIFICATE: &str = "the certificate";
const KEY: &str = "the key";
const CLIENT_AUTHORITIES: &str = "the authorities of clients";

fn identity(certificate: &Path, key: &Path) -> Result<ServerIdentity, CliError> {
    let (certificate_pem, key_pem) = (read(CERTIFICATE, certificate)?, read(KEY, key)?);
    ServerIdentity::from_pem(&certificate_pem, &key_pem).map_err(|error| match error {
        InvalidIdentity::Certificate(_) => {
            unusable(CERTIFICATE, certificate, io::Error::other(error))
        }
        InvalidIdentity::OtherKey => CliError::OtherKey {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        },
        error => unusable(KEY, key, io::Error::other(error)),
    })
}

fn read(what: &'static str, path: &Path) -> Result<String, CliError> {
    fs::read_to_string(path).map_err(|cause| unusable(what, path, cause))
}

fn unusable(what: &'static str, path: &Path, cause: io::Error) -> CliError {
    CliError::TlsFile {
        what,
        path: path.to_owned(),
        cause,
    }
}

/// Writes what clients have to trust to the file that was named for it.
pub(super) fn write_authority(
    arguments: &Serve,
    collector: &MockCollector,
) -> Result<(), CliError> {
    let (Some(path), Some(certificates)) = (&arguments.tls_ca_out, collector.certificates()) else {
        return Ok(());
    };
    fs::write(path, certificates.ca).map_err(|cause| CliError::AuthorityOut {
        path: path.clone(),
        cause,
    })
}

/// The line that says what clients need; nothing where they need nothing.
pub(super) fn line(arguments: &Serve) -> String {
    let shown = match (&arguments.tls_cert, &arguments.tls_ca_out) {
        (Some(certificate), _) => format!("the certificate in {}", certificate.display()),
        (None, Some(authority)) => format!("{MADE}; its authority is in {}", authority.display()),
        (None, None) if arguments.tls => format!("{MADE}; --tls-ca-out FILE writes its authority"),
        (None, None) => return String::new(),
    };
    let asked = if arguments.tls_client_ca.is_some() {
        "; clients have to show one, too"
    } else {
        ""
    };
    format!("{STRONG}tls{STRONG:#}   {shown}{asked}\n")
}

const MADE: &str = "a certificate made for localhost, 127.0.0.1 and ::1";
