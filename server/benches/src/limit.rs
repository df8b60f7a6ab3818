//! The limit that servers are held against: one thread and one `epoll`, which does nothing but `send` the
//! same bytes to every socket that asked for the path to which they were posted.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::fd::OwnedFd;

use crate::Outcome;

const LISTENER: u64 = u64::MAX;
const OPEN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
    Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n: limit\n\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// Serves until it is ended.
pub(crate) fn serve(port: u16) -> Outcome<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let data = epoll::EventData::new_u64(LISTENER);
    epoll::add(&epoll, &listener, data, epoll::EventFlags::IN)?;
    let mut limit = Limit {
        epoll,
        clients: Vec::new(),
        by_path: HashMap::new(),
        published: 0,
    };
    let mut events = Vec::with_capacity(1024);
    loop {
        epoll::wait(&limit.epoll, spare_capacity(&mut events), None)?;
        for event in events.drain(..) {
            match event.data.u64() {
                LISTENER => limit.accept(&listener)?,
                at => limit.read(at as usize),
            }
        }
    }
}

struct Limit {
    epoll: OwnedFd,
    clients: Vec<Option<Client>>,
    /// Who asked for each path.
    by_path: HashMap<Vec<u8>, Vec<usize>>,
    published: u64,
}

struct Client {
    socket: TcpStream,
    /// A request that is not whole.
    request: Vec<u8>,
}

impl Limit {
    fn accept(&mut self, listener: &TcpListener) -> Outcome<()> {
        loop {
            let socket = match listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            socket.set_nonblocking(true)?;
            socket.set_nodelay(true)?;
            let data = epoll::EventData::new_u64(self.clients.len() as u64);
            epoll::add(&self.epoll, &socket, data, epoll::EventFlags::IN)?;
            let request = Vec::new();
            self.clients.push(Some(Client { socket, request }));
        }
    }

    /// Reads what one has sent; who has gone, or says what it should not, is forgotten.
    fn read(&mut self, at: usize) {
        let Some(slot) = self.clients.get_mut(at) else {
            return;
        };
        // Out of its place, as what it says may go to all.
        let Some(mut client) = slot.take() else {
            return;
        };
        if self.requests(at, &mut client).is_ok() {
            self.clients[at] = Some(client);
        }
    }

    fn requests(&mut self, at: usize, client: &mut Client) -> Outcome<()> {
        let mut buffer = [0; 16 * 1024];
        match client.socket.read(&mut buffer)? {
            0 => return Err("it has gone".into()),
            read => client.request.extend_from_slice(&buffer[..read]),
        }
        while let Some(Request { path, data, used }) = request(&client.request)? {
            match data {
                Some(data) => {
                    let frame = frame(self.published, data);
                    self.published += 1;
                    self.send(path, &frame);
                    client.socket.write_all(ANSWER)?;
                }
                None => {
                    client.socket.write_all(OPEN)?;
                    self.by_path.entry(path.to_vec()).or_default().push(at);
                }
            }
            client.request.drain(..used);
        }
        if client.request.is_empty() {
            client.request = Vec::new();
        }
        Ok(())
    }

    fn send(&mut self, path: &[u8], frame: &[u8]) {
        let Some(readers) = self.by_path.get_mut(path) else {
            return;
        };
        readers.retain(|at| {
            let client = self.clients[*at].as_mut();
            let sent =
                client.is_some_and(|client| client.socket.write(frame).ok() == Some(frame.len()));
            if !sent {
                self.clients[*at] = None;
            }
            sent
        });
    }
}

/// A request that is whole.
#[derive(Debug, PartialEq, Eq)]
struct Request<'a> {
    path: &'a [u8],
    /// None where it asks for events.
    data: Option<&'a [u8]>,
    /// How long it is.
    used: usize,
}

/// The first request, where it is whole.
fn request(bytes: &[u8]) -> Outcome<Option<Request<'_>>> {
    let Some(head) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else {
        return Ok(None);
    };
    let body = head + 4;
    let path = bytes.split(|byte| *byte == b' ').nth(1).ok_or("no path")?;
    if bytes.starts_with(b"GET ") {
        return Ok(Some(Request {
            path,
            data: None,
            used: body,
        }));
    }
    let head = std::str::from_utf8(&bytes[..head])?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    let used = body + length.ok_or("no length")?.parse::<usize>()?;
    let data = bytes.get(body..used);
    Ok(data.map(|data| Request {
        path,
        data: Some(data),
        used,
    }))
}

/// A chunk with the event as Tickertape sends it.
fn frame(number: u64, data: &[u8]) -> Vec<u8> {
    let mut event = format!("id: 00000000-{number}\ndata: ").into_bytes();
    event.extend_from_slice(data);
    event.extend_from_slice(b"\n\n");
    let mut frame = format!("{:x}\r\n", event.len()).into_bytes();
    frame.extend(event);
    frame.extend_from_slice(b"\r\n");
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart_and_cut_ones_waited_for() {
        let publish = b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST";
        let whole = |path, data, used| Some(Request { path, data, used });
        let published = whole(b"/a".as_slice(), Some(b"abc".as_slice()), 42);
        assert_eq!(request(publish).unwrap(), published);
        assert_eq!(request(&publish[..41]).unwrap(), None);
        assert_eq!(request(&publish[..20]).unwrap(), None);
        let asked = request(b"GET /b HTTP/1.1\r\n\r\nGET").unwrap();
        assert_eq!(asked, whole(b"/b", None, 19));
        assert!(request(b"POST / HTTP/1.1\r\n\r\n").is_err());
        assert_eq!(frame(7, b"abc"), b"1a\r\nid: 00000000-7\ndata: abc\n\n\r\n");
    }
}
