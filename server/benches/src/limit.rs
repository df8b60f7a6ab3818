//! The limit that servers are held against: one thread and one `epoll`, which does nothing but `send` the
//! same bytes to every socket.

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
    published: u64,
}

struct Client {
    socket: TcpStream,
    subscribed: bool,
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
            let (subscribed, request) = (false, Vec::new());
            self.clients.push(Some(Client {
                socket,
                subscribed,
                request,
            }));
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
        if self.requests(&mut client).is_ok() {
            self.clients[at] = Some(client);
        }
    }

    fn requests(&mut self, client: &mut Client) -> Outcome<()> {
        let mut buffer = [0; 16 * 1024];
        match client.socket.read(&mut buffer)? {
            0 => return Err("it has gone".into()),
            read => client.request.extend_from_slice(&buffer[..read]),
        }
        while let Some((used, data)) = request(&client.request)? {
            match data {
                Some(data) => {
                    let frame = frame(self.published, &client.request[data..used]);
                    self.published += 1;
                    self.send(&frame);
                    client.socket.write_all(ANSWER)?;
                }
                None => {
                    client.socket.write_all(OPEN)?;
                    client.subscribed = true;
                }
            }
            client.request.drain(..used);
        }
        if client.request.is_empty() {
            client.request = Vec::new();
        }
        Ok(())
    }

    fn send(&mut self, frame: &[u8]) {
        for slot in &mut self.clients {
            if let Some(client) = slot
                && client.subscribed
                && client.socket.write(frame).ok() != Some(frame.len())
            {
                *slot = None;
            }
        }
    }
}

/// Of the first request that is whole: how long it is, and where its data begin if it publishes.
fn request(bytes: &[u8]) -> Outcome<Option<(usize, Option<usize>)>> {
    let Some(head) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else {
        return Ok(None);
    };
    let body = head + 4;
    if bytes.starts_with(b"GET ") {
        return Ok(Some((body, None)));
    }
    let head = std::str::from_utf8(&bytes[..head])?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    let end = body + length.ok_or("no length")?.parse::<usize>()?;
    Ok((bytes.len() >= end).then_some((end, Some(body))))
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
        let publish = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(request(publish).unwrap(), Some((41, Some(38))));
        assert_eq!(request(&publish[..40]).unwrap(), None);
        assert_eq!(request(&publish[..20]).unwrap(), None);
        assert_eq!(
            request(b"GET / HTTP/1.1\r\n\r\nGET").unwrap(),
            Some((18, None))
        );
        assert!(request(b"POST / HTTP/1.1\r\n\r\n").is_err());
        assert_eq!(frame(7, b"abc"), b"1a\r\nid: 00000000-7\ndata: abc\n\n\r\n");
    }
}
