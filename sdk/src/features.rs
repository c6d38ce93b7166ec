//! What can be left out of this crate, and what was.

use std::fmt::{Display, Write as _};

use crate::compression::Compression;
use crate::config_error::ConfigError;
use crate::protocol::Protocol;

/// A feature of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Feature {
    /// As it stands in a manifest.
    pub(crate) name: &'static str,
    /// Whether this build has it.
    pub(crate) is_here: bool,
}

/// `https`.
pub(crate) const TLS: Feature = Feature {
    name: "tls",
    is_here: cfg!(feature = "tls"),
};

const GRPC: Feature = Feature {
    name: "grpc",
    is_here: cfg!(feature = "grpc"),
};

const HTTP: Feature = Feature {
    name: "http",
    is_here: cfg!(feature = "http"),
};

const GZIP: Feature = Feature {
    name: "gzip",
    is_here: cfg!(feature = "gzip"),
};

impl Feature {
    /// Fails where `what` was asked for and this build does not have it.
    pub(crate) fn needed_for(self, what: impl Display) -> Result<(), ConfigError> {
        if self.is_here {
            return Ok(());
        }
        Err(self.missing_for(what))
    }

    /// The error of asking for `what` where it is not here.
    pub(crate) fn missing_for(self, what: impl Display) -> ConfigError {
        ConfigError::MissingFeature {
            what: what.to_string(),
            feature: self.name,
        }
    }
}

impl Protocol {
    /// Where it is spoken.
    pub(crate) const fn feature(self) -> Feature {
        match self {
            Self::Grpc => GRPC,
            Self::HttpProtobuf | Self::HttpJson => HTTP,
        }
    }
}

impl Compression {
    /// Where it is done. No compression needs nothing.
    pub(crate) const fn feature(self) -> Option<Feature> {
        match self {
            Self::None => None,
            Self::Gzip => Some(GZIP),
        }
    }
}

/// Which of `all` this build can use, and what the others need, in words.
pub(crate) fn usable<T: Display>(all: &[T], feature: impl Fn(&T) -> Option<Feature>) -> String {
    let mut here = Vec::new();
    let mut text = String::new();
    for one in all {
        match feature(one) {
            Some(Feature {
                name,
                is_here: false,
            }) => {
                // Writing to memory cannot fail.
                let _ = write!(
                    text,
                    "; with the feature `{name}` of otelbox-sdk also {one}"
                );
            }
            _ => here.push(one.to_string()),
        }
    }
    let before = match here.as_slice() {
        [] => "none in this build".to_owned(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    };
    before + &text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABSENT: Feature = Feature {
        name: "zstd",
        is_here: false,
    };

    #[test]
    fn what_was_left_out_is_an_error_that_names_the_feature() {
        assert!(GRPC.needed_for("protocol grpc").is_ok());
        let error = ABSENT.needed_for("compression zstd").expect_err("not here");
        assert_eq!(
            error.to_string(),
            "compression zstd needs the feature `zstd` of otelbox-sdk"
        );
    }

    #[test]
    fn what_can_be_used_comes_first_and_then_what_the_rest_needs() {
        let all = usable(&Protocol::ALL, |protocol| Some(protocol.feature()));
        assert_eq!(all, "grpc, http/protobuf or http/json");
        let some = usable(&["none", "zstd"], |name| {
            (*name == "zstd").then_some(ABSENT)
        });
        assert_eq!(
            some,
            "none; with the feature `zstd` of otelbox-sdk also zstd"
        );
        let none = usable(&["zstd"], |_| Some(ABSENT));
        assert_eq!(
            none,
            "none in this build; with the feature `zstd` of otelbox-sdk also zstd"
        );
    }
}
