use super::grpc::CallError;
use super::http::RequestError;
use super::remote_write::WriteError;
use super::zipkin::SpansError;

/// Why a request cannot be accepted, in the words of its protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Grpc(#[from] CallError),
    #[error(transparent)]
    Http(#[from] RequestError),
    #[error(transparent)]
    RemoteWrite(#[from] WriteError),
    #[error(transparent)]
    Zipkin(#[from] SpansError),
}
