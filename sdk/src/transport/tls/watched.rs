//! Something that is made of files, and made again when they change.

use std::borrow::Cow;
use std::error::Error;
use std::fs;

use super::credentials::NamedPem;
use crate::config_error::ConfigError;
use crate::environment::LOG_TARGET;
use crate::transport::PemSource;

/// Makes a value of the texts of its sources, in their order.
type Make<T> = fn(&[Cow<'_, [u8]>]) -> Result<T, ConfigError>;

/// A value and the texts that it was made of.
pub(super) struct Watched<T> {
    sources: Vec<NamedPem>,
    make: Make<T>,
    texts: Vec<Vec<u8>>,
    value: T,
    /// What was said last about texts that cannot be used.
    told: Option<String>,
}

impl<T> Watched<T> {
    pub(super) fn new(sources: Vec<NamedPem>, make: Make<T>) -> Result<Self, ConfigError> {
        let texts = read(&sources)?;
        let value = make(&texts).map_err(|error| match error {
            ConfigError::Certificate { reason } => ConfigError::Certificate {
                reason: format!("{}: {reason}", names(&sources)),
            },
            error => error,
        })?;
        let texts = owned(&texts);
        Ok(Self {
            sources,
            make,
            texts,
            value,
            told: None,
        })
    }

    pub(super) const fn value(&self) -> &T {
        &self.value
    }

    pub(super) fn sources(&self) -> &[NamedPem] {
        &self.sources
    }

    /// Looks at the sources again; whether there is a new value. Where they cannot be used, the old one stays, and that is
    /// said once.
    pub(super) fn refresh(&mut self) -> bool {
        let made = match read(&self.sources) {
            Ok(texts) if texts == self.texts => {
                self.told = None;
                return false;
            }
            Ok(texts) => (self.make)(&texts).map(|value| (owned(&texts), value)),
            Err(error) => Err(error),
        };
        let names = names(&self.sources);
        match made {
            Ok((texts, value)) => {
                (self.texts, self.value, self.told) = (texts, value, None);
                tracing::info!(
                    target: LOG_TARGET,
                    "what is new in {names} is used from this connection on"
                );
                true
            }
            Err(error) => {
                let reason = with_cause(&error);
                if self.told.as_ref() != Some(&reason) {
                    tracing::warn!(
                        target: LOG_TARGET,
                        "what is new in {names} cannot be used: {reason}; using what was there before, and looking \
                         again at the next connection"
                    );
                    self.told = Some(reason);
                }
                false
            }
        }
    }
}

/// Where the texts come from, in words.
pub(super) fn names(sources: &[NamedPem]) -> String {
    let names: Vec<String> = sources.iter().map(ToString::to_string).collect();
    names.join(" and ")
}

fn read(sources: &[NamedPem]) -> Result<Vec<Cow<'_, [u8]>>, ConfigError> {
    sources.iter().map(|named| text_of(&named.source)).collect()
}

fn owned(texts: &[Cow<'_, [u8]>]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.to_vec()).collect()
}

fn with_cause(error: &ConfigError) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn text_of(source: &PemSource) -> Result<Cow<'_, [u8]>, ConfigError> {
    match source {
        PemSource::Text(text) => Ok(Cow::Borrowed(text)),
        PemSource::File(path) => {
            fs::read(path)
                .map(Cow::Owned)
                .map_err(|source| ConfigError::CertificateFile {
                    path: path.clone(),
                    source,
                })
        }
    }
}
