//! The client's frames of HTTP/2 without its PING frames.

use bytes::{Buf, BytesMut};

/// The length of what a client sends before its first frame. Spec: RFC 9113, section 3.4.
const PREFACE_BYTES: usize = 24;

/// The length of the head of a frame. Spec: RFC 9113, section 4.1.
const HEAD_BYTES: usize = 9;

/// The type of a PING frame, and its flag that makes it an acknowledgement. Spec: RFC 9113, section 6.7.
const PING: u8 = 6;
const ACK: u8 = 1;

/// Takes the PING frames out of what a client sends, so that nobody acknowledges them. Acknowledgements stay, and so does
/// every other byte.
#[derive(Debug)]
pub(super) struct PingFilter {
    /// The beginning of a frame whose head is not complete.
    head: BytesMut,
    /// How many bytes are to come of the preface or of a frame, and whether they stay.
    rest: usize,
    stays: bool,
}

impl Default for PingFilter {
    fn default() -> Self {
        Self {
            head: BytesMut::new(),
            rest: PREFACE_BYTES,
            stays: true,
        }
    }
}

impl PingFilter {
    /// Appends to `output` what stays of `input`.
    pub(super) fn filter(&mut self, mut input: &[u8], output: &mut BytesMut) {
        while !input.is_empty() {
            if self.rest > 0 {
                let length = self.rest.min(input.len());
                if self.stays {
                    output.extend_from_slice(&input[..length]);
                }
                input.advance(length);
                self.rest -= length;
                continue;
            }
            let length = (HEAD_BYTES - self.head.len()).min(input.len());
            self.head.extend_from_slice(&input[..length]);
            input.advance(length);
            if let [a, b, c, kind, flags, ..] = self.head[..]
                && self.head.len() == HEAD_BYTES
            {
                self.rest = u32::from_be_bytes([0, a, b, c]) as usize;
                self.stays = kind != PING || flags & ACK != 0;
                if self.stays {
                    output.extend_from_slice(&self.head);
                }
                self.head.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).expect("a short frame");
        [&[0, 0, length, kind, flags, 0, 0, 0, 0], payload].concat()
    }

    #[test]
    fn takes_out_pings_wherever_the_bytes_are_split() {
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        let settings = frame(4, 0, &[]);
        let ping = frame(PING, 0, b"12345678");
        let acknowledgement = frame(PING, ACK, b"87654321");
        let data = frame(0, 1, b"\0\0\x08\x06\0\0\0\0\0not a ping");
        let sent = [
            &preface[..],
            &settings,
            &ping,
            &ping,
            &acknowledgement,
            &data,
            &ping,
            &settings,
        ]
        .concat();
        let stays = [&preface[..], &settings, &acknowledgement, &data, &settings].concat();
        for first in 0..sent.len() {
            for step in [1, 5, 9, 64] {
                let mut filter = PingFilter::default();
                let mut output = BytesMut::new();
                filter.filter(&sent[..first], &mut output);
                for part in sent[first..].chunks(step) {
                    filter.filter(part, &mut output);
                }
                assert_eq!(output, stays, "split after {first}, then each {step}");
            }
        }
    }
}
