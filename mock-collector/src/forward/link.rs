//! The upstream side of one client's connection.

use std::sync::Arc;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Request, Uri, Version, header};
use tokio::sync::Mutex;

use super::dial::{Dialler, Http};
use super::failure::UpstreamFailure;
use super::fields::{TRAILERS, end_to_end, takes_trailers};
use super::forward::Route;
use super::http1;
use super::http2;
use super::whole::Whole;
use crate::journal::RequestHead;
use crate::respond::Answer;

/// The upstream side of one client's connection: at most one connection for each version of HTTP.
///
/// It is made when the first request is forwarded, made again when it has ended and another request comes, and ends with
/// the client's. So the upstream sees as many connections as there are clients, and a client that leaves is seen to.
#[derive(Debug)]
pub(crate) struct Link {
    dialler: Arc<Dialler>,
    one: Mutex<Option<http1::Connection>>,
    two: Mutex<Option<Arc<http2::Connection>>>,
}

/// A request to be forwarded.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// As it was received.
    pub(crate) head: Arc<RequestHead>,
    /// As it was on the wire: compressed, gRPC with its frame.
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
    /// How long the answer may be.
    pub(crate) limit_bytes: usize,
}

/// Stands where a collector in this process has no address.
const MEMORY_AUTHORITY: &str = "localhost";

impl Link {
    pub(crate) fn new(dialler: Arc<Dialler>) -> Self {
        Self {
            dialler,
            one: Mutex::default(),
            two: Mutex::default(),
        }
    }

    pub(crate) fn route(&self) -> &Route {
        self.dialler.route()
    }

    pub(crate) fn dialler(&self) -> &Dialler {
        &self.dialler
    }

    /// Forwards a request and reads its answer to the end. Dropped, it cancels the request at the upstream.
    pub(crate) async fn send(&self, outgoing: Outgoing) -> Result<Answer, UpstreamFailure> {
        let http = if outgoing.head.version == Version::HTTP_2 {
            Http::Two
        } else {
            Http::One
        };
        let limit_bytes = outgoing.limit_bytes;
        let request = self.request(outgoing, http)?;
        match http {
            Http::One => self.send_one(request, limit_bytes).await,
            Http::Two => self.send_two(request, limit_bytes).await,
        }
    }

    async fn send_one(
        &self,
        request: Request<Whole>,
        limit_bytes: usize,
    ) -> Result<Answer, UpstreamFailure> {
        // Held until the answer is there: HTTP/1.1 has one request at a time. Dropped in between, the connection ends.
        let mut kept = self.one.lock().await;
        let alive = match kept.take() {
            Some(mut connection) => connection.is_alive().await.then_some(connection),
            None => None,
        };
        let mut connection = match alive {
            Some(connection) => connection,
            None => http1::Connection::new(self.dialler.dial(Http::One).await?).await?,
        };
        let answer = connection.send(request, limit_bytes).await?;
        *kept = Some(connection);
        Ok(answer)
    }

    async fn send_two(
        &self,
        request: Request<Whole>,
        limit_bytes: usize,
    ) -> Result<Answer, UpstreamFailure> {
        let connection = {
            let mut kept = self.two.lock().await;
            let alive = match kept.take() {
                // One that takes no more is kept by the requests that are on it, until they are answered.
                Some(connection) => connection.is_alive().await.then_some(connection),
                None => None,
            };
            let connection = if let Some(connection) = alive {
                connection
            } else {
                let stream = self.dialler.dial(Http::Two).await?;
                Arc::new(http2::Connection::new(stream).await?)
            };
            *kept = Some(Arc::clone(&connection));
            connection
        };
        connection.send(request, limit_bytes).await
    }

    /// The request as the upstream gets it: addressed to it, without what is about the client's connection, and else as
    /// it came.
    fn request(&self, outgoing: Outgoing, http: Http) -> Result<Request<Whole>, UpstreamFailure> {
        let Outgoing {
            head,
            body,
            trailers,
            ..
        } = outgoing;
        let takes_trailers = takes_trailers(&head.headers);
        let mut headers = end_to_end(head.headers.clone());
        let authority = self.authority();
        if takes_trailers {
            headers.insert(header::TE, TRAILERS);
        }
        let invalid = |error: http::Error| UpstreamFailure::Unforwardable(error.to_string());
        let path: PathAndQuery = head
            .target
            .parse()
            .map_err(|error| invalid(http::Error::from(error)))?;
        let uri = match http {
            Http::One => {
                let host = authority.as_str().parse();
                headers.insert(
                    header::HOST,
                    host.map_err(|error| invalid(http::Error::from(error)))?,
                );
                if takes_trailers {
                    // RFC 9110, section 10.1.4.
                    headers.append(header::CONNECTION, header::TE.into());
                }
                Uri::from(path)
            }
            Http::Two => {
                headers.remove(header::HOST);
                Uri::builder()
                    .scheme(self.scheme())
                    .authority(authority)
                    .path_and_query(path)
                    .build()
                    .map_err(invalid)?
            }
        };
        let mut request = Request::new(Whole {
            data: Some(body),
            trailers,
        });
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }

    fn scheme(&self) -> &'static str {
        match self.route() {
            Route::Url(upstream) => match upstream.scheme() {
                super::upstream::Scheme::Https => "https",
                super::upstream::Scheme::Http | super::upstream::Scheme::Tcp => "http",
            },
            Route::Memory(..) => "http",
        }
    }

    fn authority(&self) -> Authority {
        match self.route() {
            Route::Url(upstream) => upstream.authority().clone(),
            Route::Memory(..) => Authority::from_static(MEMORY_AUTHORITY),
        }
    }
}
