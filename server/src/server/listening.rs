//! Where a server is asked: the address is taken, and then served.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::StartError;
use crate::{http, system};

/// A listener that is being served. [`Listening::stop`] ends it in order; Drop ends it at once.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl Listening {
    /// Serves a listener in the background. To be called in a tokio runtime.
    pub(super) fn serve(listener: StdListener, state: Arc<http::State>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = TcpListener::from_std(listener)?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(http::accept(listener, state, stopped));
        Ok(Self { address, stop, task: Some(task) })
    }

    /// The address in use; where port 0 was asked for, the one that the system chose.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends held polls with 304 and streams at once, lets answers go out, and returns within a second.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.take()
            && let Err(error) = task.await
        {
            tracing::error!("the accept loop had panicked: {error}");
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

/// Listens on an address; `[::]` takes IPv4 as well.
///
/// # Errors
/// [`StartError::PortTaken`] or [`StartError::Bind`].
pub fn bind(address: SocketAddr) -> Result<StdListener, StartError> {
    use socket2::{Domain, Socket, Type};
    let bound = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        if address.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        // So that a restart need not wait for connections of the last run; on Windows it would let two programs share the port.
        #[cfg(not(windows))]
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(4096)?;
        Ok(socket.into())
    };
    bound().map_err(|cause: io::Error| {
        if cause.kind() == io::ErrorKind::AddrInUse {
            StartError::PortTaken { port: address.port(), owner: system::port_owner(address.port()) }
        } else {
            StartError::Bind { address, cause }
        }
    })
}
