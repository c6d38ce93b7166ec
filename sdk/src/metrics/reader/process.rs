//! The process that a reader was built in.

use super::error::ReaderError;

/// Tells when a reader is used in a child of the process that built it.
///
/// `fork` copies memory, not threads: in the child the reader's thread does not exist and its connections belong to two
/// processes. So a provider is to be built after the fork, in each worker.
#[derive(Clone, Copy, Debug)]
pub(super) struct HomeProcess {
    built_in: u32,
    current: fn() -> u32,
}

impl HomeProcess {
    /// This process.
    pub(super) fn this() -> Self {
        Self {
            built_in: std::process::id(),
            current: std::process::id,
        }
    }

    /// A process that is not this one.
    #[cfg(test)]
    pub(super) fn another() -> Self {
        Self {
            built_in: 100,
            current: || 101,
        }
    }

    /// Whether this still is the process.
    pub(super) fn check(self) -> Result<(), ReaderError> {
        let current = (self.current)();
        if current == self.built_in {
            return Ok(());
        }
        Err(ReaderError::Forked {
            built_in: self.built_in,
            current,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_told_what_to_do() {
        assert!(HomeProcess::this().check().is_ok());
        let error = HomeProcess::another().check().expect_err("another process");
        assert_eq!(
            error.to_string(),
            "the reader was built in process 100 and is used in process 101, where its thread does not exist: build \
             the provider after the fork, in each worker"
        );
    }
}
