//! A server written by hand: it answers each connection with what a test says, byte for byte.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The head of an event stream.
pub(crate) const STREAM: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

/// A server whose answers are all known before.
pub(crate) struct Scripted {
    pub(crate) url: String,
    requests: Receiver<(Instant, String)>,
}

impl Scripted {
    /// One connection an answer, and then none; each is closed after it.
    pub(crate) fn new(answers: &[String]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/prefix", listener.local_addr().unwrap());
        let answers = answers.to_vec();
        let (tell, requests) = channel();
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let request = request(&mut stream);
                tell.send((Instant::now(), request)).unwrap();
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { url, requests }
    }

    /// The next request, and when it came.
    pub(crate) fn next(&self) -> (Instant, String) {
        let wait = Duration::from_secs(30);
        self.requests.recv_timeout(wait).expect("another request")
    }

    /// How many requests came that were not looked at.
    pub(crate) fn requests(&self) -> usize {
        self.requests.try_iter().count()
    }
}

/// A request with its body, where `Content-Length` says that it has one.
fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}
