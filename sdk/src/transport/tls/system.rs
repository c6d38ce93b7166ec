//! The authorities that the system trusts. This is the only place that asks for them.

use rustls::RootCertStore;

/// The authorities of the system; an error says why there are none.
pub(super) fn system_roots() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let causes: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        return Err(format!(
            "the system has no trusted certificates; name one for the receiver ({})",
            causes.join("; ")
        ));
    }
    Ok(roots)
}
