//! An authority, and what it has signed: for the Collector, which wants files.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};

/// A certificate and its key, in PEM.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// One authority for both sides.
#[derive(Clone, Debug)]
pub(super) struct Certificates {
    pub(super) authority: String,
    pub(super) server: Signed,
    pub(super) client: Signed,
}

impl Certificates {
    pub(super) fn new() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let sign = |names: &[&str], usage| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            let mut params = CertificateParams::new(names)?;
            params.extended_key_usages = vec![usage];
            params.use_authority_key_identifier_extension = true;
            let key = KeyPair::generate()?;
            let certificate = params.signed_by(&key, &authority)?;
            Ok::<_, rcgen::Error>(Signed {
                certificate: certificate.pem(),
                key: key.serialize_pem(),
            })
        };
        let server = sign(
            &["localhost", "127.0.0.1"],
            ExtendedKeyUsagePurpose::ServerAuth,
        )?;
        let client = sign(&["client"], ExtendedKeyUsagePurpose::ClientAuth)?;
        Ok(Self {
            authority: authority.pem(),
            server,
            client,
        })
    }
}
