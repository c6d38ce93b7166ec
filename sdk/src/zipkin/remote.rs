//! The other side of a span.

use std::net::IpAddr;

use opentelemetry_proto::tonic::common::v1::KeyValue;

use super::message::{Endpoint, Kind};
use super::value;

/// The attributes that name the other side, the first that is there before the others, and those with its port.
///
/// Spec: Zipkin exporter, "Remote endpoint", the table of ranks.
const RANKS: [(&str, Option<&str>); 11] = [
    ("peer.service", None),
    ("server.address", None),
    ("net.peer.name", None),
    ("network.peer.address", Some("network.peer.port")),
    ("server.socket.domain", None),
    ("server.socket.address", Some("server.socket.port")),
    ("net.sock.peer.name", None),
    ("net.sock.peer.addr", Some("net.sock.peer.port")),
    ("peer.hostname", None),
    ("peer.address", None),
    ("db.name", None),
];

/// Whom a span of `kind` went to. Only those that go out have one: Zipkin makes its graph of services of them.
///
/// An address stands as the name, too, which is what that graph goes by (our choice).
///
/// Spec: Zipkin exporter, "Remote endpoint" (SHOULD).
pub(super) fn endpoint(kind: Kind, attributes: &[KeyValue]) -> Option<Endpoint> {
    match kind {
        Kind::Client | Kind::Producer => {}
        Kind::Server | Kind::Consumer | Kind::Unspecified => return None,
    }
    let text_of = |name: &str| {
        let attribute = attributes.iter().find(|attribute| attribute.key == name)?;
        Some(value::text(attribute.value.as_ref())).filter(|text| !text.is_empty())
    };
    let (service_name, port) = RANKS
        .into_iter()
        .find_map(|(name, port)| Some((text_of(name)?, port)))?;
    let mut endpoint = Endpoint {
        port: port
            .and_then(text_of)
            .and_then(|text| text.parse::<u16>().ok())
            .map_or(0, i32::from),
        ..Endpoint::default()
    };
    match service_name.parse() {
        Ok(IpAddr::V4(address)) => endpoint.ipv4 = address.octets().to_vec(),
        Ok(IpAddr::V6(address)) => endpoint.ipv6 = address.octets().to_vec(),
        Err(_) => {}
    }
    endpoint.service_name = service_name;
    Some(endpoint)
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::AnyValue;
    use opentelemetry_proto::tonic::common::v1::any_value::Value;

    use super::*;

    fn attribute(key: &str, value: Value) -> KeyValue {
        KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue { value: Some(value) }),
            ..KeyValue::default()
        }
    }

    fn text(key: &str, value: &str) -> KeyValue {
        attribute(key, Value::StringValue(value.to_owned()))
    }

    #[test]
    fn of_several_attributes_the_one_of_the_highest_rank_counts() {
        let mut attributes: Vec<KeyValue> = RANKS
            .iter()
            .rev()
            .map(|(name, _)| text(name, &format!("value of {name}")))
            .collect();
        for (name, _) in RANKS {
            let endpoint = endpoint(Kind::Client, &attributes).expect("one is left");
            assert_eq!(endpoint.service_name, format!("value of {name}"));
            let last = attributes.pop().expect("one is left");
            assert_eq!(last.key, name);
        }
        assert_eq!(endpoint(Kind::Client, &attributes), None);
    }

    #[test]
    fn an_empty_attribute_is_none() {
        let attributes = [text("peer.service", ""), text("db.name", "shop")];
        let endpoint = endpoint(Kind::Producer, &attributes).expect("a database");
        assert_eq!(endpoint.service_name, "shop");
    }

    #[test]
    fn only_what_goes_out_has_another_side() {
        let attributes = [text("peer.service", "cart")];
        for (kind, expected) in [
            (Kind::Client, true),
            (Kind::Producer, true),
            (Kind::Server, false),
            (Kind::Consumer, false),
            (Kind::Unspecified, false),
        ] {
            assert_eq!(endpoint(kind, &attributes).is_some(), expected, "{kind:?}");
        }
    }

    #[test]
    fn addresses_have_their_own_fields_and_the_port_is_that_of_the_same_rank() {
        let of = |address: &str, port: Value| {
            let attributes = [
                text("network.peer.address", address),
                attribute("network.peer.port", port),
                attribute("net.sock.peer.port", Value::IntValue(1)),
            ];
            endpoint(Kind::Client, &attributes).expect("an address")
        };
        let v4 = of("192.0.2.7", Value::IntValue(5432));
        assert_eq!((v4.ipv4.as_slice(), v4.port), (&[192, 0, 2, 7][..], 5432));
        assert!(v4.ipv6.is_empty());
        let v6 = of("2001:db8::1", Value::StringValue("443".to_owned()));
        assert_eq!((v6.ipv6.len(), v6.port), (16, 443));
        assert!(v6.ipv4.is_empty());
        let socket = of("/run/db.sock", Value::IntValue(70_000));
        assert_eq!(
            (socket.service_name.as_str(), socket.port),
            ("/run/db.sock", 0)
        );
    }
}
