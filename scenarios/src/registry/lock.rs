//! A lock on an installation: many may use it, or one may change it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

/// A lock that is held until this value is dropped, or the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// To use it, together with others. `None` while somebody changes it.
    pub(super) fn shared(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        taken(file.try_lock_shared()).map(|taken| taken.then_some(Self { file }))
    }

    /// To change it. `None` while somebody uses or changes it.
    pub(super) fn exclusive(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        taken(file.try_lock()).map(|taken| taken.then_some(Self { file }))
    }

    /// Gives the lock back and takes it again, to use what was changed. In between, somebody else may have it.
    pub(super) fn shared_instead(self) -> io::Result<Option<Self>> {
        self.file.unlock()?;
        taken(self.file.try_lock_shared()).map(|taken| taken.then_some(self))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is just being started has it open until its program begins. An error
        // leaves the lock to that.
        let _ = self.file.unlock();
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
}

fn taken(result: Result<(), TryLockError>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_may_use_what_nobody_changes() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("suts").join("x.lock");
        let first = Lock::shared(&path).expect("a lock file").expect("free");
        let second = Lock::shared(&path).expect("a lock file").expect("shared");
        assert!(Lock::exclusive(&path).expect("a lock file").is_none());
        drop((first, second));
        let changing = Lock::exclusive(&path).expect("a lock file").expect("free");
        assert!(Lock::shared(&path).expect("a lock file").is_none());
        let using = changing
            .shared_instead()
            .expect("a lock file")
            .expect("free");
        assert!(Lock::shared(&path).expect("a lock file").is_some());
        drop(using);
    }
}
