//! What a proxy does to a publish.

use std::time::Duration;

use serde_json::{Value, json};

use super::curl::{Curl, VERSIONS, write};
use super::proxy::{DOCUMENTED, Proxy};
use super::streams::{server, stream};
use crate::support::data;

#[tokio::test(flavor = "multi_thread")]
async fn lines_come_as_they_are_written_and_a_pause_is_no_end() {
    let server = server(Duration::from_secs(1)).await;
    // nginx gives up on a body of which nothing comes for a minute, unless it is told otherwise.
    let impatient = "client_body_timeout 2s; proxy_send_timeout 2s; proxy_read_timeout 4s;";
    let proxies = DOCUMENTED.map(|setup| Proxy::start(setup.around(impatient), server.addr));
    let mut uploads = Vec::new();
    for proxy in proxies.iter().flatten() {
        for version in VERSIONS {
            let topic = format!("build/{}", uploads.len());
            let (mut stream, _) = stream(proxy, version, &topic);
            let url = proxy.url(&format!("/lines?topic={topic}"));
            let mut upload = Curl::start(&[version, "-T", "-", &url]);
            let mut input = upload.input();
            write(&mut input, "first");
            stream.until("data: first");
            uploads.push((stream, upload, input));
        }
    }
    // Together: they pause at the same time.
    for (mut stream, mut upload, mut input) in uploads {
        for _ in 0..4 {
            stream.until("event: hub.beat");
        }
        write(&mut input, "second");
        stream.until("data: second");
        drop(input);
        let answer = upload.answer();
        assert_eq!(answer.status, 200, "{answer:?}");
        let stored: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(stored["count"], 2, "{stored}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_takes_the_proxy_takes() {
    let server = server(Duration::from_secs(1)).await;
    for (n, setup) in DOCUMENTED.into_iter().enumerate() {
        let Some(proxy) = Proxy::start(setup, server.addr) else {
            continue;
        };
        let topic = format!("large/{n}");
        let event = json!({"topic": topic, "data": "x".repeat(1024 * 1024)});
        let batch = Value::from(vec![event; 7]).to_string();
        let mut curl = Curl::start(&[
            "-H",
            "Content-Type: application/json",
            "--data-binary",
            "@-",
            &proxy.url("/events"),
        ]);
        write(&mut curl.input(), &batch);
        let answer = curl.answer();
        assert_eq!(answer.status, 200, "{setup:?}: {}", answer.body);
        let stored = data(&server, &format!("topic={topic}&limit=10")).await;
        assert_eq!(stored.len(), 7, "{setup:?}");
    }
}
