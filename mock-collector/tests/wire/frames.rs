//! A client of HTTP/2 that does no more than write and read frames: what it sees is what was on the wire.

use std::fmt;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::support::{BoxedStream, LONG, METRICS_CALL, frame, metrics};

/// The types of frames. Spec: RFC 9113, section 6.
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// The flags. ACK and `END_STREAM` are the same bit, of different frames.
pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// One frame.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// A line: `HEADERS 1`, `DATA 1 END`, `GOAWAY last 1 code 0`, ...
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.flags & END_STREAM == 0 {
            ""
        } else {
            " END"
        };
        let stream = self.stream;
        match self.kind {
            DATA => write!(f, "DATA {stream}{end}"),
            HEADERS => write!(f, "HEADERS {stream}{end}"),
            RST_STREAM => write!(f, "RST_STREAM {stream} code {}", self.number(0)),
            SETTINGS => f.write_str("SETTINGS"),
            PING if self.flags & ACK == 0 => f.write_str("PING"),
            PING => f.write_str("PING ACK"),
            GOAWAY => write!(f, "GOAWAY last {} code {}", self.number(0), self.number(4)),
            kind => write!(f, "frame of type {kind}"),
        }
    }
}

impl Frame {
    /// The number in 4 bytes of the payload, from this one on.
    pub(crate) fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.payload[at..at + 4].try_into().expect("4 bytes"))
    }

    /// The settings of a SETTINGS frame, in order.
    pub(crate) fn settings(&self) -> Vec<(u16, u32)> {
        assert_eq!(self.kind, SETTINGS);
        let setting = |setting: &[u8]| {
            let mut setting = setting;
            (setting.get_u16(), setting.get_u32())
        };
        self.payload.chunks(6).map(setting).collect()
    }
}

/// A client that knows only frames. It acknowledges nothing by itself but SETTINGS.
pub(crate) struct FrameClient {
    stream: BoxedStream,
    read: BytesMut,
    /// How long it waits for the next frame before the test has failed.
    pub(crate) patience: Duration,
}

impl FrameClient {
    /// Sends the preface and empty SETTINGS.
    pub(crate) async fn new(stream: BoxedStream) -> Self {
        let mut client = Self {
            stream,
            read: BytesMut::new(),
            patience: LONG,
        };
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        client.stream.write_all(preface).await.expect("sent");
        client.send(SETTINGS, 0, 0, &[]).await;
        client
    }

    /// Sends a frame.
    pub(crate) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).expect("a frame");
        let mut bytes = length.to_be_bytes()[1..].to_vec();
        bytes.extend([kind, flags]);
        bytes.extend(stream.to_be_bytes());
        bytes.extend(payload);
        self.stream.write_all(&bytes).await.expect("sent");
    }

    /// Sends the head of an export.
    pub(crate) async fn send_head(&mut self, stream: u32) {
        let fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", METRICS_CALL),
            (":authority", "otelbox"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ];
        let mut block = Vec::new();
        for (name, value) in fields {
            // RFC 7541, section 6.2.2: a literal that is not indexed, neither part of it compressed.
            block.push(0);
            for text in [name, value] {
                block.push(u8::try_from(text.len()).expect("a short text"));
                block.extend(text.as_bytes());
            }
        }
        self.send(HEADERS, END_HEADERS, stream, &block).await;
    }

    /// Sends an export of one point.
    pub(crate) async fn send_export(&mut self, stream: u32) {
        self.send_head(stream).await;
        let body = frame(0, &metrics(1));
        self.send(DATA, END_STREAM, stream, &body).await;
    }

    /// The next frame, whatever it is; `None` at the end of the connection.
    pub(crate) async fn next_of_any_kind(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.parse() {
                if frame.kind == SETTINGS && frame.flags & ACK == 0 {
                    self.send(SETTINGS, ACK, 0, &[]).await;
                }
                return Some(frame);
            }
            let read = timeout(self.patience, self.stream.read_buf(&mut self.read));
            if read.await.expect("a frame, or the end").ok()? == 0 {
                assert!(
                    self.read.is_empty(),
                    "the end of the connection cuts a frame"
                );
                return None;
            }
        }
    }

    /// The next frame that is neither SETTINGS nor `WINDOW_UPDATE`.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            let frame = self.next_of_any_kind().await?;
            if !matches!(frame.kind, SETTINGS | WINDOW_UPDATE) {
                return Some(frame);
            }
        }
    }

    /// So many frames, as text.
    pub(crate) async fn texts(&mut self, frames: usize) -> Vec<String> {
        let mut texts = Vec::new();
        for _ in 0..frames {
            let frame = self.next().await;
            texts.push(frame.map_or_else(|| "the end".to_owned(), |frame| format!("{frame:?}")));
        }
        texts
    }

    fn parse(&mut self) -> Option<Frame> {
        let head: [u8; 9] = self.read.get(..9)?.try_into().ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        if self.read.len() < 9 + length {
            return None;
        }
        self.read.advance(9);
        Some(Frame {
            kind: head[3],
            flags: head[4],
            stream: u32::from_be_bytes(head[5..].try_into().ok()?),
            payload: self.read.split_to(length).to_vec(),
        })
    }
}
