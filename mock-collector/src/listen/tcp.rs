use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

/// How many connections wait in the kernel until they are accepted; as in Go's `net` on Linux, up to its limit.
const BACKLOG: u16 = 1024;

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
    /// Connections are accepted, but for those with which this side once filled the queue. Or nobody accepts, and the
    /// kernel's queue is full: who connects gets no answer.
    Listening {
        listener: TcpListener,
        fillers: Vec<TcpStream>,
        accepts: bool,
    },
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

    /// Listens, where it does not already.
    pub(crate) fn open(&mut self) -> io::Result<()> {
        if let State::Listening {
            listener, accepts, ..
        } = &mut self.state
        {
            if !*accepts {
                // The same socket all the time: without it, connecting would be refused for a moment.
                set_backlog(listener, BACKLOG)?;
                *accepts = true;
            }
            return Ok(());
        }
        let socket = match std::mem::replace(&mut self.state, State::Released) {
            State::Reserved(socket) => socket,
            State::Listening { .. } | State::Released => rebind(self.address)?,
        };
        self.state = State::Listening {
            listener: socket.listen(BACKLOG.into())?,
            fillers: Vec::new(),
            accepts: true,
        };
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
        if matches!(self.state, State::Listening { accepts: false, .. }) {
            return Ok(());
        }
        self.open()?;
        if let State::Listening {
            listener,
            fillers,
            accepts,
        } = &mut self.state
        {
            set_backlog(listener, 0)?;
            for _ in 0..LONGEST_QUEUE {
                match timeout(ANSWER_OF_THE_KERNEL, TcpStream::connect(self.address)).await {
                    Ok(connected) => fillers.push(connected?),
                    Err(_) => break,
                }
            }
            *accepts = false;
        }
        Ok(())
    }

    /// The next connection; never, while the port is closed. Cancel safe.
    pub(crate) async fn accept(&mut self) -> io::Result<TcpStream> {
        let State::Listening {
            listener,
            fillers,
            accepts: true,
        } = &mut self.state
        else {
            return std::future::pending().await;
        };
        loop {
            let (stream, peer) = listener.accept().await?;
            let filler = fillers
                .iter()
                .position(|filler| filler.local_addr().is_ok_and(|address| address == peer));
            if let Some(filler) = filler {
                drop(fillers.swap_remove(filler));
                continue;
            }
            stream.set_nodelay(true)?;
            return Ok(stream);
        }
    }
}

/// How many connections may wait from now on, on a socket that listens already.
fn set_backlog(listener: &TcpListener, backlog: u16) -> io::Result<()> {
    SockRef::from(listener).listen(backlog.into())
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
