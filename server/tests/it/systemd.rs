//! As a service manager runs the program: a socket that stays open, signals, and what it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::program::{ask, tickertape};
use crate::secure::{Authority, write_secret};
use crate::support::field;

/// How often the server is started anew.
const ROUNDS: usize = 3;
const CLIENTS: usize = 4;
/// How many events are acknowledged in a round before the signal.
const ENOUGH: usize = 100;

/// The program, which gets this socket as a service manager would pass it, and these variables.
///
/// A shell puts it in its place, and knows the process id that the program will have.
fn with_socket(socket: OwnedFd, count: usize, args: &[&str]) -> Command {
    let more: String = (4..3 + count).map(|n| format!("exec {n}<&3; ")).collect();
    let program = env!("CARGO_BIN_EXE_tickertape");
    let line = format!(
        "exec 3<&0 0</dev/null; {more}LISTEN_PID=$$ LISTEN_FDS={count} exec {program} \"$@\""
    );
    let mut command = Command::new("sh");
    command
        .args(["-c", &line, "sh"])
        .args(args)
        .env_remove("STATE_DIRECTORY")
        .stdin(Stdio::from(socket))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args([name, &pid]).status().unwrap();
    assert!(sent.success());
}

/// A server on a socket that stays when it ends.
struct Hub {
    child: Child,
}

impl Hub {
    fn start(listener: &TcpListener, dir: &Path) -> Self {
        let socket = OwnedFd::from(listener.try_clone().unwrap());
        let args = ["--data-dir", dir.to_str().unwrap(), "--addr", "127.0.0.1:1"];
        let mut child = with_socket(socket, 1, &args)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let expected = format!(
            "Tickertape is at http://{}\n",
            listener.local_addr().unwrap()
        );
        assert_eq!(line, expected, "the socket counts, and no --addr");
        Self { child }
    }

    fn stop(mut self) {
        signal(&self.child, "-TERM");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

/// A connection, which is never refused.
fn connect(addr: &str) -> TcpStream {
    let stream = TcpStream::connect(addr).expect("the port is open, also during a restart");
    let limit = Some(Duration::from_secs(30));
    stream.set_read_timeout(limit).unwrap();
    stream
}

/// Publishes until it is acknowledged; what is not known to be stored is sent again by its key.
fn publish(addr: &str, key: &str) -> String {
    loop {
        let mut stream = connect(addr);
        let length = key.len();
        let head = format!("POST /events/a?key={key} HTTP/1.0\r\nHost: localhost\r\n");
        let request = format!("{head}Content-Length: {length}\r\n\r\n{key}");
        let mut answer = String::new();
        let asked = stream.write_all(request.as_bytes());
        if asked.is_err() || stream.read_to_string(&mut answer).is_err() {
            continue;
        }
        let Some((head, body)) = answer.split_once("\r\n\r\n") else {
            continue;
        };
        if head.starts_with("HTTP/1.0 200 ") {
            let body: Value = serde_json::from_str(body).unwrap();
            return body["id"].as_str().unwrap().to_owned();
        }
        assert!(head.starts_with("HTTP/1.0 503 "), "{answer}");
    }
}

/// Follows until this many events came, over as many connections as it takes; there is no gap.
fn follow(addr: &str, total: usize) -> Vec<String> {
    let (mut seen, mut last) = (Vec::new(), "earliest".to_owned());
    while seen.len() < total {
        let mut stream = connect(addr);
        let head = "GET /events/a HTTP/1.0\r\nHost: localhost\r\nLast-Event-ID";
        if write!(stream, "{head}: {last}\r\n\r\n").is_err() {
            continue;
        }
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        let mut block = String::new();
        for line in lines {
            if !line.is_empty() {
                block += &(line + "\n");
                continue;
            }
            assert!(!block.contains("event: hub.gap"), "{block}");
            if block.starts_with("id: ") {
                last = field(&block, "id").to_owned();
                seen.push(field(&block, "data").to_owned());
                if seen.len() == total {
                    return seen;
                }
            }
            block.clear();
        }
    }
    seen
}

#[test]
fn a_restart_refuses_no_connection_and_loses_no_event() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let total = ROUNDS * CLIENTS * ENOUGH;
    let (tell, told) = mpsc::channel();
    let readers = thread::scope(|scope| {
        let mut hub = Hub::start(&listener, dir.path());
        let readers: Vec<_> = (0..CLIENTS)
            .map(|_| scope.spawn(|| follow(&addr, total)))
            .collect();
        for round in 0..ROUNDS {
            let publishers: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let (addr, tell) = (&addr, tell.clone());
                    scope.spawn(move || {
                        for n in 0..ENOUGH {
                            let id = publish(addr, &format!("{round}-{client}-{n}"));
                            tell.send(id).unwrap();
                        }
                    })
                })
                .collect();
            // In the middle of it.
            let mut ids: Vec<_> = told.iter().take(ENOUGH).collect();
            hub.stop();
            hub = Hub::start(&listener, dir.path());
            ids.extend(told.iter().take(CLIENTS * ENOUGH - ENOUGH));
            publishers.into_iter().for_each(|p| p.join().unwrap());
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), CLIENTS * ENOUGH, "each has an id of its own");
        }
        let seen: Vec<_> = readers.into_iter().map(|r| r.join().unwrap()).collect();
        hub.stop();
        seen
    });
    for mut seen in readers {
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), total, "each is seen, and once");
    }
}

#[test]
fn a_socket_that_cannot_be_used_stops_the_start_and_is_named() {
    let wrong = |socket: OwnedFd, count, args: &[&str]| -> Output {
        with_socket(socket, count, &[args, &["--ephemeral"]].concat())
            .output()
            .unwrap()
    };
    let tcp = |addr| OwnedFd::from(TcpListener::bind(addr).unwrap());
    let file = OwnedFd::from(tempfile::tempfile().unwrap());
    let unbound = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    for (output, why) in [
        (wrong(tcp("0.0.0.0:0"), 1, &["dev"]), "others reach"),
        (wrong(tcp("127.0.0.1:0"), 2, &["dev"]), "2 sockets"),
        (wrong(file, 1, &["dev"]), "not one of TCP"),
        (wrong(unbound.into(), 1, &["dev"]), "not listened on"),
    ] {
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{said}");
        assert!(
            said.contains("LISTEN_FDS")
                && said.contains(why)
                && said.trim_end().lines().count() == 1,
            "{said}"
        );
    }
}

#[test]
fn a_socket_that_is_for_another_process_is_left_alone() {
    for pid in [Some("1"), None] {
        let mut command = tickertape(&["--ephemeral", "--addr", "127.0.0.1:0"]);
        command.env("LISTEN_FDS", "1").env_remove("LISTEN_PID");
        if let Some(pid) = pid {
            command.env("LISTEN_PID", pid);
        }
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        child.kill().unwrap();
        let said = child.wait_with_output().unwrap().stderr;
        assert!(
            line.starts_with("Tickertape is at http://127.0.0.1:"),
            "{line}{}",
            String::from_utf8_lossy(&said)
        );
    }
}

/// What the manager is told next that is no sign of life.
fn told(manager: &UnixDatagram) -> String {
    loop {
        let mut bytes = [0; 4096];
        let length = manager.recv(&mut bytes).expect("it is told");
        let text = String::from_utf8(bytes[..length].to_vec()).unwrap();
        if text != "WATCHDOG=1\n" {
            return text;
        }
    }
}

#[test]
fn the_manager_is_told_how_the_server_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let mut child = tickertape(&["--ephemeral", "--addr", "127.0.0.1:0"])
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "50000")
        .spawn()
        .unwrap();
    assert_eq!(told(&manager), "READY=1\n");
    let mut bytes = [0; 64];
    let length = manager.recv(&mut bytes).expect("a sign of life");
    assert_eq!(&bytes[..length], b"WATCHDOG=1\n");

    signal(&child, "-HUP");
    let reloading = told(&manager);
    assert!(
        reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="),
        "{reloading}"
    );
    assert_eq!(told(&manager), "READY=1\n");

    signal(&child, "-TERM");
    assert_eq!(told(&manager), "STOPPING=1\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// A server that runs until it is dropped, and what it says on standard error.
struct Running {
    child: Child,
    addr: String,
    said: Box<dyn Iterator<Item = String>>,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let args = [args, &["--ephemeral", "--addr", "127.0.0.1:0"]].concat();
        let mut child = tickertape(&args).spawn().unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        Self {
            child,
            addr: line.trim_end().rsplit_once('/').unwrap().1.to_owned(),
            said: Box::new(said.map_while(Result::ok)),
        }
    }

    /// Sends SIGHUP, and gives the lines that are said of it, the last of them the summary.
    fn hang_up(&mut self) -> String {
        signal(&self.child, "-HUP");
        let mut all = String::new();
        for line in self.said.by_ref() {
            all += &line;
            if line.contains("SIGHUP: ") {
                return all;
            }
        }
        panic!("it ended: {all}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_hangup_changes_what_is_logged_and_is_no_end() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("some.toml");
    std::fs::write(&file, "log = 'error'").unwrap();
    let mut hub = Running::start(&["dev", "--config", file.to_str().unwrap()]);
    // Where `error` were still in force, nothing of this would be said.
    for (log, expected) in [
        ("log = 'info'", "read again: the log's filter"),
        ("log = 'server=loud'", "`log`"),
    ] {
        std::fs::write(&file, log).unwrap();
        let said = hub.hang_up();
        assert!(said.contains(expected), "{said}");
        let answer = ask(&hub.addr, "GET /healthz HTTP/1.0\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
    }
}

/// The status of a publish with this key.
fn publish_as(addr: &str, key: &str) -> String {
    let head = "POST /events/a HTTP/1.0\r\nHost: localhost\r\nContent-Length: 1\r\n";
    let answer = ask(addr, &format!("{head}Authorization: Bearer {key}\r\n\r\nx"));
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn a_hangup_reads_the_keys_of_publishers_again_and_keeps_what_was_good() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("publishers");
    let [first, second] = ["1", "2"].map(|n| format!("{n}0123456789abcdefghijklmnopqrstuv"));
    write_secret(&file, &format!("ada {first}\n"));
    let flag = file.to_str().unwrap();
    let mut hub = Running::start(&["serve", "--publish-key-file", flag]);
    let statuses = |hub: &Running| [&first, &second].map(|key| publish_as(&hub.addr, key));
    assert_eq!(statuses(&hub), ["200", "401"]);

    write_secret(&file, &format!("ada {second}\n"));
    let said = hub.hang_up();
    assert!(
        said.contains("the keys for tokens and of publishers"),
        "{said}"
    );
    assert_eq!(statuses(&hub), ["401", "200"]);

    write_secret(&file, "ada\n");
    let said = hub.hang_up();
    assert!(said.contains("has a name and no key"), "{said}");
    assert_eq!(statuses(&hub), ["401", "200"]);
}

#[tokio::test]
async fn a_hangup_reads_the_certificate_again_and_keeps_what_was_good() {
    let authority = Authority::new();
    let files = authority.files(1);
    let flag = |path: &Path| path.to_str().unwrap().to_owned();
    let (cert, key) = (flag(&files.cert), flag(&files.key));
    let mut hub = Running::start(&["dev", "--tls-cert", &cert, "--tls-key", &key]);
    let addr: SocketAddr = hub.addr.parse().unwrap();
    let first = authority.shown_at(addr).await;

    let (cert, key) = authority.sign(2);
    write_secret(&files.cert, &cert);
    let said = hub.hang_up();
    assert_eq!(said.matches("is not the key of").count(), 1, "{said}");
    assert!(
        said.contains("the log's filter"),
        "read all the same: {said}"
    );
    assert_eq!(authority.shown_at(addr).await, first);

    write_secret(&files.key, &key);
    let said = hub.hang_up();
    assert!(said.contains("the certificate and its key"), "{said}");
    assert_ne!(authority.shown_at(addr).await, first);
}
