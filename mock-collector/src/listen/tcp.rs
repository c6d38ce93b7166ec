use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// How many connections wait in the kernel until they are accepted; as in Go's `net` on Linux, up to its limit.
const BACKLOG: u32 = 1024;

/// A TCP port that can stop listening and listen again without anybody else getting it in between.
#[derive(Debug)]
pub(crate) struct TcpPort {
    address: SocketAddr,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Connections are accepted.
    Open(TcpListener),
    /// The port is bound, but nobody listens: connecting is refused.
    Reserved(TcpSocket),
    /// Not even bound, because binding failed when the port was closed.
    Released,
}

impl TcpPort {
    /// Binds a port, without listening yet. Port 0 takes a free one.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = new_socket(address)?;
        if address.port() != 0 {
            // An earlier collector's connections may linger on this port.
            socket.set_reuseaddr(true)?;
        }
        socket.bind(address)?;
        // Only now where the kernel chose the port: with this option it might choose one that somebody else reserves.
        socket.set_reuseaddr(true)?;
        let address = socket.local_addr()?;
        Ok(Self {
            address,
            state: State::Reserved(socket),
        })
    }

    /// The address with the port that was really bound.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Listens, where it does not already.
    pub(crate) fn open(&mut self) -> io::Result<()> {
        let socket = match std::mem::replace(&mut self.state, State::Released) {
            State::Open(listener) => {
                self.state = State::Open(listener);
                return Ok(());
            }
            State::Reserved(socket) => socket,
            State::Released => rebind(self.address)?,
        };
        self.state = State::Open(socket.listen(BACKLOG)?);
        Ok(())
    }

    /// Stops listening and keeps the port.
    pub(crate) fn close(&mut self) {
        if self.is_open() {
            // The listener has to be gone before the port can be bound again.
            self.state = State::Released;
            self.state = rebind(self.address).map_or(State::Released, State::Reserved);
        }
    }

    /// The next connection; never, while the port is closed. Cancel safe.
    pub(crate) async fn accept(&self) -> io::Result<TcpStream> {
        let State::Open(listener) = &self.state else {
            return std::future::pending().await;
        };
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

fn new_socket(address: SocketAddr) -> io::Result<TcpSocket> {
    if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }
}

fn rebind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = new_socket(address)?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
