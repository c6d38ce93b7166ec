use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connection::Connection;
use crate::core::{Core, until};
use crate::fault::Action;
use crate::journal::{ConnectionEvent, Peer, Port};
use crate::listen::{Cause, Listener, ServerStream};

/// How long to wait after the kernel could not give a connection or a port: it is out of something.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(10);

/// Tells an accept loop that the collector went down or came up.
///
/// The answer comes when the port is closed and its connections have ended, or when it is open.
#[derive(Debug)]
pub(crate) struct Command(pub(crate) oneshot::Sender<io::Result<()>>);

/// Accepts the connections of one port, and owns them: dropped, it ends them all.
#[derive(Debug)]
pub(crate) struct AcceptLoop {
    core: Arc<Core>,
    port: Port,
    listener: Listener,
    commands: mpsc::UnboundedReceiver<Command>,
    faults_changed: watch::Receiver<u64>,
    tasks: JoinSet<u64>,
    connections: HashMap<u64, Arc<Connection>>,
}

impl AcceptLoop {
    pub(crate) fn new(
        core: Arc<Core>,
        port: Port,
        listener: Listener,
        commands: mpsc::UnboundedReceiver<Command>,
    ) -> Self {
        let faults_changed = core.faults.subscribe();
        Self {
            core,
            port,
            listener,
            commands,
            faults_changed,
            tasks: JoinSet::new(),
            connections: HashMap::new(),
        }
    }

    /// Opens or closes the port and ends its connections, as faults and commands have it now.
    pub(crate) async fn settle(&mut self) -> io::Result<()> {
        let opened = if self.core.refuses() {
            self.listener.close();
            Ok(())
        } else if self.core.swallows() {
            self.listener.swallow().await
        } else {
            self.listener.open()
        };
        if self.core.is_away() {
            self.end_all().await;
        }
        opened
    }

    /// Runs until it is dropped.
    pub(crate) async fn run(mut self) {
        loop {
            let settled = self.settle().await;
            if let Err(error) = &settled {
                tracing::warn!(port = %self.port, %error, "cannot listen, trying again");
            }
            let wake = match (settled, self.core.next_edge()) {
                (Err(_), _) => Some(Instant::now() + PAUSE_AFTER_ERROR),
                (Ok(()), edge) => edge.map(|edge| self.core.journal.started() + edge),
            };
            tokio::select! {
                biased;
                Some(Command(done)) = self.commands.recv() => {
                    // Nobody waits any more if this fails.
                    let _ = done.send(self.settle().await);
                }
                Ok(()) = self.faults_changed.changed() => {}
                () = until(wake) => {}
                Some(ended) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    if let Ok(ordinal) = ended {
                        self.connections.remove(&ordinal);
                    }
                }
                accepted = self.listener.accept() => match accepted {
                    Ok(stream) => self.accept(stream),
                    Err(error) => {
                        tracing::debug!(port = %self.port, %error, "a connection could not be accepted");
                        tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                    }
                },
            }
        }
    }

    fn accept(&mut self, stream: ServerStream) {
        if self.core.refuses_connection(self.port) {
            // It came while the port was closing: the kernel resets those that nobody accepted.
            stream.reset();
            return;
        }
        let journal = &self.core.journal;
        let ordinal = journal.next_connection();
        journal.connection(ordinal, self.port, ConnectionEvent::Opened);
        let decision = self.core.faults.on_connection(ordinal, journal.elapsed());
        if let Some(decision) = decision
            && decision.action == Action::AcceptThenClose
        {
            journal.connection_by(
                decision.fault.into_iter().collect(),
                ordinal,
                self.port,
                ConnectionEvent::Closed {
                    by: Peer::Collector,
                },
            );
            self.tasks.spawn(async move {
                stream.close().await;
                ordinal
            });
            return;
        }
        let connection = Arc::new(Connection::new(Arc::clone(&self.core), ordinal, self.port));
        self.connections.insert(ordinal, Arc::clone(&connection));
        self.tasks.spawn(async move {
            connection.serve(stream).await;
            ordinal
        });
    }

    async fn end_all(&mut self) {
        for connection in self.connections.values() {
            connection.end(Cause::Stopped);
        }
        while self.tasks.join_next().await.is_some() {}
        self.connections.clear();
    }
}
