use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

/// How many connections wait in the kernel until they are accepted; as in Go's `net` on Linux, up to its limit.
const BACKLOG: u32 = 1024;

/// How long the kernel may take to let a connection into its own queue: far longer than it needs on one machine.
const ANSWER_OF_THE_KERNEL: Duration = Duration::from_millis(200);

/// More connections than a queue of length 0 holds anywhere.
const LONGEST_QUEUE: usize = 16;

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
    /// The kernel's queue is full, and nobody accepts: who connects gets no answer.
    Swallowing {
        _listener: TcpListener,
        _queue: Vec<TcpStream>,
    },
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

    /// Listens, where it does not already.
    pub(crate) fn open(&mut self) -> io::Result<()> {
        let socket = match std::mem::replace(&mut self.state, State::Released) {
            State::Open(listener) => {
                self.state = State::Open(listener);
                return Ok(());
            }
            State::Reserved(socket) => socket,
            swallowing @ State::Swallowing { .. } => {
                // The listener has to be gone before the port can be bound again.
                drop(swallowing);
                rebind(self.address)?
            }
            State::Released => rebind(self.address)?,
        };
        self.state = State::Open(socket.listen(BACKLOG)?);
        Ok(())
    }

    /// Stops listening and keeps the port.
    pub(crate) fn close(&mut self) {
        if !matches!(self.state, State::Reserved(_)) {
            // The listener has to be gone before the port can be bound again.
            self.state = State::Released;
            self.state = rebind(self.address).map_or(State::Released, State::Reserved);
        }
    }

    /// Fills the kernel's queue of connections that wait to be accepted, as small as it can be: from then on the kernel
    /// drops what asks for another.
    pub(crate) async fn swallow(&mut self) -> io::Result<()> {
        if matches!(self.state, State::Swallowing { .. }) {
            return Ok(());
        }
        self.state = State::Released;
        let listener = rebind(self.address)?.listen(0)?;
        let mut queue = Vec::new();
        while queue.len() < LONGEST_QUEUE {
            match timeout(ANSWER_OF_THE_KERNEL, TcpStream::connect(self.address)).await {
                Ok(connected) => queue.push(connected?),
                Err(_) => break,
            }
        }
        self.state = State::Swallowing {
            _listener: listener,
            _queue: queue,
        };
        Ok(())
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
