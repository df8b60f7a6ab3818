//! A server of one's own for each test, started by the door that production uses.

use std::net::SocketAddr;
use std::time::Duration;

use clap::ValueEnum;
use reqwest::{Response, StatusCode};
use serde_json::Value;
use server::config::Config;
use server::fanout::FanOut;
use server::limits::Limits;
use server::reload::Reload;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::metrics::scrape::Scrape;

/// The content type of a form.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
/// The content type of JSON.
pub(crate) const JSON: &str = "application/json";

/// A running server; it is cut off when dropped.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    /// Where the metrics are, if not there.
    pub(crate) metrics_addr: Option<SocketAddr>,
    client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    reload: Reload,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(Config::default()).await
    }

    /// One whose log holds only what a test publishes.
    pub(crate) async fn without_demo() -> Self {
        Self::with(Config {
            demo: false,
            ..Config::default()
        })
        .await
    }

    pub(crate) async fn with(config: Config) -> Self {
        Self::run(config, bind(), None)
    }

    /// One at this address, as where another was before.
    pub(crate) async fn at(addr: SocketAddr, config: Config) -> Self {
        Self::run(config, server::connection::bind(addr).unwrap(), None)
    }

    /// One whose metrics have an address of their own.
    pub(crate) async fn with_metrics(config: Config) -> Self {
        Self::run(config, bind(), Some(bind()))
    }

    fn run(mut config: Config, listener: TcpListener, metrics: Option<TcpListener>) -> Self {
        let addr = listener.local_addr().unwrap();
        let metrics_addr = metrics
            .as_ref()
            .map(|metrics| metrics.local_addr().unwrap());
        // All holds by both paths: `make unit` runs these for each.
        if let Ok(path) = std::env::var("TICKERTAPE_FAN_OUT") {
            config.fan_out = FanOut::from_str(&path, false).unwrap();
        }
        let (stop, stopped) = oneshot::channel::<()>();
        let reload = Reload::default();
        let again = reload.clone();
        let task = tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap_or_default() };
            let mut server = server::Server::open(config).unwrap().with_reload(again);
            if let Some(metrics) = metrics {
                server = server.with_metrics(metrics);
            }
            server.run(listener, stopped).await;
        });
        Self {
            addr,
            metrics_addr,
            client: reqwest::Client::new(),
            stop: Some(stop),
            reload,
            task,
        }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.client.request(
            method.parse().unwrap(),
            format!("http://{}{path}", self.addr),
        )
    }

    /// The same at the address of the metrics.
    pub(crate) fn metrics_request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let addr = self.metrics_addr.expect("an address of their own");
        let url = format!("http://{addr}{path}");
        self.client.request(method.parse().unwrap(), url)
    }

    pub(crate) async fn get_metrics(&self, path: &str) -> Response {
        let sent = self.metrics_request("GET", path).send();
        within(sent).await.unwrap()
    }

    pub(crate) async fn metrics(&self) -> Scrape {
        Scrape::of(self.get_metrics("/metrics").await).await
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        within(self.request("GET", path).send()).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Response {
        within(self.request("POST", path).body(body).send())
            .await
            .unwrap()
    }

    /// A connection to which these bytes have been written.
    pub(crate) async fn raw(&self, bytes: impl AsRef<[u8]>) -> TcpStream {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        stream.write_all(bytes.as_ref()).await.unwrap();
        stream
    }

    /// Asks in HTTP/1.0, whose answers have no chunks: head and body as they are on the wire.
    pub(crate) async fn exchange(&self, request: &str, body: &str) -> (String, String) {
        let mut stream = self
            .raw(format!("{request}\r\nHost: {}\r\n\r\n{body}", self.addr))
            .await;
        let answer = read_to_end(&mut stream).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        (head.to_ascii_lowercase(), body.to_owned())
    }

    /// Has the server read again what it can, as SIGHUP does.
    pub(crate) async fn reload(&self) {
        self.reload.now().await;
    }

    /// Asks the server to stop, as a signal does.
    pub(crate) fn ask_to_stop(&mut self) {
        self.stop.take().expect("asked once").send(()).unwrap();
    }

    /// Waits until the server has stopped.
    pub(crate) async fn stopped(mut self) {
        within(&mut self.task).await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn bind() -> TcpListener {
    server::connection::bind("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// The usual settings, but for these limits.
pub(crate) fn with_limits(limits: Limits) -> Config {
    Config {
        limits,
        ..Config::default()
    }
}

/// The blocks of an event stream, one after the other.
pub(crate) struct Blocks {
    response: Response,
    buffer: String,
}

impl Blocks {
    pub(crate) fn of(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            buffer: String::new(),
        }
    }

    /// The next block without its blank line; none at the end.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let block = block.to_owned();
                self.buffer = rest.to_owned();
                return Some(block);
            }
            let chunk = within(self.response.chunk()).await.unwrap()?;
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// What has come after the last block.
    pub(crate) fn rest(&self) -> &str {
        &self.buffer
    }

    /// The next block that has this field, such as `event: post`.
    pub(crate) async fn next_with(&mut self, field: &str) -> String {
        // As a whole, as heartbeats would keep each single wait short.
        within(async {
            loop {
                let block = self.next().await.expect("the stream goes on");
                if block.lines().any(|line| line == field) {
                    return block;
                }
            }
        })
        .await
    }
}

/// The value of a field of a block.
pub(crate) fn field<'a>(block: &'a str, name: &str) -> &'a str {
    block
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        .unwrap_or_else(|| panic!("no {name} in {block:?}"))
}

/// The JSON of an answer that is no refusal.
pub(crate) async fn answer(response: Response) -> Value {
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// The detail of a refusal, once its form and status are right.
pub(crate) async fn problem(response: Response, status: u16) -> String {
    assert_eq!(response.status(), status);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(body["status"], status);
    assert!(
        body["type"].is_string() && body["title"].is_string(),
        "{body}"
    );
    body["detail"].as_str().expect("a detail").to_owned()
}

/// Publishes a body of this type.
pub(crate) async fn send(
    server: &Server,
    path: &str,
    content_type: &str,
    body: impl Into<Vec<u8>>,
) -> Response {
    let request = server
        .request("POST", path)
        .header("content-type", content_type);
    within(request.body(body.into()).send()).await.unwrap()
}

/// What there is on some topics, in the order of the log.
pub(crate) async fn data(server: &Server, topics: &str) -> Vec<String> {
    let poll = answer(
        server
            .get(&format!("/events?poll=1&since=all&{topics}"))
            .await,
    )
    .await;
    let events = poll["events"].as_array().unwrap();
    let data = events.iter().map(|event| event["data"].as_str().unwrap());
    data.map(str::to_owned).collect()
}

pub(crate) async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    within(stream.read_to_end(&mut bytes)).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Reads until a text has come.
pub(crate) async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut bytes = Vec::new();
    loop {
        let read = within(stream.read_buf(&mut bytes)).await.unwrap();
        let so_far = String::from_utf8_lossy(&bytes);
        if so_far.contains(text) {
            return so_far.into_owned();
        }
        assert!(read > 0, "the end came before {text:?}: {so_far}");
    }
}

/// Keeps a test that waits for what never comes from hanging; no measure of anything.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future)
        .await
        .expect("it hangs")
}
