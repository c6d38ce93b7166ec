//! An upstream at the level of frames: it keeps what came on each stream, and answers what was given to it.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use h2::server::SendResponse;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::LONG;

/// An upstream at the level of frames: it keeps what came on each stream, and answers what was given to it.
pub(super) struct RawHttp2 {
    pub(super) address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
    events: mpsc::UnboundedReceiver<Event>,
    _accepting: JoinSet<()>,
}

#[derive(Clone, Debug)]
pub(super) enum Answer {
    Frames(Box<Frames>),
    /// Nothing, until the stream is reset.
    Silence,
    /// `RST_STREAM` with this code.
    Reset(h2::Reason),
    /// GOAWAY with this code, that refuses the stream.
    GoAway(h2::Reason),
}

#[derive(Clone, Debug)]
pub(super) struct Frames {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// One DATA frame each, at least.
    pub(super) data: Vec<Bytes>,
    pub(super) trailers: Option<HeaderMap>,
}

impl From<Frames> for Answer {
    fn from(frames: Frames) -> Self {
        Self::Frames(Box::new(frames))
    }
}

#[derive(Debug)]
pub(super) enum Event {
    Connected,
    Call(Box<Call>),
    /// The stream was reset by the other side.
    Cancelled(h2::Reason),
    /// The connection ended.
    Gone,
}

/// What came on a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) data: Vec<u8>,
    pub(super) trailers: Option<HeaderMap>,
}

/// gRPC `OK` with an empty message.
pub(super) fn ok() -> Answer {
    Answer::from(Frames {
        status: StatusCode::OK,
        headers: fields(&[("content-type", "application/grpc")]),
        data: vec![Bytes::from_static(&[0; 5])],
        trailers: Some(fields(&[("grpc-status", "0")])),
    })
}

/// A gRPC status in one HEADERS frame.
pub(super) fn trailers_only(code: &'static str) -> Answer {
    Answer::from(Frames {
        status: StatusCode::OK,
        headers: fields(&[
            ("content-type", "application/grpc"),
            ("grpc-status", code),
            ("grpc-message", "not%20today"),
        ]),
        data: Vec::new(),
        trailers: None,
    })
}

pub(super) fn fields(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    headers
}

impl RawHttp2 {
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

    /// The next call, whatever happens to connections meanwhile.
    pub(super) async fn call(&mut self) -> Call {
        loop {
            if let Event::Call(call) = self.event().await {
                return *call;
            }
        }
    }

    /// What has happened and nobody has asked for yet.
    pub(super) fn unasked(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }
}

async fn serve(
    stream: TcpStream,
    answer: Arc<Mutex<Answer>>,
    events: mpsc::UnboundedSender<Event>,
) {
    let mut connection = h2::server::handshake(stream).await.expect("HTTP/2");
    let mut streams = JoinSet::new();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let answer = answer.lock().clone();
        if let Answer::GoAway(reason) = answer {
            connection.abrupt_shutdown(reason);
            continue;
        }
        streams.spawn(serve_stream(request, respond, answer, events.clone()));
    }
    let _ = events.send(Event::Gone);
}

async fn serve_stream(
    request: Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
    answer: Answer,
    events: mpsc::UnboundedSender<Event>,
) {
    let (head, mut body) = request.into_parts();
    let mut data = Vec::new();
    while let Some(Ok(part)) = body.data().await {
        let _ = body.flow_control().release_capacity(part.len());
        data.extend_from_slice(&part);
    }
    let call = Call {
        method: head.method,
        uri: head.uri,
        headers: head.headers,
        data,
        trailers: body.trailers().await.ok().flatten(),
    };
    let _ = events.send(Event::Call(Box::new(call)));
    match answer {
        Answer::Frames(frames) => {
            let Frames {
                status,
                headers,
                data,
                trailers,
            } = *frames;
            let mut head = Response::new(());
            *head.status_mut() = status;
            *head.headers_mut() = headers;
            let only_head = data.is_empty() && trailers.is_none();
            let mut stream = respond.send_response(head, only_head).expect("it is open");
            let count = data.len();
            for (index, part) in data.into_iter().enumerate() {
                let last = index + 1 == count && trailers.is_none();
                stream.send_data(part, last).expect("it is open");
            }
            if let Some(trailers) = trailers {
                stream.send_trailers(trailers).expect("it is open");
            }
        }
        Answer::Silence => {
            if let Ok(reason) = std::future::poll_fn(|cx| respond.poll_reset(cx)).await {
                let _ = events.send(Event::Cancelled(reason));
            }
        }
        Answer::Reset(reason) => respond.send_reset(reason),
        Answer::GoAway(_) => {}
    }
}
