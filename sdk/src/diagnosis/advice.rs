//! One line of advice.

use std::fmt;

/// What is most likely wrong, and what to do about it.
///
/// It shows as one line. Header values, tokens and keys are never in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice(Box<Given>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Given {
    problem: Problem,
    text: String,
}

impl Advice {
    pub(crate) fn new(problem: Problem, text: impl Into<String>) -> Self {
        Self(Box::new(Given {
            problem,
            text: text.into(),
        }))
    }

    /// What is wrong, for programs.
    pub fn problem(&self) -> Problem {
        self.0.problem
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

/// The usual mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Problem {
    /// Nobody listens at host and port, or not for connections from elsewhere.
    NothingListens,
    /// The name of the host is not known here.
    UnknownName,
    /// gRPC is spoken to a port that speaks HTTP/1.1, or to one that knows no gRPC.
    HttpPortForGrpc,
    /// HTTP is spoken to a port that speaks gRPC.
    GrpcPortForHttp,
    /// Plain text is spoken to a port that expects TLS.
    PlainTextToTls,
    /// The receiver wants to know who the client is, and refuses it without or with this certificate.
    ClientCertificate,
    /// The path of the signal is twice in the URL.
    DoubledPath,
    /// The path of the signal, or of the receiver, is not in the URL.
    MissingPath,
    /// The receiver knows the protocol, and takes no data of this signal.
    SignalNotTaken,
    /// Something else than a receiver of what is sent answers.
    NoReceiver,
    /// The receiver does not take bodies of this type or compression.
    MediaType,
    /// The receiver does not know who asks.
    Unauthenticated,
    /// The receiver knows who asks, and does not allow it.
    PermissionDenied,
    /// The request is larger than the receiver takes.
    TooLarge,
    /// The receiver is elsewhere, it says.
    Redirected,
}
