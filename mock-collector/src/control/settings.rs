//! Where the control API listens, and for whom.

use std::net::SocketAddr;

use super::token::ControlToken;

/// Where the control API listens, and for whom.
#[derive(Clone, Debug)]
pub struct ControlSettings {
    pub(super) address: SocketAddr,
    pub(super) token: Option<ControlToken>,
}

/// An address that others than this machine reach, and no token to tell them apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("others than this machine can reach {address}, and there is no token that they would need")]
pub struct NeedsToken {
    address: SocketAddr,
}

impl ControlSettings {
    /// At this address (port 0 takes a free one), for whoever has this token; without one, for everybody on this machine.
    ///
    /// # Errors
    ///
    /// [`NeedsToken`] for an address that is not of the loopback interface, where there is no token.
    pub fn try_new(address: SocketAddr, token: Option<ControlToken>) -> Result<Self, NeedsToken> {
        if token.is_none() && !address.ip().to_canonical().is_loopback() {
            return Err(NeedsToken { address });
        }
        Ok(Self { address, token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_token_only_this_machine_is_let_in() {
        let settings = |address: &str, token: Option<&str>| {
            let token = token.map(|text| ControlToken::try_new(text).expect("a token"));
            ControlSettings::try_new(address.parse().expect("an address"), token)
        };
        for loopback in [
            "127.0.0.1:1",
            "127.9.9.9:1",
            "[::1]:1",
            "[::ffff:127.0.0.1]:1",
        ] {
            assert!(settings(loopback, None).is_ok(), "{loopback}");
        }
        for open in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1"] {
            assert!(settings(open, None).is_err(), "{open}");
            assert!(settings(open, Some("secret")).is_ok(), "{open}");
        }
    }
}
