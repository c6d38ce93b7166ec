//! Bytes that are passed in both directions, whatever they say.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::dial::Dialler;
use super::failure::UpstreamFailure;

/// How much is read at a time.
const CHUNK_BYTES: usize = 16 * 1024;

/// How many bytes were passed each way so far.
#[derive(Debug, Default)]
pub(crate) struct Relayed {
    to_upstream: AtomicU64,
    to_client: AtomicU64,
}

impl Relayed {
    /// Bytes to the upstream, and bytes to the client.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        (
            self.to_upstream.load(Ordering::Relaxed),
            self.to_client.load(Ordering::Relaxed),
        )
    }
}

/// Connects to the upstream and passes bytes until both sides have ended. The end of one direction is passed as well, and
/// leaves the other open.
///
/// Where the client's connection breaks, the upstream's is reset.
///
/// # Errors
///
/// [`UpstreamFailure`], where there is no connection to the upstream or where it was reset: the client's has to be, too.
pub(crate) async fn relay<S: AsyncRead + AsyncWrite + Unpin>(
    client: S,
    dialler: &Dialler,
    relayed: &Relayed,
) -> Result<(), UpstreamFailure> {
    let Some(upstream) = dialler.dial_tcp().await? else {
        return Ok(());
    };
    let upstream = ResetUnlessFinished(Some(upstream));
    let ended = pass_both_ways(client, upstream, relayed).await;
    match ended {
        Err(Broken::Upstream(error)) if error.kind() == io::ErrorKind::ConnectionReset => {
            Err(UpstreamFailure::ConnectionReset)
        }
        Err(Broken::Upstream(_)) => Err(UpstreamFailure::Closed),
        // How the client's connection ended is known where it is served.
        Ok(()) | Err(Broken::Client) => Ok(()),
    }
}

/// The side whose connection broke.
enum Broken {
    Client,
    Upstream(io::Error),
}

async fn pass_both_ways<S: AsyncRead + AsyncWrite + Unpin>(
    client: S,
    mut upstream: ResetUnlessFinished,
    relayed: &Relayed,
) -> Result<(), Broken> {
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let Some(stream) = upstream.0.as_mut() else {
        return Ok(());
    };
    let (mut from_upstream, mut to_upstream) = stream.split();
    let up = async {
        let mut buffer = BytesMut::with_capacity(CHUNK_BYTES);
        while from_client
            .read_buf(&mut buffer)
            .await
            .map_err(|_| Broken::Client)?
            > 0
        {
            let length = buffer.len() as u64;
            to_upstream
                .write_all_buf(&mut buffer)
                .await
                .map_err(Broken::Upstream)?;
            relayed.to_upstream.fetch_add(length, Ordering::Relaxed);
            buffer.reserve(CHUNK_BYTES);
        }
        to_upstream.shutdown().await.map_err(Broken::Upstream)
    };
    let down = async {
        let mut buffer = BytesMut::with_capacity(CHUNK_BYTES);
        while from_upstream
            .read_buf(&mut buffer)
            .await
            .map_err(Broken::Upstream)?
            > 0
        {
            let length = buffer.len() as u64;
            to_client
                .write_all_buf(&mut buffer)
                .await
                .map_err(|_| Broken::Client)?;
            relayed.to_client.fetch_add(length, Ordering::Relaxed);
            buffer.reserve(CHUNK_BYTES);
        }
        to_client.shutdown().await.map_err(|_| Broken::Client)
    };
    tokio::try_join!(up, down)?;
    upstream.0 = None;
    Ok(())
}

/// A connection that is reset where it is dropped before it has come to its end: the client's was ended, by itself or by a
/// fault, and the upstream is not to take that for an end in good order.
struct ResetUnlessFinished(Option<TcpStream>);

impl Drop for ResetUnlessFinished {
    fn drop(&mut self) {
        if let Some(stream) = &self.0 {
            // If the option cannot be set, the connection is gone.
            let _ = stream.set_zero_linger();
        }
    }
}
