//! The process that a worker was built in.

use super::Refusal;

/// Tells when a worker is used in a child of the process that built it.
///
/// `fork` copies memory, not threads: in the child the worker's thread does not exist and its connections belong to two
/// processes. So a provider is to be built after the fork, in each child.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HomeProcess {
    built_in: u32,
    current: fn() -> u32,
}

impl HomeProcess {
    /// This process.
    pub(crate) fn this() -> Self {
        Self {
            built_in: std::process::id(),
            current: std::process::id,
        }
    }

    /// A process that is not this one.
    #[cfg(test)]
    pub(crate) fn another() -> Self {
        Self {
            built_in: 100,
            current: || 101,
        }
    }

    /// Whether this still is the process.
    pub(crate) fn check(self) -> Result<(), Refusal> {
        let current = (self.current)();
        if current == self.built_in {
            return Ok(());
        }
        Err(Refusal::Forked {
            built_in: self.built_in,
            current,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_told_apart() {
        assert!(HomeProcess::this().check().is_ok());
        let refusal = HomeProcess::another().check().expect_err("another process");
        let (built_in, current) = (100, 101);
        assert_eq!(refusal, Refusal::Forked { built_in, current });
    }
}
