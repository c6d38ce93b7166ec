//! Random faults on whole connections, for as long as they live.

use std::time::Duration;

use otelbox_mock_collector::Protocol;
use otelbox_mock_collector::fault::{
    Action, Bandwidth, CloseAfter, ConnectionFault, Direction, EndBy, Fault, HalfClose,
    Http2Settings, MaxConnectionAge, PingStorm, Slice, SlowClose, TlsAlpn, TlsCertificate,
    TlsClientCertificate, TlsHandshake,
};
use proptest::prelude::*;
use proptest::sample::select;

use super::faults::{fault_on_connections, odd};

/// What happens to a connection, whether or not it is secured.
pub(super) fn shaping() -> impl Strategy<Value = ConnectionFault> {
    prop_oneof![
        1 => Just(ConnectionFault::Stall),
        2 => (rate(), prop::option::of(direction())).prop_map(|(bytes_per_second, direction)| {
            ConnectionFault::Bandwidth(Bandwidth {
                bytes_per_second,
                direction,
            })
        }),
        2 => (8_u64..=200, 1_u64..=103).prop_map(|(bytes, millis)| {
            ConnectionFault::Slice(Slice {
                bytes,
                every: Duration::from_millis(millis),
            })
        }),
        2 => (1_u64..=1_500, direction(), select(vec![EndBy::Close, EndBy::Reset])).prop_map(
            |(bytes, direction, by)| ConnectionFault::CloseAfter(CloseAfter {
                bytes,
                direction,
                by,
            }),
        ),
        2 => (0_u64..=400).prop_map(|after_bytes| ConnectionFault::HalfClose(HalfClose { after_bytes })),
        1 => odd(100).prop_map(|wait| ConnectionFault::SlowClose(SlowClose { wait })),
        2 => (odd(200), prop::option::of(odd(50))).prop_map(|(age, grace)| {
            ConnectionFault::MaxConnectionAge(MaxConnectionAge { age, grace })
        }),
        1 => Just(ConnectionFault::TlsAlert),
        5 => of_http2(),
    ]
}

fn of_http2() -> impl Strategy<Value = ConnectionFault> {
    prop_oneof![
        2 => settings(),
        1 => (1_u64..=400, 1_u64..=60).prop_map(|(millis, count)| ConnectionFault::PingStorm(PingStorm {
            every: Duration::from_millis(millis),
            count,
        })),
        1 => Just(ConnectionFault::IgnorePings),
    ]
}

/// One setting: the others are as usual.
fn settings() -> impl Strategy<Value = ConnectionFault> {
    prop_oneof![
        (0_u32..=2).prop_map(|streams| Http2Settings {
            max_concurrent_streams: Some(streams),
            ..Http2Settings::default()
        }),
        select(vec![0, 1, 64, 1_024, 65_535]).prop_map(|bytes| Http2Settings {
            initial_window_size: Some(bytes),
            ..Http2Settings::default()
        }),
        (0_u32..=1_500).prop_map(|bytes| Http2Settings {
            max_header_list_size: Some(bytes),
            ..Http2Settings::default()
        }),
        (16_384_u32..=65_536).prop_map(|bytes| Http2Settings {
            max_frame_size: Some(bytes),
            ..Http2Settings::default()
        }),
    ]
    .prop_map(ConnectionFault::Http2Settings)
}

/// From what takes longer than any deadline to what nobody notices.
fn rate() -> impl Strategy<Value = u64> {
    (1_u64..=9, 1_u32..=4).prop_map(|(digit, power)| digit * 10_u64.pow(power))
}

fn direction() -> impl Strategy<Value = Direction> {
    select(vec![Direction::Received, Direction::Sent])
}

/// A fault on the handshake of TLS, where that is spoken.
pub(super) fn on_handshakes() -> impl Strategy<Value = Fault> {
    fault_on_connections(
        prop_oneof![
            select(vec![
                TlsCertificate::Expired,
                TlsCertificate::NotYetValid,
                TlsCertificate::WrongName,
                TlsCertificate::Untrusted,
                TlsCertificate::SelfSigned,
            ])
            .prop_map(ConnectionFault::TlsCertificate),
            select(vec![
                TlsAlpn::None,
                TlsAlpn::Http11,
                TlsAlpn::H2,
                TlsAlpn::Unknown
            ])
            .prop_map(ConnectionFault::TlsAlpn),
            select(vec![
                TlsHandshake::Stall,
                TlsHandshake::Close,
                TlsHandshake::Reset,
                TlsHandshake::Alert,
                TlsHandshake::PlainText,
            ])
            .prop_map(ConnectionFault::TlsHandshake),
            select(vec![
                TlsClientCertificate::Required,
                TlsClientCertificate::NotAsked,
            ])
            .prop_map(ConnectionFault::TlsClientCertificate),
        ]
        .prop_map(Action::Connection),
    )
}

/// Whether `action` can happen to a connection of this protocol.
pub(super) fn can_happen(action: &Action, protocol: Protocol, is_secured: bool) -> bool {
    let Action::Connection(fault) = action else {
        return true;
    };
    match fault {
        ConnectionFault::Http2Settings(_)
        | ConnectionFault::PingStorm(_)
        | ConnectionFault::IgnorePings => protocol == Protocol::Grpc,
        // A signature is a byte longer now and then: what counts bytes would not come to the same each time.
        ConnectionFault::Bandwidth(_)
        | ConnectionFault::Slice(_)
        | ConnectionFault::CloseAfter(_)
        | ConnectionFault::HalfClose(_)
        | ConnectionFault::TlsAlert => !is_secured,
        ConnectionFault::TlsCertificate(_)
        | ConnectionFault::TlsAlpn(_)
        | ConnectionFault::TlsHandshake(_)
        | ConnectionFault::TlsClientCertificate(_) => is_secured,
        ConnectionFault::Stall
        | ConnectionFault::SlowClose(_)
        | ConnectionFault::MaxConnectionAge(_) => true,
    }
}
