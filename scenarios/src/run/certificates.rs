//! The files that `${ca_file}` and the like stand for.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use otelbox_mock_collector::{Certificates, MockCollector};
use tempfile::TempDir;

use crate::{plan::Cell, sut::LogBook};

/// What a log shows in place of the directory, which has another name in every run.
const SHOWN_AS: &str = "/certificates";

/// Texts of scenarios and the files that they stand for.
const FILES: [(&str, &str); 7] = [
    ("${ca_file}", "ca.pem"),
    ("${other_ca_file}", "other-ca.pem"),
    ("${client_certificate_file}", "client.pem"),
    ("${client_key_file}", "client-key.pem"),
    ("${other_client_certificate_file}", "other-client.pem"),
    ("${other_client_key_file}", "other-client-key.pem"),
    ("${garbage_file}", "garbage.pem"),
];

/// A directory with the certificates of one cell.
#[derive(Debug)]
pub(super) struct CertificateFiles(TempDir);

impl CertificateFiles {
    /// The certificates of `collector`; none where neither the receiver speaks TLS nor a text of the cell stands for a file.
    pub(super) fn of(cell: &Cell, collector: &MockCollector) -> io::Result<Option<Self>> {
        let texts = cell.env.values().map(String::as_str);
        let named = |text: &str| FILES.iter().any(|(name, _)| text.contains(name));
        let certificates = match collector.certificates() {
            Some(certificates) => certificates,
            None if texts.into_iter().any(named) => Certificates::generate()?,
            None => return Ok(None),
        };
        let files = Self(tempfile::tempdir()?);
        files.write(&certificates)?;
        Ok(Some(files))
    }

    /// `text` with the names of the files in it.
    pub(super) fn filled(&self, mut text: String) -> String {
        for (name, file) in FILES {
            if text.contains(name) {
                text = text.replace(name, &self.path(file).display().to_string());
            }
        }
        text
    }

    /// Has `log` show the same directory in every run.
    pub(super) fn rename_in(&self, log: &LogBook) {
        log.rename(self.0.path().display().to_string(), SHOWN_AS);
    }

    /// Replaces the files, each at one stroke.
    pub(super) fn write(&self, certificates: &Certificates) -> io::Result<()> {
        let texts = [
            certificates.ca.as_str(),
            &certificates.other_ca,
            &certificates.client_certificate,
            &certificates.client_key,
            &certificates.other_client_certificate,
            &certificates.other_client_key,
            "no certificate\n",
        ];
        for ((_, file), text) in FILES.iter().zip(texts) {
            let fresh = self.path("fresh");
            fs::write(&fresh, text)?;
            fs::rename(&fresh, self.path(file))?;
        }
        Ok(())
    }

    /// Leaves half of each file, as somebody who writes them in place does for a moment.
    pub(super) fn cut_in_half(&self) -> io::Result<()> {
        for (_, file) in FILES {
            let path = self.path(file);
            let text = fs::read(&path)?;
            fs::write(&path, &text[..text.len() / 2])?;
        }
        Ok(())
    }

    fn path(&self, file: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(file)
    }
}
