//! One connection to a server: its socket, TLS where the server speaks it, and its responses.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use socket2::{Domain, Socket, Type};

use crate::Outcome;
use crate::http::{Piece, Responses};

/// Where a server listens, and how it is spoken to.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) port: u16,
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

pub(crate) struct Connection {
    socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    responses: Responses,
    /// What the socket has not taken yet.
    unsent: Vec<u8>,
}

/// What a reader that stalls takes before its socket is full: little, so that it stalls soon.
const STALLED_BUFFER: usize = 4 * 1024;
const STALLED_SEGMENT: u32 = 536;

impl Connection {
    pub(crate) fn open(address: &Address) -> Outcome<Self> {
        Self::with(address, |_| Ok(()))
    }

    /// One whose other end soon finds that no more is taken, once it is read no more.
    pub(crate) fn open_narrow(address: &Address) -> Outcome<Self> {
        Self::with(address, |socket| {
            socket.set_recv_buffer_size(STALLED_BUFFER)?;
            socket.set_tcp_mss(STALLED_SEGMENT)
        })
    }

    fn with(
        address: &Address,
        configure: impl Fn(&Socket) -> std::io::Result<()>,
    ) -> Outcome<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        configure(&socket)?;
        // Ends at once: no port is left in TIME_WAIT, of which one run would fill all there are.
        socket.set_linger(Some(Duration::ZERO))?;
        socket.set_tcp_nodelay(true)?;
        socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, address.port)).into())?;
        let mut socket = TcpStream::from(socket);
        let tls = match &address.tls {
            Some(config) => {
                let name = ServerName::try_from("localhost")?;
                let mut tls = Box::new(ClientConnection::new(config.clone(), name)?);
                while tls.is_handshaking() {
                    tls.complete_io(&mut socket)?;
                }
                Some(tls)
            }
            None => None,
        };
        socket.set_nonblocking(true)?;
        let (responses, unsent) = (Responses::default(), Vec::new());
        Ok(Self {
            socket,
            tls,
            responses,
            unsent,
        })
    }

    /// Sends what the socket takes, and keeps the rest for `flush`.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Outcome<()> {
        match &mut self.tls {
            Some(tls) => {
                tls.writer().write_all(bytes)?;
                while tls.wants_write() {
                    tls.write_tls(&mut self.unsent)?;
                }
            }
            None => self.unsent.extend_from_slice(bytes),
        }
        self.flush()
    }

    pub(crate) fn flush(&mut self) -> Outcome<()> {
        while !self.unsent.is_empty() {
            match self.socket.write(&self.unsent) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Whether something is left for `flush`.
    pub(crate) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Reads once what is there: the end of the connection is an error, as no run expects it.
    pub(crate) fn read(
        &mut self,
        buffer: &mut [u8],
        mut sink: impl FnMut(Piece<'_>) -> Outcome<()>,
    ) -> Outcome<()> {
        let Some(tls) = &mut self.tls else {
            return match self.socket.read(buffer) {
                Ok(0) => Err("a connection ended".into()),
                Ok(read) => self.responses.take(&buffer[..read], sink),
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
                Err(error) => Err(error.into()),
            };
        };
        match tls.read_tls(&mut self.socket) {
            Ok(0) => return Err("a connection ended".into()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        tls.process_new_packets()?;
        loop {
            match tls.reader().read(buffer) {
                Ok(0) => return Err("a connection ended".into()),
                Ok(read) => self.responses.take(&buffer[..read], &mut sink)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
