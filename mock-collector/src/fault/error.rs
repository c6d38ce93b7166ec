//! What is wrong with a fault.

/// A fault that cannot be meant: it names the key, its value and what is allowed there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}: {value}` is not possible: expected {expected}")]
pub struct InvalidFault {
    key: String,
    value: String,
    expected: String,
}

impl InvalidFault {
    pub(crate) fn new(key: &str, value: impl std::fmt::Display, expected: &str) -> Self {
        Self {
            key: key.to_owned(),
            value: value.to_string(),
            expected: expected.to_owned(),
        }
    }

    /// The key, as it is written in a file: `attempt`, `probability`, ...
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The value that it had.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What is allowed there.
    pub fn expected(&self) -> &str {
        &self.expected
    }
}
