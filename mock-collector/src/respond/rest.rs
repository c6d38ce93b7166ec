//! The part of an answer that is not held in memory, or that comes slowly.

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress};

use crate::signal::Protocol;

/// What follows the body that an answer holds: so many times the same bytes, and then an end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) chunk: Bytes,
    pub(crate) times: u64,
    pub(crate) suffix: Bytes,
    /// How long to wait before each chunk.
    pub(crate) every: Option<Duration>,
    /// How long to wait after each byte on the wire, from the first of the answer on.
    pub(crate) every_byte: Option<Duration>,
    /// How long to wait between the head of the answer and its body.
    pub(crate) before_body: Option<Duration>,
    /// How long to wait between the body and the trailers.
    pub(crate) before_trailers: Option<Duration>,
    /// Whether the end never comes, although there is nothing more.
    pub(crate) never_ends: bool,
}

impl Rest {
    /// How many bytes are to come.
    pub(crate) fn length(&self) -> u64 {
        self.times * self.chunk.len() as u64 + self.suffix.len() as u64
    }

    /// The next bytes, when it is time for them; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        if self.times > 0 {
            self.times -= 1;
            if let Some(every) = self.every {
                tokio::time::sleep(every).await;
            }
            return Some(self.chunk.clone());
        }
        let suffix = std::mem::take(&mut self.suffix);
        if suffix.is_empty() && self.never_ends {
            std::future::pending::<()>().await;
        }
        (!suffix.is_empty()).then_some(suffix)
    }

    /// Waits until it is time for the body.
    pub(crate) async fn until_body(&mut self) {
        if let Some(wait) = self.before_body.take() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Waits until it is time for the trailers.
    pub(crate) async fn until_trailers(&mut self) {
        if let Some(wait) = self.before_trailers.take() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Whether nothing is to come.
    pub(crate) fn is_over(&self) -> bool {
        self.times == 0 && self.suffix.is_empty() && !self.never_ends
    }
}

/// A message with a field that no schema knows, as large as was asked for: its beginning, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Padded {
    pub(super) beginning: Bytes,
    pub(super) rest: Rest,
}

/// How much of the padding is held in memory.
const CHUNK_BYTES: u64 = 64 * 1024;

impl Padded {
    /// A message with `bytes` of padding, in chunks of `chunk_bytes`, which are at most 64 KiB.
    fn new(bytes: u64, chunk_bytes: u64, protocol: Protocol) -> Self {
        let (mut beginning, suffix) = match protocol {
            // Field 99, length-delimited.
            Protocol::Grpc | Protocol::HttpProtobuf => {
                let mut tag = vec![0x9a, 0x06];
                prost::encoding::encode_varint(bytes, &mut tag);
                (tag, Bytes::new())
            }
            Protocol::HttpJson => (br#"{"future":""#.to_vec(), Bytes::from_static(b"\"}")),
            // A text.
            Protocol::RemoteWrite1
            | Protocol::RemoteWrite2
            | Protocol::ZipkinJson
            | Protocol::ZipkinProtobuf => (Vec::new(), Bytes::new()),
        };
        let chunk = vec![b'.'; usize::try_from(chunk_bytes.min(CHUNK_BYTES)).unwrap_or_default()];
        let left_over = usize::try_from(bytes % chunk_bytes).unwrap_or_default();
        beginning.extend_from_slice(&chunk[..left_over]);
        Self {
            beginning: beginning.into(),
            rest: Rest {
                times: bytes / chunk_bytes,
                chunk: chunk.into(),
                suffix,
                ..Rest::default()
            },
        }
    }

    /// A message of about so many bytes.
    pub(super) fn large(bytes: u64, protocol: Protocol) -> Self {
        Self::new(bytes.next_multiple_of(1024), CHUNK_BYTES, protocol)
    }

    /// A message of so many bytes that come one by one.
    pub(super) fn dripping(bytes: u64, every: Duration, protocol: Protocol) -> Self {
        let mut padded = Self::new(bytes, 1, protocol);
        padded.rest.every = Some(every);
        padded
    }

    /// How many bytes it has in all.
    pub(super) fn length(&self) -> u64 {
        self.beginning.len() as u64 + self.rest.length()
    }

    /// The same as one gzip member.
    ///
    /// Every chunk is the same on the wire, too: each ends with a full flush, after which nothing refers to what was
    /// before.
    pub(super) fn gzip(self) -> Self {
        let mut check = crc(&self.beginning);
        let of_chunk = crc(&self.rest.chunk);
        for _ in 0..self.rest.times {
            check.combine(&of_chunk);
        }
        check.combine(&crc(&self.rest.suffix));
        // RFC 1952: no flags, no time, unknown system.
        let mut beginning = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
        beginning.extend(deflated(&self.beginning, FlushCompress::Full));
        let mut suffix = deflated(&self.rest.suffix, FlushCompress::Finish);
        suffix.extend_from_slice(&check.sum().to_le_bytes());
        suffix.extend_from_slice(&check.amount().to_le_bytes());
        Self {
            beginning: beginning.into(),
            rest: Rest {
                chunk: deflated(&self.rest.chunk, FlushCompress::Full).into(),
                suffix: suffix.into(),
                ..self.rest
            },
        }
    }
}

/// A small message as a gzip member.
pub(super) fn gzipped(message: &[u8]) -> Bytes {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let written = encoder.write_all(message);
    written
        .and_then(|()| encoder.finish())
        .unwrap_or_default()
        .into()
}

fn crc(bytes: &[u8]) -> Crc {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc
}

fn deflated(bytes: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut output = Vec::with_capacity(bytes.len() + 1024);
    // With this much room compression in memory takes one call and cannot fail.
    let _ = Compress::new(Compression::default(), false).compress_vec(bytes, &mut output, flush);
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Encoding;

    fn whole(padded: &Padded) -> Vec<u8> {
        let mut bytes = padded.beginning.to_vec();
        for _ in 0..padded.rest.times {
            bytes.extend_from_slice(&padded.rest.chunk);
        }
        bytes.extend_from_slice(&padded.rest.suffix);
        bytes
    }

    #[test]
    fn a_padded_message_is_as_long_as_it_says() {
        for protocol in [Protocol::Grpc, Protocol::HttpJson] {
            for bytes in [1024, 65536, 200_000] {
                let padded = Padded::large(bytes, protocol);
                assert_eq!(whole(&padded).len() as u64, padded.length());
                assert!(padded.length() >= bytes);
            }
        }
        let json = whole(&Padded::large(5000, Protocol::HttpJson));
        let value: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
        assert_eq!(value["future"].as_str().map(str::len), Some(5120));
    }

    #[test]
    fn compressed_it_is_one_gzip_member_with_the_same_content() {
        let plain = Padded::large(300_000, Protocol::HttpJson);
        let compressed = whole(&plain.clone().gzip());
        assert!(compressed.len() < 3000, "{}", compressed.len());
        let again = Encoding::Gzip
            .decompress(&compressed.clone().into(), u64::MAX)
            .expect("gzip");
        assert_eq!(again, whole(&plain));
        // A decoder that stops after the first member has all of it.
        let mut single = Vec::new();
        std::io::Read::read_to_end(
            &mut flate2::read::GzDecoder::new(compressed.as_slice()),
            &mut single,
        )
        .expect("gzip");
        assert_eq!(single, whole(&plain));
    }
}
