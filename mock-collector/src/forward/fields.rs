//! Which header fields go from one connection to the next.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Fields that are about one connection.
///
/// Spec: RFC 9110, section 7.6.1 (MUST NOT forward).
const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The only thing that `te` may say in HTTP/2, and that both sides here understand.
pub(super) const TRAILERS: HeaderValue = HeaderValue::from_static("trailers");

/// The fields without those that are about one connection; all else stays as it came, repeated fields in their order.
/// Nothing is added.
pub(crate) fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
    headers
}

/// Whether the peer takes trailers: it said so for its connection, and the same is said for the next.
pub(super) fn takes_trailers(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::TE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| coding.trim().eq_ignore_ascii_case("trailers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn what_is_about_one_connection_is_left_out_and_the_rest_stays_in_order() {
        let received = headers(&[
            ("x-b", "2"),
            ("connection", "keep-alive, X-Mine"),
            ("keep-alive", "timeout=5"),
            ("x-mine", "gone"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("proxy-connection", "close"),
            ("x-b", "1"),
            ("trailer", "x-sum"),
            ("authorization", "Bearer a"),
            ("trace-bin", "AAE"),
        ]);
        assert!(takes_trailers(&received));
        let expected = headers(&[
            ("x-b", "2"),
            ("x-b", "1"),
            ("trailer", "x-sum"),
            ("authorization", "Bearer a"),
            ("trace-bin", "AAE"),
        ]);
        assert_eq!(end_to_end(received), expected);
    }
}
