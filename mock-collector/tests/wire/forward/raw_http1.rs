//! An upstream that keeps the bytes of requests and answers with bytes that were given to it.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::LONG;

/// An upstream that keeps the bytes of requests and answers with bytes that were given to it.
pub(super) struct RawHttp1 {
    pub(super) address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
    events: mpsc::UnboundedReceiver<Event>,
    _accepting: JoinSet<()>,
}

#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes, then the end of the stream.
    Last(Vec<u8>),
    /// Nothing, for ever.
    Silence,
    /// A reset.
    Reset,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    Connected,
    /// A whole request as it came.
    Request(Vec<u8>),
    /// The connection ended, in good order or not.
    Gone,
}

impl RawHttp1 {
    pub(super) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let answer = Arc::new(Mutex::new(answer));
        let (sender, events) = mpsc::unbounded_channel();
        let mut accepting = JoinSet::new();
        let answers = Arc::clone(&answer);
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let _ = sender.send(Event::Connected);
                connections.spawn(serve(stream, Arc::clone(&answers), sender.clone()));
            }
        });
        Self {
            address,
            answer,
            events,
            _accepting: accepting,
        }
    }

    /// From now on it answers so.
    pub(super) fn answers(&self, answer: Answer) {
        *self.answer.lock() = answer;
    }

    pub(super) async fn event(&mut self) -> Event {
        let event = timeout(LONG, self.events.recv()).await;
        event.expect("an event in time").expect("it runs")
    }

    /// The next request, whatever happens to connections meanwhile.
    pub(super) async fn request(&mut self) -> Parsed {
        loop {
            if let Event::Request(bytes) = self.event().await {
                return Parsed::of(&bytes);
            }
        }
    }

    /// What has happened and nobody has asked for yet.
    pub(super) fn unasked(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: Arc<Mutex<Answer>>,
    events: mpsc::UnboundedSender<Event>,
) {
    let mut read = Vec::new();
    loop {
        match stream.read_buf(&mut read).await {
            Ok(0) | Err(_) => {
                let _ = events.send(Event::Gone);
                return;
            }
            Ok(_) => {}
        }
        let Some(length) = Parsed::length(&read) else {
            continue;
        };
        let request = read.drain(..length).collect();
        let _ = events.send(Event::Request(request));
        let answer = answer.lock().clone();
        match answer {
            Answer::Bytes(bytes) => stream.write_all(&bytes).await.expect("it is read"),
            Answer::Last(bytes) => {
                stream.write_all(&bytes).await.expect("it is read");
                return;
            }
            Answer::Silence => {}
            Answer::Reset => {
                stream.set_zero_linger().expect("an option");
                return;
            }
        }
    }
}

/// A request or an answer, taken apart without the help of the crates that the collector is made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) first_line: String,
    /// In the order of names, and among those of the same name in the order in which they came.
    pub(super) fields: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    pub(super) trailers: Vec<(String, Vec<u8>)>,
}

impl Parsed {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let head_end = end_of_head(bytes).expect("a head");
        let mut lines = lines(&bytes[..head_end - 2]);
        let first_line = String::from_utf8(lines.remove(0).to_vec()).expect("text");
        let fields = fields(&lines);
        let rest = &bytes[head_end..];
        let (body, trailers) = if is_chunked(&fields) {
            let (body, trailers, _) = dechunked(rest).expect("all chunks");
            (body, trailers)
        } else {
            (rest.to_vec(), Vec::new())
        };
        Self {
            first_line,
            fields,
            body,
            trailers,
        }
    }

    /// How long the first message in these bytes is; `None` while it is not complete.
    fn length(bytes: &[u8]) -> Option<usize> {
        let head_end = end_of_head(bytes)?;
        let fields = fields(&lines(&bytes[..head_end - 2])[1..]);
        if is_chunked(&fields) {
            let (_, _, length) = dechunked(&bytes[head_end..])?;
            return Some(head_end + length);
        }
        let length = value(&fields, "content-length").map_or(0, |length| {
            std::str::from_utf8(length)
                .expect("text")
                .parse()
                .expect("a length")
        });
        (bytes.len() >= head_end + length).then_some(head_end + length)
    }

    /// The fields without those that frame the body, and without these.
    pub(super) fn fields_without(&self, names: &[&str]) -> Vec<(String, Vec<u8>)> {
        let framing = ["content-length", "transfer-encoding"];
        self.fields
            .iter()
            .filter(|(name, _)| {
                !names.contains(&name.as_str()) && !framing.contains(&name.as_str())
            })
            .cloned()
            .collect()
    }

    pub(super) fn field(&self, name: &str) -> Option<&[u8]> {
        value(&self.fields, name)
    }
}

fn value<'a>(fields: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a [u8]> {
    let (_, value) = fields.iter().find(|(known, _)| known == name)?;
    Some(value)
}

fn is_chunked(fields: &[(String, Vec<u8>)]) -> bool {
    value(fields, "transfer-encoding") == Some(b"chunked")
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let place = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some(place + 4)
}

/// The lines of a head, without the empty one at its end.
fn lines(head: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = head;
    while let Some(place) = rest.windows(2).position(|window| window == b"\r\n") {
        lines.push(&rest[..place]);
        rest = &rest[place + 2..];
    }
    lines
}

/// In the order of names, and among those of the same name in the order in which they came.
pub(super) fn fields(lines: &[&[u8]]) -> Vec<(String, Vec<u8>)> {
    let mut fields: Vec<(String, Vec<u8>)> = lines
        .iter()
        .map(|line| {
            let colon = line.iter().position(|byte| *byte == b':').expect("a colon");
            let name = std::str::from_utf8(&line[..colon]).expect("text");
            (
                name.to_ascii_lowercase(),
                line[colon + 1..].trim_ascii().to_vec(),
            )
        })
        .collect();
    fields.sort_by(|(one, _), (other, _)| one.cmp(other));
    fields
}

type Fields = Vec<(String, Vec<u8>)>;

/// Body, trailers, and how many bytes that was; `None` while there is more to come.
fn dechunked(mut bytes: &[u8]) -> Option<(Vec<u8>, Fields, usize)> {
    let whole = bytes.len();
    let mut body = Vec::new();
    loop {
        let line_end = bytes.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&bytes[..line_end]).expect("text");
        let size = usize::from_str_radix(size, 16).expect("a size");
        bytes = &bytes[line_end + 2..];
        if size == 0 {
            break;
        }
        body.extend_from_slice(bytes.get(..size)?);
        bytes = bytes.get(size + 2..)?;
    }
    if bytes.starts_with(b"\r\n") {
        return Some((body, Vec::new(), whole - bytes.len() + 2));
    }
    let end = end_of_head(bytes)?;
    let trailers = fields(&lines(&bytes[..end - 2]));
    Some((body, trailers, whole - bytes.len() + end))
}
