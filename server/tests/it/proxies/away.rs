//! What a proxy answers while the hub is away.

use std::time::Duration;

use super::curl::{Curl, VERSIONS};
use super::proxy::{DOCUMENTED, Proxy, Setup};
use super::streams::{config, server};
use crate::support::Server;

const HEARTBEAT: Duration = Duration::from_secs(1);
const ORIGIN: &str = "https://app.example";
const STREAM: [&str; 2] = ["-H", "Accept: text/event-stream"];

/// The files with the origin that they show, and without the patience that some have.
const LISTED: [Setup; 3] = [
    DOCUMENTED[0].change(r#"s/# ("https:.app.example)/\1/;s/# ("https)/\1/"#),
    DOCUMENTED[1].change("s/# (http-request set-var.txn.origin)/\\1/;s/retries 10/retries 0/"),
    DOCUMENTED[2].change("s/# (@page|header @page|header Vary)/\\1/;/lb_try_duration/d"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_told_to_come_back_and_a_publish_is_not_told_that_it_is_stored() {
    let server = server(HEARTBEAT).await;
    let proxies = LISTED.map(|setup| (setup, Proxy::start(setup, server.addr)));
    let mut server = server;
    server.ask_to_stop();
    server.stopped().await;
    for (setup, proxy) in proxies {
        let Some(proxy) = proxy else { continue };
        for version in VERSIONS {
            let events = proxy.url("/events?topic=a");
            let ask = |args: &[&str]| Curl::ask(&[&[version, &events], args].concat());
            let told = ask(&STREAM);
            let said = format!("{setup:?} {version}: {told:?}");
            assert_eq!(
                (told.status, told.body.as_str()),
                (200, "retry: 1000\n\n"),
                "{said}"
            );
            assert!(
                told.head.contains("content-type: text/event-stream\n"),
                "{said}"
            );
            assert!(!told.head.contains("allow-origin"), "{said}");

            let listed = ask(&[&STREAM[..], &["-H", &format!("Origin: {ORIGIN}")]].concat());
            let allowed = format!("access-control-allow-origin: {ORIGIN}\n");
            assert!(listed.head.contains(&allowed), "{setup:?}: {listed:?}");
            let credentials = "access-control-allow-credentials: true\n";
            assert!(listed.head.contains(credentials), "{setup:?}: {listed:?}");
            let other = ask(&[&STREAM[..], &["-H", "Origin: https://other.example"]].concat());
            assert!(!other.head.contains("allow-origin"), "{setup:?}: {other:?}");

            let accept = ["-H", "Accept: application/json"];
            let publish = [&["-d", "x"][..], &STREAM].concat();
            for other in [&publish[..2], &publish, &accept] {
                let status = Curl::status(&[&[version, &events], other].concat());
                // haproxy may reset a stream of HTTP/2 whose body it has not read: no answer.
                let refused = ["000", "502", "503", "504"].contains(&status.as_str());
                assert!(refused, "{setup:?} {other:?}: {status}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_refuses_a_stream_is_not_hidden() {
    let server = server(HEARTBEAT).await;
    for setup in DOCUMENTED {
        let Some(proxy) = Proxy::start(setup, server.addr) else {
            continue;
        };
        let refused = Curl::ask(&[&STREAM[..], &[&proxy.url("/events?topic=a*")]].concat());
        assert_eq!(refused.status, 400, "{setup:?}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_during_a_restart_waits_for_its_end() {
    // nginx has no such patience, and says at once that the hub is away.
    for setup in [DOCUMENTED[1], DOCUMENTED[2]] {
        let mut server = server(HEARTBEAT).await;
        let addr = server.addr;
        let Some(proxy) = Proxy::start(setup, addr) else {
            continue;
        };
        server.ask_to_stop();
        server.stopped().await;
        // It is not answered, though there is nobody to ask.
        let impatient = ["--max-time", "2", &proxy.url("/events?poll=1&topic=a")];
        assert_eq!(Curl::status(&impatient), "000", "{setup:?}");
        let mut publish = Curl::start(&["-d", "x", &proxy.url("/events?topic=a")]);
        let mut stream =
            Curl::start(&[&STREAM[..], &[&proxy.url("/events?topic=a&since=all")]].concat());
        let _server = Server::at(addr, config(HEARTBEAT)).await;
        assert_eq!(publish.answer().status, 200, "{setup:?}");
        stream.until("data: x");
    }
}
