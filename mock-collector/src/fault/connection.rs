//! What is done to a connection as a whole, for as long as it lives.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::MapAccess;

use super::{
    Bandwidth, CloseAfter, HalfClose, Http2Settings, InvalidFault, MaxConnectionAge, PingStorm,
    Slice, SlowClose, TlsAlpn, TlsCertificate, TlsClientCertificate, TlsHandshake,
};

/// What is done to a connection as a whole, for as long as it lives.
///
/// Each is one aspect of a connection, and the first fault of each aspect that matches applies: several compose on one
/// connection, and none of them hides a fault on a request. They are known only by `window` and `connection`, which are
/// looked at once: when the connection is made, or, for those of HTTP/2, when it turns out to speak HTTP/2. Such a fault
/// fires on each connection to which it applies, whether or not the connection lives long enough for anybody to notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionFault {
    /// The connection is accepted, and then neither read from nor written to.
    Stall,
    /// Bytes pass no faster than this.
    Bandwidth(Bandwidth),
    /// What is sent leaves in small pieces, with a pause after each.
    Slice(Slice),
    /// The connection ends when so many bytes have passed.
    CloseAfter(CloseAfter),
    /// The collector ends its sending side and reads on: answers are lost.
    HalfClose(HalfClose),
    /// The collector's end of the connection stays open for a while after the connection is over.
    SlowClose(SlowClose),
    /// Other settings of HTTP/2 than the usual ones.
    Http2Settings(Http2Settings),
    /// Many PING frames.
    PingStorm(PingStorm),
    /// PING frames of the client are never acknowledged. All other frames are.
    IgnorePings,
    /// The connection is given up in good order when it is old.
    MaxConnectionAge(MaxConnectionAge),
    /// Another certificate than the collector's own. Only where TLS is spoken.
    TlsCertificate(TlsCertificate),
    /// Other protocols than the usual ones are agreed on by ALPN. Only where TLS is spoken.
    TlsAlpn(TlsAlpn),
    /// What becomes of the handshake. Only where TLS is spoken.
    TlsHandshake(TlsHandshake),
    /// Whether the client has to say who it is. Only where TLS is spoken.
    TlsClientCertificate(TlsClientCertificate),
    /// A TLS alert is the answer to the first bytes of the client. Only where plain text is spoken.
    TlsAlert,
}

/// What has to be known of a connection before a fault can apply to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nothing: it is there.
    Accepted,
    /// That it speaks HTTP/2.
    Http2,
}

impl ConnectionFault {
    /// The word for it in files and in the journal.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Stall => "stall",
            Self::Bandwidth(_) => "bandwidth",
            Self::Slice(_) => "slice",
            Self::CloseAfter(_) => "close_after",
            Self::HalfClose(_) => "half_close",
            Self::SlowClose(_) => "slow_close",
            Self::Http2Settings(_) => "http2_settings",
            Self::PingStorm(_) => "ping_storm",
            Self::IgnorePings => "ignore_pings",
            Self::MaxConnectionAge(_) => "max_connection_age",
            Self::TlsCertificate(_) => "tls_certificate",
            Self::TlsAlpn(_) => "tls_alpn",
            Self::TlsHandshake(_) => "tls_handshake",
            Self::TlsClientCertificate(_) => "tls_client_certificate",
            Self::TlsAlert => "tls_alert",
        }
    }

    /// The one that is written as this word alone, if there is one.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word {
            "stall" => Some(Self::Stall),
            "half_close" => Some(Self::HalfClose(HalfClose::default())),
            "ping_storm" => Some(Self::PingStorm(PingStorm::default())),
            "ignore_pings" => Some(Self::IgnorePings),
            "tls_alert" => Some(Self::TlsAlert),
            _ => None,
        }
    }

    /// The one that is written as this key and the value that comes next; `None` where no such thing is.
    pub(super) fn from_entry<'de, A: MapAccess<'de>>(
        key: &str,
        map: &mut A,
    ) -> Result<Option<Self>, A::Error> {
        Ok(Some(match key {
            "bandwidth" => Self::Bandwidth(map.next_value()?),
            "slice" => Self::Slice(map.next_value()?),
            "close_after" => Self::CloseAfter(map.next_value()?),
            "half_close" => Self::HalfClose(map.next_value()?),
            "slow_close" => Self::SlowClose(map.next_value()?),
            "http2_settings" => Self::Http2Settings(map.next_value()?),
            "ping_storm" => Self::PingStorm(map.next_value()?),
            "max_connection_age" => Self::MaxConnectionAge(map.next_value()?),
            "tls_certificate" => Self::TlsCertificate(map.next_value()?),
            "tls_alpn" => Self::TlsAlpn(map.next_value()?),
            "tls_handshake" => Self::TlsHandshake(map.next_value()?),
            "tls_client_certificate" => Self::TlsClientCertificate(map.next_value()?),
            _ => return Ok(None),
        }))
    }

    /// When it can be known whether it applies.
    pub(crate) const fn moment(&self) -> Moment {
        match self {
            Self::Http2Settings(_) | Self::PingStorm(_) | Self::IgnorePings => Moment::Http2,
            Self::Stall
            | Self::Bandwidth(_)
            | Self::Slice(_)
            | Self::CloseAfter(_)
            | Self::HalfClose(_)
            | Self::SlowClose(_)
            | Self::MaxConnectionAge(_)
            | Self::TlsCertificate(_)
            | Self::TlsAlpn(_)
            | Self::TlsHandshake(_)
            | Self::TlsClientCertificate(_)
            | Self::TlsAlert => Moment::Accepted,
        }
    }

    /// Whether it has something to say where TLS is spoken, or where it is not.
    pub(crate) const fn applies_to(&self, tls: bool) -> bool {
        match self {
            Self::TlsCertificate(_)
            | Self::TlsAlpn(_)
            | Self::TlsHandshake(_)
            | Self::TlsClientCertificate(_) => tls,
            Self::TlsAlert => !tls,
            Self::Stall
            | Self::Bandwidth(_)
            | Self::Slice(_)
            | Self::CloseAfter(_)
            | Self::HalfClose(_)
            | Self::SlowClose(_)
            | Self::Http2Settings(_)
            | Self::PingStorm(_)
            | Self::IgnorePings
            | Self::MaxConnectionAge(_) => true,
        }
    }

    /// Whether it acts on bytes as they are passed, whatever they say: all else is about what this side would say itself.
    pub(super) const fn acts_on_bytes(&self) -> bool {
        match self {
            Self::Stall
            | Self::Bandwidth(_)
            | Self::Slice(_)
            | Self::CloseAfter(_)
            | Self::HalfClose(_)
            | Self::SlowClose(_) => true,
            Self::Http2Settings(_)
            | Self::PingStorm(_)
            | Self::IgnorePings
            | Self::MaxConnectionAge(_)
            | Self::TlsCertificate(_)
            | Self::TlsAlpn(_)
            | Self::TlsHandshake(_)
            | Self::TlsClientCertificate(_)
            | Self::TlsAlert => false,
        }
    }

    pub(super) fn validate(&self) -> Result<(), InvalidFault> {
        match self {
            Self::Bandwidth(bandwidth) => bandwidth.validate(),
            Self::Slice(slice) => slice.validate(),
            Self::CloseAfter(close) => close.validate(),
            Self::SlowClose(close) => close.validate(),
            Self::Http2Settings(settings) => settings.validate(),
            Self::PingStorm(storm) => storm.validate(),
            Self::MaxConnectionAge(age) => age.validate(),
            Self::Stall
            | Self::HalfClose(_)
            | Self::IgnorePings
            | Self::TlsCertificate(_)
            | Self::TlsAlpn(_)
            | Self::TlsHandshake(_)
            | Self::TlsClientCertificate(_)
            | Self::TlsAlert => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_written_and_read_under_the_same_word() {
        let mut words = 0;
        for description in crate::fault::catalog() {
            let fault: crate::Fault = serde_saphyr::from_str(description.example).expect("a fault");
            let crate::Action::Connection(fault) = fault.then else {
                continue;
            };
            words += 1;
            assert_eq!(fault.name(), description.name);
            let written = serde_json::to_value(fault).expect("JSON");
            let key = written
                .as_str()
                .or_else(|| Some(written.as_object()?.keys().next()?.as_str()));
            assert_eq!(key, Some(description.name));
        }
        assert_eq!(words, 15);
    }
}
