//! From a request to its answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::Full;

use super::exposition::Shape;
use super::scrape::Scraping;
use crate::export::Deadline;
use crate::prometheus::text::{Compressed, Format};

/// What a client of Prometheus says about the time that it has.
const SCRAPE_TIMEOUT: &str = "x-prometheus-scrape-timeout-seconds";

/// What is at `/`, for people who do not know where to look.
const INDEX: &str =
    "<!DOCTYPE html>\n<title>Metrics</title>\n<p><a href=\"/metrics\">/metrics</a></p>\n";

const PLAIN: &str = "text/plain; charset=utf-8";

/// What all connections share.
pub(super) struct Service {
    pub(super) scraping: Scraping,
    /// The longest that a collection may take.
    pub(super) timeout: Duration,
}

type Answer = Response<Full<Bytes>>;

/// The answer to a request. Its body is not read: it is of no use.
pub(super) async fn answer(service: &Service, request: &Parts) -> Answer {
    let path = request.uri.path();
    if path != "/metrics" && path != "/" {
        return plain(
            StatusCode::NOT_FOUND,
            "not found; the metrics are at /metrics\n",
        );
    }
    let is_head = match request.method {
        Method::GET => false,
        Method::HEAD => true,
        _ => {
            let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
            let allowed = HeaderValue::from_static("GET, HEAD");
            answer.headers_mut().insert(ALLOW, allowed);
            return answer;
        }
    };
    if path == "/" {
        return with(StatusCode::OK, "text/html; charset=utf-8", INDEX.into());
    }
    let shape = (
        Format::wanted(&request.headers),
        Compressed::wanted(&request.headers),
    );
    if is_head {
        // It tells the format, and is not worth a collection.
        return page(shape, Bytes::new());
    }
    let limit = scrape_timeout(&request.headers).map_or(service.timeout, |told| {
        // A tenth is for the way there and back.
        service.timeout.min(told * 9 / 10)
    });
    match service.scraping.page(shape, Deadline::within(limit)).await {
        Ok(bytes) => page(shape, bytes),
        Err(error) => plain(StatusCode::SERVICE_UNAVAILABLE, &format!("{error}\n")),
    }
}

/// The time that the client has, if it says so in a way that can be used.
fn scrape_timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(SCRAPE_TIMEOUT)?.to_str().ok()?;
    let seconds: f64 = text.trim().parse().ok()?;
    let timeout = Duration::try_from_secs_f64(seconds).ok()?;
    // Beyond a day nobody means it.
    (!timeout.is_zero() && timeout <= Duration::from_secs(24 * 60 * 60)).then_some(timeout)
}

fn page((format, compressed): Shape, bytes: Bytes) -> Answer {
    let mut answer = with(StatusCode::OK, format.content_type(), bytes);
    let headers = answer.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if compressed == Compressed::Gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}

fn plain(status: StatusCode, text: &str) -> Answer {
    with(status, PLAIN, Bytes::copy_from_slice(text.as_bytes()))
}

fn with(status: StatusCode, content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_timeout_that_cannot_be_is_none() {
        let told = |text: &str| {
            let mut headers = HeaderMap::new();
            let value = HeaderValue::from_str(text).expect("a value");
            headers.insert(SCRAPE_TIMEOUT, value);
            scrape_timeout(&headers)
        };
        assert_eq!(told("10"), Some(Duration::from_secs(10)));
        assert_eq!(told(" 0.5 "), Some(Duration::from_millis(500)));
        for text in ["", "0", "-1", "NaN", "inf", "1e300", "soon", "86401"] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
