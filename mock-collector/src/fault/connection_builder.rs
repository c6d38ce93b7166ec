//! The words with which faults on connections are written in Rust.

use std::time::Duration;

use super::{
    Action, Bandwidth, CloseAfter, ConnectionFault, Direction, EndBy, HalfClose, Http2Settings,
    MaxConnectionAge, PingStorm, Slice, SlowClose, TlsAlpn, TlsCertificate, TlsClientCertificate,
    TlsHandshake,
};

/// Accept connections, and neither read from nor write to them.
pub fn stall() -> ConnectionFault {
    ConnectionFault::Stall
}

/// Let no more bytes pass in a second, in this direction or (`None`) in each of both.
pub fn bandwidth(
    bytes_per_second: u64,
    direction: impl Into<Option<Direction>>,
) -> ConnectionFault {
    ConnectionFault::Bandwidth(Bandwidth {
        bytes_per_second,
        direction: direction.into(),
    })
}

/// Send in pieces of so many bytes, with a pause after each.
pub fn slice(bytes: u64, every: Duration) -> ConnectionFault {
    ConnectionFault::Slice(Slice { bytes, every })
}

/// End connections when so many bytes have passed.
pub fn close_after(bytes: u64, direction: Direction, by: EndBy) -> ConnectionFault {
    ConnectionFault::CloseAfter(CloseAfter {
        bytes,
        direction,
        by,
    })
}

/// End the collector's sending side after so many bytes, and read on.
pub fn half_close(after_bytes: u64) -> ConnectionFault {
    ConnectionFault::HalfClose(HalfClose { after_bytes })
}

/// Wait before the collector's end of a connection is closed.
pub fn slow_close(wait: Duration) -> ConnectionFault {
    ConnectionFault::SlowClose(SlowClose { wait })
}

/// Use these settings of HTTP/2.
pub fn http2_settings(settings: Http2Settings) -> ConnectionFault {
    ConnectionFault::Http2Settings(settings)
}

/// Send so many PING frames.
pub fn ping_storm(count: u64, every: Duration) -> ConnectionFault {
    ConnectionFault::PingStorm(PingStorm { every, count })
}

/// Never acknowledge PING frames.
pub fn ignore_pings() -> ConnectionFault {
    ConnectionFault::IgnorePings
}

/// Give connections up in good order at this age, and close them so much later, whatever is in progress; with `None` never.
pub fn max_connection_age(age: Duration, grace: impl Into<Option<Duration>>) -> ConnectionFault {
    ConnectionFault::MaxConnectionAge(MaxConnectionAge {
        age,
        grace: grace.into(),
    })
}

/// Show this certificate.
pub fn tls_certificate(certificate: TlsCertificate) -> ConnectionFault {
    ConnectionFault::TlsCertificate(certificate)
}

/// Take this by ALPN.
pub fn tls_alpn(alpn: TlsAlpn) -> ConnectionFault {
    ConnectionFault::TlsAlpn(alpn)
}

/// Do this in place of a handshake.
pub fn tls_handshake(handshake: TlsHandshake) -> ConnectionFault {
    ConnectionFault::TlsHandshake(handshake)
}

/// Ask the client who it is, or do not.
pub fn tls_client_certificate(asked: TlsClientCertificate) -> ConnectionFault {
    ConnectionFault::TlsClientCertificate(asked)
}

/// Answer plain text with a TLS alert.
pub fn tls_alert() -> ConnectionFault {
    ConnectionFault::TlsAlert
}

impl From<ConnectionFault> for Action {
    fn from(fault: ConnectionFault) -> Self {
        Self::Connection(fault)
    }
}
