//! Where installations are kept.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

/// The variable that names the cache directory.
const CACHE_VARIABLE: &str = "OTELBOX_CACHE";

/// A directory with one folder for each system under test that was installed. Nothing in it is worth keeping: all of it
/// can be made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

/// There is no place for a cache.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this user has no home directory, so there is no place for a cache")]
#[non_exhaustive]
pub struct CacheError;

impl Cache {
    /// The directory that `OTELBOX_CACHE` names, else `otelbox` in the cache directory of the user's platform. It need
    /// not exist.
    ///
    /// # Errors
    ///
    /// [`CacheError`] where neither is known.
    pub fn of_user() -> Result<Self, CacheError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "where this program keeps its files is no matter of the SDK"
        )]
        let chosen = std::env::var_os(CACHE_VARIABLE).filter(|value| !value.is_empty());
        if let Some(chosen) = chosen {
            // A relative path would mean another place for each program that is started with another directory.
            return Ok(Self::at(
                std::path::absolute(&chosen).unwrap_or_else(|_| chosen.into()),
            ));
        }
        let platform = etcetera::choose_base_strategy().map_err(|_| CacheError)?;
        Ok(Self::at(platform.cache_dir().join("otelbox")))
    }

    /// The cache in this directory.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of one system under test.
    pub fn home(&self, sut: &str) -> PathBuf {
        self.root.join("suts").join(sut)
    }

    /// The file that is locked while that folder is read or written.
    pub(super) fn lock(&self, sut: &str) -> PathBuf {
        self.root.join("suts").join(format!("{sut}.lock"))
    }
}
