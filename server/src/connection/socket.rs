//! Sockets: one to listen on, and the options of those that are accepted.
//!
//! Linux gives a socket that is accepted the options of its listener: they are set there, once.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::limits::{BACKLOG, Limits, UNSENT_IN_KERNEL};

/// Listens on an address; port 0 is any free one.
///
/// # Errors
/// Where the address is in use, is not this machine's, or may not be listened on.
pub fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A restart must not wait for the connections of the run before to leave TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Whether two listeners would be in each other's way: port 0 is any free one, and one at all
/// addresses of this machine is at each of them.
#[must_use]
pub fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    // Whether [::] is at those of IPv4, too, is for the system to say.
    let covers = |wide: IpAddr, narrow: IpAddr| {
        wide == narrow || wide.is_unspecified() && wide.is_ipv4() == narrow.is_ipv4()
    };
    let (a, b) = (one.ip(), other.ip());
    one.port() == other.port() && one.port() != 0 && (covers(a, b) || covers(b, a))
}

/// Has those that are accepted tuned, where they have what their listener has.
pub(super) fn tune_all(listener: &TcpListener, limits: &Limits) {
    if cfg!(target_os = "linux") {
        note(tune(&SockRef::from(listener), limits));
    }
}

/// Tunes one that was accepted, where it has nothing from its listener.
pub(super) fn tune_one(stream: &TcpStream, limits: &Limits) {
    if cfg!(not(target_os = "linux")) {
        note(tune(&SockRef::from(stream), limits));
    }
}

fn note(tuned: io::Result<()>) {
    if let Err(error) = tuned {
        // It works without, only less well; a socket that is gone shows that by itself.
        tracing::debug!(%error, "cannot set the options of connections");
    }
}

/// Sends at once, holds little that is unsent, and notices a peer that is gone.
fn tune(socket: &SockRef<'_>, limits: &Limits) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    // Whole seconds are what the kernel takes, and at least one.
    let part = |of: u32| (limits.write_timeout / of).max(Duration::from_secs(1));
    let probes = TcpKeepalive::new()
        .with_time(part(2))
        .with_interval(part(6));
    socket.set_tcp_keepalive(&probes)?;
    #[cfg(target_os = "linux")]
    {
        // Without it the kernel goes on sending to a peer that is gone for a quarter of an hour.
        socket.set_tcp_user_timeout(Some(limits.write_timeout))?;
        socket.set_tcp_notsent_lowat(UNSENT_IN_KERNEL)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_busy_port_is_an_error() {
        let first = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let again = bind(first.local_addr().unwrap());
        assert_eq!(again.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn one_that_is_accepted_is_tuned_as_its_listener_is() {
        let (listener, limits) = (
            bind("127.0.0.1:0".parse().unwrap()).unwrap(),
            Limits::default(),
        );
        tune_all(&listener, &limits);
        let _client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        let timeout = limits.write_timeout;
        assert_eq!(socket.tcp_keepalive_time().unwrap(), timeout / 2);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), timeout / 6);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(timeout));
        assert_eq!(socket.tcp_notsent_lowat().unwrap(), UNSENT_IN_KERNEL);
    }

    #[test]
    fn two_listeners_are_apart_by_port_or_by_address() {
        let overlap = |a: &str, b: &str| overlap(a.parse().unwrap(), b.parse().unwrap());
        for (one, other) in [
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("127.0.0.1:80", "0.0.0.0:80"),
            ("[::]:80", "[::1]:80"),
        ] {
            assert!(overlap(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("127.0.0.1:80", "127.0.0.1:81"),
            ("127.0.0.1:80", "127.0.0.2:80"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("0.0.0.0:80", "[::1]:80"),
        ] {
            assert!(!overlap(one, other), "{one} {other}");
        }
    }
}
