//! A proxy as a process, in front of a server.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// Keeps a test that waits for what never comes from hanging; no measure of anything.
const HANGS: Duration = Duration::from_secs(60);

/// A proxy, and what it is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    /// Its configuration, from the root of the repository.
    pub(super) file: &'static str,
    /// What else is to be said to nginx, around the file.
    pub(super) around: &'static str,
    /// What is to be changed in the file, as `sed` has it.
    pub(super) change: &'static str,
}

/// The files of `docs/deploy`.
pub(super) const DOCUMENTED: [Setup; 3] = [
    Setup::of("docs/deploy/nginx.conf"),
    Setup::of("docs/deploy/haproxy.cfg"),
    Setup::of("docs/deploy/Caddyfile"),
];

/// Proxies to which nothing is said about streams.
pub(super) const DEFAULT: [Setup; 3] = [
    Setup::of("scripts/proxies/nginx.conf"),
    Setup::of("scripts/proxies/haproxy.cfg"),
    Setup::of("scripts/proxies/Caddyfile"),
];

impl Setup {
    const fn of(file: &'static str) -> Self {
        Self {
            file,
            around: "",
            change: "",
        }
    }

    /// The same with a change.
    pub(super) const fn change(self, change: &'static str) -> Self {
        Self { change, ..self }
    }

    /// The same with something said to nginx.
    pub(super) const fn around(self, around: &'static str) -> Self {
        Self { around, ..self }
    }

    fn program(&self) -> &'static str {
        match self.file {
            file if file.ends_with("nginx.conf") => "nginx",
            file if file.ends_with("haproxy.cfg") => "haproxy",
            _ => "caddy",
        }
    }

    /// Whether all is there that it takes; says once what is not.
    fn is_there(&self) -> bool {
        let missing = [self.program(), "curl", "openssl"]
            .into_iter()
            .find(|program| !is_installed(program));
        let Some(program) = missing else { return true };
        static TOLD: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
        if TOLD.lock().unwrap().insert(program) {
            // Not by `eprintln`, which nobody sees of a test that passes.
            let _ = writeln!(
                io::stderr(),
                "PASSED OVER: nothing was tested behind {}, as there is no {program}",
                self.program()
            );
        }
        false
    }
}

/// A running proxy; it is killed when dropped.
pub(super) struct Proxy {
    child: Child,
    addr: SocketAddr,
    _dir: TempDir,
}

impl Proxy {
    /// One in front of a server; none, and a word on standard error, where it is not installed.
    pub(super) fn start(setup: Setup, hub: SocketAddr) -> Option<Self> {
        if !setup.is_there() {
            return None;
        }
        // A proxy cannot tell which free port it has found; another may find the same.
        (0..5)
            .find_map(|_| Self::at(setup, hub, free_address()))
            .unwrap_or_else(|| panic!("{setup:?} does not start"))
            .into()
    }

    fn at(setup: Setup, hub: SocketAddr, addr: SocketAddr) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let child = Command::new(root.join("scripts/proxy.sh"))
            .arg(root.join(setup.file))
            .args([addr.to_string(), hub.to_string()])
            .arg(dir.path())
            .env("SED", setup.change)
            .env("NGINX_HTTP", setup.around)
            .stdout(Stdio::null())
            .stderr(log())
            .spawn()
            .unwrap();
        let mut proxy = Self {
            child,
            addr,
            _dir: dir,
        };
        while proxy.child.try_wait().unwrap().is_none() {
            if TcpStream::connect(addr).is_ok() {
                return Some(proxy);
            }
            thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// The address of something behind it.
    pub(super) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.addr)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // One that has ended already needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What proxies say is shown where `TICKERTAPE_PROXY_LOG` asks for it.
fn log() -> Stdio {
    match std::env::var_os("TICKERTAPE_PROXY_LOG") {
        Some(_) => Stdio::inherit(),
        None => Stdio::null(),
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // Where Debian has servers, and who is not root no PATH to.
    dirs.push("/usr/sbin".into());
    dirs.iter().any(|dir| dir.join(program).is_file())
}

/// A process's output, on which nothing is waited for without end.
pub(super) struct Guard {
    pieces: mpsc::Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
}

impl Guard {
    pub(super) fn over(mut out: ChildStdout) -> Self {
        let (sender, pieces) = mpsc::channel();
        // Ends with the process.
        thread::spawn(move || {
            loop {
                let mut piece = vec![0; 4096];
                let read = out.read(&mut piece);
                let piece = read.map(|read| piece[..read].to_vec());
                let is_end = !matches!(&piece, Ok(piece) if !piece.is_empty());
                if sender.send(piece).is_err() || is_end {
                    return;
                }
            }
        });
        Self {
            pieces,
            piece: io::Cursor::default(),
        }
    }
}

impl Read for Guard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.piece.get_ref().len() as u64 - self.piece.position();
        if left == 0 {
            self.piece = match self.pieces.recv_timeout(HANGS) {
                Ok(piece) => io::Cursor::new(piece?),
                Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(0),
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
            };
        }
        self.piece.read(buffer)
    }
}
