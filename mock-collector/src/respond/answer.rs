use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::fault::GrpcCode;
use crate::journal::SentAnswer;

/// Everything that is sent back for one request.
///
/// Over HTTP/2 the three parts are frames: HEADERS, then DATA if there is a body, then HEADERS again if there are
/// trailers; the last of them ends the stream. So the three framings of a gRPC status differ only in what is present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    /// How much follows the body that is held here.
    pub(crate) rest_bytes: u64,
    pub(crate) trailers: Option<HeaderMap>,
    /// How large the fields are that are sent beside `headers`, by the measure of HTTP/2. They are not kept: they say
    /// nothing.
    pub(crate) padding_bytes: u32,
    /// The gRPC status that headers or trailers hold.
    pub(crate) grpc_status: Option<GrpcCode>,
    /// The text of the status, before it was encoded.
    pub(crate) message: Option<String>,
    /// As the journal keeps it, where many exchanges have the same.
    pub(crate) shared: Option<Arc<SentAnswer>>,
}

impl Answer {
    /// As the journal keeps it.
    pub(crate) fn sent(&self) -> Arc<SentAnswer> {
        self.shared
            .clone()
            .unwrap_or_else(|| Arc::new(self.to_sent()))
    }

    /// The same answer, which exchanges share from now on. It must not be changed after that.
    pub(crate) fn sharing(self) -> Self {
        Self {
            shared: Some(Arc::new(self.to_sent())),
            ..self
        }
    }

    /// The same without trailers: without a status, where the trailers hold it.
    pub(crate) fn without_trailers(self) -> Self {
        let grpc_status = self.grpc_status.filter(|_| self.trailers.is_none());
        Self {
            trailers: None,
            grpc_status,
            shared: None,
            ..self
        }
    }

    /// The head alone.
    pub(crate) fn only_head(self) -> Self {
        Self {
            body: None,
            rest_bytes: 0,
            ..self.without_trailers()
        }
    }

    /// The headers as they are sent, with the padding.
    pub(crate) fn sent_headers(&mut self) -> HeaderMap {
        let mut headers = std::mem::take(&mut self.headers);
        let mut left = usize::try_from(self.padding_bytes).unwrap_or_default();
        for number in 0.. {
            let Ok(name) = HeaderName::try_from(format!("x-otelbox-padding-{number}")) else {
                break;
            };
            let overhead = name.as_str().len() + FIELD_OVERHEAD_BYTES;
            if left <= overhead {
                break;
            }
            let length = (left - overhead).min(LONGEST_VALUE_BYTES);
            left -= overhead + length;
            if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(vec![b'.'; length])) {
                headers.append(name, value);
            }
        }
        headers
    }

    fn to_sent(&self) -> SentAnswer {
        SentAnswer {
            http_status: self.status,
            grpc_status: self.grpc_status,
            message: self.message.clone(),
            headers: self.headers.clone(),
            trailers: self.trailers.clone().unwrap_or_default(),
            body: beginning(self.body.as_ref()),
            body_bytes: self.body.as_ref().map_or(0, Bytes::len) as u64 + self.rest_bytes,
        }
    }

    /// Whether it is the other, as far as that shows: fields and status are the same.
    pub(crate) fn has_head_of(&self, other: &Self) -> bool {
        self.status == other.status && self.headers == other.headers
    }

    /// The head and the first half of the body, and how many bytes are missing.
    pub(crate) fn halved(self) -> (Self, usize) {
        let mut half = self.without_trailers();
        let whole = half.body.take().unwrap_or_default();
        half.body = Some(whole.slice(..whole.len() / 2));
        let missing = whole.len() - whole.len() / 2;
        (half, missing)
    }
}

/// As much of a body as the journal keeps, which counts the bodies of requests alone: an upstream may answer at length.
fn beginning(body: Option<&Bytes>) -> Bytes {
    match body {
        Some(body) if body.len() > KEPT_BYTES => Bytes::copy_from_slice(&body[..KEPT_BYTES]),
        Some(body) => body.clone(),
        None => Bytes::new(),
    }
}

/// More than any answer to an export needs, and than the part of a large answer that is held in memory.
const KEPT_BYTES: usize = 128 * 1024;
/// What a field counts beside its name and its value.
///
/// Spec: RFC 9113, "`SETTINGS_MAX_HEADER_LIST_SIZE`".
const FIELD_OVERHEAD_BYTES: usize = 32;

/// How long a value of the padding is at most: no client gives up for the sake of one field.
const LONGEST_VALUE_BYTES: usize = 4000;
