//! The conditions of one connection: what faults ask of it, put together.

use super::connection::ConnectionFault;
use super::{
    Bandwidth, CloseAfter, Direction, HalfClose, Http2Settings, MaxConnectionAge, PingStorm, Slice,
    SlowClose, TlsAlpn, TlsCertificate, TlsClientCertificate, TlsHandshake,
};

/// What faults ask of one connection, an aspect each. The default asks for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    pub(crate) stall: Option<()>,
    pub(crate) received_per_second: Option<u64>,
    pub(crate) sent_per_second: Option<u64>,
    pub(crate) slice: Option<Slice>,
    pub(crate) close_after: Option<CloseAfter>,
    pub(crate) half_close: Option<HalfClose>,
    pub(crate) slow_close: Option<SlowClose>,
    pub(crate) http2_settings: Option<Http2Settings>,
    pub(crate) ping_storm: Option<PingStorm>,
    pub(crate) ignore_pings: Option<()>,
    pub(crate) max_age: Option<MaxConnectionAge>,
    pub(crate) tls: TlsConditions,
    pub(crate) tls_alert: Option<()>,
}

/// What faults ask of the handshake of one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TlsConditions {
    pub(crate) certificate: Option<TlsCertificate>,
    pub(crate) alpn: Option<TlsAlpn>,
    pub(crate) handshake: Option<TlsHandshake>,
    pub(crate) client_certificate: Option<TlsClientCertificate>,
}

impl Conditions {
    /// Adds what a fault asks for, unless an earlier one has said all there is to say about its aspect; whether it did.
    pub(crate) fn add(&mut self, fault: &ConnectionFault) -> bool {
        match *fault {
            ConnectionFault::Stall => set(&mut self.stall, ()),
            ConnectionFault::Bandwidth(bandwidth) => self.add_bandwidth(bandwidth),
            ConnectionFault::Slice(slice) => set(&mut self.slice, slice),
            ConnectionFault::CloseAfter(close) => set(&mut self.close_after, close),
            ConnectionFault::HalfClose(close) => set(&mut self.half_close, close),
            ConnectionFault::SlowClose(close) => set(&mut self.slow_close, close),
            ConnectionFault::Http2Settings(settings) => set(&mut self.http2_settings, settings),
            ConnectionFault::PingStorm(storm) => set(&mut self.ping_storm, storm),
            ConnectionFault::IgnorePings => set(&mut self.ignore_pings, ()),
            ConnectionFault::MaxConnectionAge(age) => set(&mut self.max_age, age),
            ConnectionFault::TlsCertificate(shown) => set(&mut self.tls.certificate, shown),
            ConnectionFault::TlsAlpn(alpn) => set(&mut self.tls.alpn, alpn),
            ConnectionFault::TlsHandshake(handshake) => set(&mut self.tls.handshake, handshake),
            ConnectionFault::TlsClientCertificate(asked) => {
                set(&mut self.tls.client_certificate, asked)
            }
            ConnectionFault::TlsAlert => set(&mut self.tls_alert, ()),
        }
    }

    fn add_bandwidth(&mut self, bandwidth: Bandwidth) -> bool {
        let rate = bandwidth.bytes_per_second;
        match bandwidth.direction {
            Some(Direction::Received) => set(&mut self.received_per_second, rate),
            Some(Direction::Sent) => set(&mut self.sent_per_second, rate),
            // Not `||`: both have to be tried.
            None => set(&mut self.received_per_second, rate) | set(&mut self.sent_per_second, rate),
        }
    }

    /// Whether bytes do not pass as they come.
    pub(crate) const fn shape_bytes(&self) -> bool {
        self.received_per_second.is_some()
            || self.close_after.is_some()
            || self.slow_close.is_some()
            || self.delay_or_cut_answers()
    }

    /// Whether an answer that the HTTP implementation has taken may be sent late, in part, or not at all.
    pub(crate) const fn delay_or_cut_answers(&self) -> bool {
        self.sent_per_second.is_some()
            || self.slice.is_some()
            || self.half_close.is_some()
            || matches!(
                self.close_after,
                Some(CloseAfter {
                    direction: Direction::Sent,
                    ..
                })
            )
    }
}

fn set<T>(aspect: &mut Option<T>, value: T) -> bool {
    let free = aspect.is_none();
    if free {
        *aspect = Some(value);
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bandwidth(bytes_per_second: u64, direction: Option<Direction>) -> ConnectionFault {
        ConnectionFault::Bandwidth(Bandwidth {
            bytes_per_second,
            direction,
        })
    }

    #[test]
    fn the_first_of_each_aspect_applies() {
        let mut conditions = Conditions::default();
        assert!(conditions.add(&bandwidth(1, Some(Direction::Sent))));
        assert!(!conditions.add(&bandwidth(2, Some(Direction::Sent))));
        assert!(conditions.add(&bandwidth(3, None)), "one way is left");
        assert!(!conditions.add(&bandwidth(4, None)));
        assert!(conditions.add(&ConnectionFault::IgnorePings));
        assert!(!conditions.add(&ConnectionFault::IgnorePings));
        assert_eq!(
            (conditions.sent_per_second, conditions.received_per_second),
            (Some(1), Some(3))
        );
    }
}
