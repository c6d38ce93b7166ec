//! The secret that lets a client in.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The secret that lets a client in: `Authorization: Bearer` and this.
///
/// Only its hash is kept, so that nothing that prints this can print it.
#[derive(Clone)]
pub struct ControlToken([u8; 32]);

/// A text that cannot be a token. It does not say which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the control token must be letters, digits and other visible ASCII characters, without spaces"
)]
pub struct InvalidToken;

impl ControlToken {
    /// The token with this text: one or more visible ASCII characters, which a header can carry.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] where the text is empty or has other characters.
    pub fn try_new(text: &str) -> Result<Self, InvalidToken> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidToken);
        }
        Ok(Self(hash(text.as_bytes())))
    }

    /// Whether this is the token. It takes the same time whatever is wrong, the length included.
    pub(super) fn is(&self, offered: &[u8]) -> bool {
        self.0.ct_eq(&hash(offered)).into()
    }
}

impl fmt::Debug for ControlToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ControlToken(..)")
    }
}

fn hash(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_text_is_the_token() {
        let token = ControlToken::try_new("correct-horse").expect("a token");
        assert!(token.is(b"correct-horse"));
        for wrong in ["", "correct-hors", "correct-horse ", "correct-horsf"] {
            assert!(!token.is(wrong.as_bytes()), "{wrong}");
        }
    }

    #[test]
    fn what_no_header_can_carry_is_no_token() {
        for text in ["", " ", "a b", "a\n", "\u{e9}"] {
            assert_eq!(
                ControlToken::try_new(text).err(),
                Some(InvalidToken),
                "{text:?}"
            );
        }
    }

    #[test]
    fn nothing_that_prints_it_prints_it() {
        let token = ControlToken::try_new("correct-horse").expect("a token");
        assert_eq!(format!("{token:?}"), "ControlToken(..)");
    }
}
