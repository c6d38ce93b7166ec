//! What is installed of a system under test, and whether it may be used.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobSetBuilder};
use sha2::{Digest as _, Sha256};

use super::cache::Cache;
use super::entry::SutEntry;
use super::lock::Lock;

/// The file that says what a whole installation was made from. It is written last.
const STAMP: &str = ".made-from";

/// The file with the names of the driver's files, one a line.
const UNPACKED: &str = ".unpacked";

/// How often a lock is tried for that others take at the same time.
const TRIES: usize = 20;

/// The installation of one system under test in a cache.
#[derive(Clone, Debug)]
pub struct Installation<'a> {
    pub(super) entry: &'a SutEntry,
    home: PathBuf,
    lock: PathBuf,
}

/// An installation that is whole, and that nobody changes while this value is there.
#[derive(Debug)]
pub struct InUse {
    _lock: Lock,
}

/// Why an installation cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallationError {
    /// It is not there, or not whole.
    #[error("{sut} is not installed")]
    Missing {
        /// The system under test.
        sut: String,
    },
    /// It was made from other pins or by other commands than those of this program.
    #[error("the installation of {sut} is out of date")]
    Outdated {
        /// The system under test.
        sut: String,
    },
    /// Another process installs it, or runs another version of its driver.
    #[error(
        "{sut} is being installed, or used with another version of its driver, by another process"
    )]
    Busy {
        /// The system under test.
        sut: String,
    },
    /// A file cannot be read or written.
    #[error("cannot use {}", path.display())]
    Files {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl<'a> Installation<'a> {
    /// That of `entry` in `cache`, be it there or not.
    pub fn of(entry: &'a SutEntry, cache: &Cache) -> Self {
        Self {
            entry,
            home: cache.home(&entry.name),
            lock: cache.lock(&entry.name),
        }
    }

    /// The folder that it is made in.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The folder with the files of the driver.
    pub fn driver(&self) -> PathBuf {
        self.home.join("files")
    }

    /// Whether it is whole, and made from the pins and by the commands of this program.
    ///
    /// # Errors
    ///
    /// [`InstallationError::Missing`] and [`InstallationError::Outdated`].
    pub fn check(&self) -> Result<(), InstallationError> {
        if self.entry.install.is_empty() {
            return Ok(());
        }
        match fs::read_to_string(self.home.join(STAMP)) {
            Ok(stamp) if stamp.trim() == self.digest() => Ok(()),
            Ok(_) => Err(InstallationError::Outdated {
                sut: self.entry.name.clone(),
            }),
            Err(_) => Err(InstallationError::Missing {
                sut: self.entry.name.clone(),
            }),
        }
    }

    /// Makes sure that it is whole and stays so, and that the files of the driver are those of this program.
    ///
    /// # Errors
    ///
    /// All of [`InstallationError`].
    pub fn open(&self) -> Result<InUse, InstallationError> {
        let unlocked = |source| files_error(&self.lock, source);
        for _ in 0..TRIES {
            let Some(lock) = Lock::shared(&self.lock).map_err(unlocked)? else {
                return Err(self.busy());
            };
            self.check()?;
            if self.is_unpacked() {
                return Ok(InUse { _lock: lock });
            }
            drop(lock);
            // Somebody who opens it in this moment wants the same files, and is soon done.
            let Some(lock) = Lock::exclusive(&self.lock).map_err(unlocked)? else {
                std::thread::yield_now();
                continue;
            };
            self.check()?;
            self.unpack()?;
            if let Some(lock) = lock.shared_instead().map_err(unlocked)?
                && self.is_unpacked()
            {
                return Ok(InUse { _lock: lock });
            }
        }
        Err(self.busy())
    }

    /// What it is made from, as one word: pins, commands and variables.
    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |part: &[u8]| {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        };
        for command in &self.entry.install {
            add(b"command");
            for word in command {
                add(word.as_bytes());
            }
        }
        for (name, value) in &self.entry.env {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        for (path, contents) in self.pinned() {
            add(path.as_bytes());
            add(contents);
        }
        let mut word = String::new();
        for byte in hash.finalize() {
            // Writing to a string cannot fail.
            let _ = write!(word, "{byte:02x}");
        }
        word
    }

    fn pinned(&self) -> Vec<(String, &'static [u8])> {
        let mut pins = GlobSetBuilder::new();
        for glob in self.entry.pins.iter().filter_map(|pin| Glob::new(pin).ok()) {
            pins.add(glob);
        }
        let pins = pins.build().unwrap_or_default();
        let mut files = self.entry.files();
        files.retain(|(path, _)| pins.is_match(path));
        files
    }

    /// Takes the lock to change it.
    pub(super) fn change(&self) -> Result<Lock, InstallationError> {
        Lock::exclusive(&self.lock)
            .map_err(|source| files_error(&self.lock, source))?
            .ok_or_else(|| self.busy())
    }

    /// Removes all of it, the stamp first.
    pub(super) fn clear(&self) -> Result<(), InstallationError> {
        for gone in [
            fs::remove_file(self.home.join(STAMP)),
            fs::remove_dir_all(&self.home),
        ] {
            match gone {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(files_error(&self.home, source));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Says that it is whole.
    pub(super) fn stamp(&self) -> Result<(), InstallationError> {
        write(&self.home.join(STAMP), self.digest().as_bytes())
    }

    /// Whether the driver's files are those of this program.
    fn is_unpacked(&self) -> bool {
        let folder = self.driver();
        let files = self.entry.files();
        self.unpacked()
            .iter()
            .eq(files.iter().map(|(path, _)| path))
            && files.iter().all(|(path, contents)| {
                fs::read(folder.join(path)).is_ok_and(|there| there == *contents)
            })
    }

    /// The names of the driver's files that were written the last time.
    fn unpacked(&self) -> Vec<String> {
        fs::read_to_string(self.home.join(UNPACKED))
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Writes the driver's files, and removes those that it does not have any more. What else is in its folder stays.
    pub(super) fn unpack(&self) -> Result<(), InstallationError> {
        let folder = self.driver();
        let files = self.entry.files();
        let names: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        for old in self.unpacked() {
            if !names.contains(&old.as_str()) {
                // If it is gone already, all the better; if it stays, it was written by an older version of this program.
                drop(fs::remove_file(folder.join(old)));
            }
        }
        write(&self.home.join(UNPACKED), names.join("\n").as_bytes())?;
        for (path, contents) in files {
            write(&folder.join(path), contents)?;
        }
        Ok(())
    }

    fn busy(&self) -> InstallationError {
        InstallationError::Busy {
            sut: self.entry.name.clone(),
        }
    }
}

fn files_error(path: &Path, source: io::Error) -> InstallationError {
    InstallationError::Files {
        path: path.to_owned(),
        source,
    }
}

/// Writes a file, with the folders above it.
fn write(path: &Path, contents: &[u8]) -> Result<(), InstallationError> {
    let failed = |source| files_error(path, source);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, contents).map_err(failed)
}
