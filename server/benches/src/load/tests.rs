//! The generator against servers that do right and wrong.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use super::*;
use crate::limit;

const LEN: usize = 100;

fn load(port: u16) -> Load {
    let dialect = Dialect::of_one_path(|_| "/".into());
    let mut load = Load::to(Address { port, tls: None }, dialect, 1, LEN).unwrap();
    load.patience = Duration::from_millis(50);
    load
}

fn publish(load: &mut Load, readers: usize, events: usize) -> Faults {
    let reader = Subscribe {
        topic: 0,
        from: From::Now,
        stalls: false,
    };
    load.run(
        &Schedule::nothing(),
        &vec![reader; readers],
        Until::Delivered,
    )
    .unwrap();
    let schedule = Schedule::bursts(1, events, Duration::from_secs(1));
    load.run(&schedule, &[], Until::Delivered).unwrap();
    load.finish().unwrap()
}

/// Has one subscriber and one publisher, and whatever is published sends these numbers.
fn send(listener: &TcpListener, numbers: &[u64]) {
    let request = |socket: &mut TcpStream| {
        let mut buffer = [0; 16 * 1024];
        assert_ne!(socket.read(&mut buffer).unwrap(), 0);
    };
    let (mut subscriber, _) = listener.accept().unwrap();
    request(&mut subscriber);
    subscriber.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let (mut publisher, _) = listener.accept().unwrap();
    request(&mut publisher);
    for number in numbers {
        let frame = format!("data: {}\n\n", data(*number, LEN));
        subscriber.write_all(frame.as_bytes()).unwrap();
    }
    let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
    publisher.write_all(&answer.repeat(numbers.len())).unwrap();
    // Until the generator has gone.
    let _ = std::io::copy(&mut publisher, &mut std::io::sink());
}

fn faults(numbers: &'static [u64]) -> Faults {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || send(&listener, numbers));
    let mut load = load(port);
    let faults = publish(&mut load, 1, numbers.len());
    drop(load);
    server.join().unwrap();
    faults
}

#[test]
fn a_server_that_loses_doubles_or_reorders_is_found() {
    assert_eq!(faults(&[0, 1, 2, 3]), Faults::default());
    assert_eq!(
        faults(&[0, 2, 2, 1]),
        Faults {
            lost: 1,
            doubled: 1,
            misordered: 1
        }
    );
}

#[test]
fn the_limit_delivers_everything() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    // It serves until the process ends.
    std::thread::spawn(move || limit::serve(port));
    let begun = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "it does not listen"
        );
        std::thread::yield_now();
    }
    let mut load = load(port);
    assert_eq!(publish(&mut load, 100, 20), Faults::default());
}
