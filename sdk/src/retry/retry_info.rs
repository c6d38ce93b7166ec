//! `google.rpc.RetryInfo` among the details of a gRPC status.

use std::time::Duration;

use prost::Message;

/// `google.rpc.Status`, as far as it is read here.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<prost_types::Duration>,
}

/// The delay of the first readable `RetryInfo`, at any position among the details of an encoded `google.rpc.Status`.
/// A delay that is absent or negative is zero. `None` where there is no `RetryInfo`, or none that can be read.
///
/// Spec: OTLP 1.11.0, "OTLP/gRPC Throttling" (SHOULD).
pub(crate) fn retry_info(status: &[u8]) -> Option<Duration> {
    let status = Status::decode(status).ok()?;
    status
        .details
        .iter()
        .filter(|detail| {
            let name = detail.type_url.rsplit('/').next();
            name == Some("google.rpc.RetryInfo")
        })
        .find_map(|detail| RetryInfo::decode(detail.value.as_slice()).ok())
        .map(|info| info.retry_delay.map_or(Duration::ZERO, to_duration))
}

fn to_duration(delay: prost_types::Duration) -> Duration {
    let (Ok(seconds), Ok(nanos)) = (u64::try_from(delay.seconds), u32::try_from(delay.nanos))
    else {
        return Duration::ZERO;
    };
    Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos.into()))
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An encoded `google.rpc.Status` with these details.
    pub(crate) fn encoded_status(details: Vec<prost_types::Any>) -> Vec<u8> {
        Status { details }.encode_to_vec()
    }

    /// A `RetryInfo` detail.
    pub(crate) fn retry_info_detail(seconds: i64, nanos: i32) -> prost_types::Any {
        let retry_delay = Some(prost_types::Duration { seconds, nanos });
        prost_types::Any {
            type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
            value: RetryInfo { retry_delay }.encode_to_vec(),
        }
    }

    fn other_detail() -> prost_types::Any {
        prost_types::Any {
            type_url: "type.googleapis.com/google.rpc.BadRequest".to_owned(),
            value: vec![0xff],
        }
    }

    #[test]
    fn delays_of_every_kind() {
        let table = [
            ((2, 0), Duration::from_secs(2)),
            ((1, 500_000_000), Duration::from_millis(1_500)),
            ((0, 0), Duration::ZERO),
            ((-5, 0), Duration::ZERO),
            ((0, -1), Duration::ZERO),
            ((1_000_000_000, 0), Duration::from_secs(1_000_000_000)),
        ];
        for ((seconds, nanos), expected) in table {
            let status = encoded_status(vec![retry_info_detail(seconds, nanos)]);
            assert_eq!(retry_info(&status), Some(expected), "{seconds} {nanos}");
        }
    }

    #[test]
    fn any_position_among_the_details() {
        let info = || retry_info_detail(1, 0);
        for details in [
            vec![info(), other_detail(), other_detail()],
            vec![other_detail(), info(), other_detail()],
            vec![other_detail(), other_detail(), info()],
        ] {
            assert_eq!(
                retry_info(&encoded_status(details)),
                Some(Duration::from_secs(1))
            );
        }
    }

    #[test]
    fn what_cannot_be_read_counts_as_absent() {
        let whole = encoded_status(vec![retry_info_detail(1, 0)]);
        let mut broken = retry_info_detail(1, 0);
        broken.value = vec![0x0a, 0x7f];
        assert_eq!(retry_info(&whole[..whole.len() - 1]), None);
        assert_eq!(retry_info(&encoded_status(vec![broken])), None);
        assert_eq!(retry_info(&encoded_status(vec![other_detail()])), None);
        assert_eq!(retry_info(&[]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = retry_info(&bytes);
            let mut detail = retry_info_detail(0, 0);
            detail.value = bytes;
            let _ = retry_info(&encoded_status(vec![detail]));
        }

        #[test]
        fn no_delay_panics(seconds: i64, nanos: i32) {
            let _ = retry_info(&encoded_status(vec![retry_info_detail(seconds, nanos)]));
        }
    }
}
