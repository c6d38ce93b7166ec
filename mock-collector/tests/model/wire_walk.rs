//! The walk that checks and counts accepts what prost decodes, and nothing else.

use otelbox_mock_collector::payload::Resources;
use otelbox_mock_collector::{Payload, Protocol, Signal};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

use crate::arbitrary::payload;

fn encode(payload: &Payload) -> Vec<u8> {
    match payload {
        Payload::Metrics(request) => request.encode_to_vec(),
        Payload::Traces(request) => request.encode_to_vec(),
        Payload::Logs(request) => request.encode_to_vec(),
        other => panic!("{other:?} is not decoded"),
    }
}

/// The walk and the decoder agree on these bytes.
fn agree(signal: Signal, bytes: &[u8]) -> Result<(), TestCaseError> {
    let walked = Payload::count(signal, Protocol::Grpc, bytes);
    let decoded = Payload::decode(signal, Protocol::Grpc, bytes);
    match (walked, decoded) {
        // A message given twice for one field is merged by the decoder: the walk counts all of it.
        (Ok(counted), Ok(payload)) => {
            let (items, decoded) = (counted.items, payload.items());
            prop_assert!(items >= decoded, "{items} < {decoded}");
        }
        (Err(_), Err(_)) => {}
        (walked, decoded) => prop_assert!(false, "walked: {walked:?}, decoded: {decoded:?}"),
    }
    Ok(())
}

/// Some change of some bytes.
fn mutate(
    mut bytes: Vec<u8>,
    changes: &[(prop::sample::Index, u8)],
    cut: Option<prop::sample::Index>,
) -> Vec<u8> {
    if bytes.is_empty() {
        return bytes;
    }
    for (index, byte) in changes {
        let index = index.index(bytes.len());
        bytes[index] = *byte;
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len()));
    }
    bytes
}

proptest! {
    #[test]
    fn counts_what_the_decoder_counts(payload in payload()) {
        let counted = Payload::count(payload.signal(), Protocol::Grpc, &encode(&payload));
        prop_assert_eq!(counted.map(|counted| counted.items), Ok(payload.items()));
    }

    #[test]
    fn agrees_with_the_decoder_on_broken_messages(
        payload in payload(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        agree(payload.signal(), &mutate(encode(&payload), &changes, cut))?;
    }

    #[test]
    fn agrees_with_the_decoder_on_random_bytes(bytes in vec(any::<u8>(), 0..64)) {
        for signal in [Signal::Metrics, Signal::Traces, Signal::Logs] {
            agree(signal, &bytes)?;
        }
    }

    #[test]
    fn never_panics_on_profiles(bytes in vec(any::<u8>(), 0..64)) {
        let _ = Payload::count(Signal::Profiles, Protocol::Grpc, &bytes);
    }
}

#[test]
fn agrees_with_the_decoder_on_how_deep_messages_may_nest() {
    // An array in an array in an array ...
    for depth in 80..130 {
        let mut value: Vec<u8> = Vec::new();
        for _ in 0..depth {
            for field in [1 << 3 | 2, 5 << 3 | 2] {
                let mut outer = vec![field];
                prost::encoding::encode_varint(value.len() as u64, &mut outer);
                outer.extend_from_slice(&value);
                value = outer;
            }
        }
        agree(Signal::Logs, &value).unwrap();
        // The same as the body of a log record: there the decoder knows every level.
        for field in [5 << 3 | 2, 2 << 3 | 2, 2 << 3 | 2, 1 << 3 | 2] {
            let mut outer = vec![field];
            prost::encoding::encode_varint(value.len() as u64, &mut outer);
            outer.extend_from_slice(&value);
            value = outer;
        }
        agree(Signal::Logs, &value).unwrap();
    }
}

#[test]
fn agrees_with_the_decoder_on_groups_and_unknown_fields() {
    let group =
        |number: u8, inner: &[u8], end: u8| [&[number << 3 | 3], inner, &[end << 3 | 4]].concat();
    let mut nested = Vec::new();
    for _ in 0..120 {
        nested = group(9, &nested, 9);
    }
    let cases = [
        group(9, &[], 9),
        group(9, &[], 8),
        group(9, &group(7, &[8, 1], 7), 9),
        group(1, &[], 1),
        nested,
        vec![12],
    ];
    for bytes in cases {
        agree(Signal::Metrics, &bytes).unwrap();
    }
}

proptest! {
    #[test]
    fn resources_are_those_of_the_decoded_payload(payload in payload()) {
        let resources = Resources::of(payload.signal(), Protocol::Grpc, encode(&payload).into());
        prop_assert_eq!(resources.attributes(), payload.resources());
    }
}

#[test]
fn agrees_with_the_decoder_on_keys_and_lengths_that_take_more_bytes_than_they_need() {
    let field = |key: &[u8], inside: &[u8]| {
        let mut bytes = key.to_vec();
        prost::encoding::encode_varint(inside.len() as u64, &mut bytes);
        [bytes.as_slice(), inside].concat()
    };
    let plain = field(
        &[0x0a],
        &[
            field(&[0x0a], b"key"),
            field(&[0x12], &field(&[0x0a], b"value")),
        ]
        .concat()[..],
    );
    let attribute = &plain[2..];
    for attributes in [
        [field(&[0x0a], attribute), field(&[0x0a], attribute)].concat(),
        // The same key, in two bytes: alone, twice, before and after the usual one.
        field(&[0x8a, 0], attribute),
        [field(&[0x8a, 0], attribute), field(&[0x8a, 0], attribute)].concat(),
        [field(&[0x0a], attribute), field(&[0x8a, 0], attribute)].concat(),
        [field(&[0x8a, 0], attribute), field(&[0x0a], attribute)].concat(),
        // It starts as the one before, and is another field.
        [field(&[0x8a, 0], attribute), field(&[0x8a, 16], attribute)].concat(),
        // A length in two bytes; texts that are not ASCII, and not UTF-8.
        [
            &[0x0a, 0x80 | u8::try_from(attribute.len()).unwrap(), 0],
            attribute,
        ]
        .concat(),
        field(&[0x0a], &field(&[0x0a], "naïve".as_bytes())),
        field(&[0x0a], &field(&[0x0a], b"\xff")),
        field(
            &[0x0a],
            &field(&[0x12], &field(&[0x0a], b"longer \xff than a word")),
        ),
        // A plain attribute and one byte; an empty one.
        field(&[0x0a], &[attribute, &[0x0a]].concat()),
        field(&[0x0a], &[0x0a, 0, 0x12, 2, 0x0a, 0]),
        field(&[0x0a], &[0x0a, 0, 0x12, 3, 0x0a, 0]),
        vec![0x02, 0],
        vec![0x82, 0, 0],
    ] {
        // As attributes of a resource.
        let bytes = field(&[0x0a], &field(&[0x0a], &attributes));
        for signal in [Signal::Metrics, Signal::Traces, Signal::Logs] {
            agree(signal, &bytes).unwrap();
        }
    }
}
