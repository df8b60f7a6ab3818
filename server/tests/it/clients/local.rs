//! Clients on this machine are not counted; proxies on it are, whatever they add.

use server::config::Config;

use super::{FOR, ONE, STREAM, limits, says_overload, sent};
use crate::support::{Server, read_to_end};

async fn server() -> Server {
    Server::with(Config {
        demo: false,
        hosts: vec!["hub.example".parse().unwrap()],
        limits: limits(1, 1, 1),
        ..Config::default()
    })
    .await
}

async fn publish(server: &Server, headers: &[(&str, &str)]) -> u16 {
    let mut request = server.request("POST", "/events/a").body("x");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    sent(request).await.status().as_u16()
}

#[tokio::test]
async fn one_on_this_machine_takes_what_it_likes() {
    let server = server().await;
    let mut held = Vec::new();
    for _ in 0..20 {
        assert_eq!(publish(&server, &[]).await, 200);
        held.push(
            sent(
                server
                    .request("GET", "/events/a?since=all")
                    .header("accept", STREAM),
            )
            .await,
        );
    }
    assert!(!says_overload(server.get("/events/a?since=all").await).await);
}

#[tokio::test]
async fn what_comes_by_a_proxy_that_nobody_named_is_one_client_whatever_it_says() {
    let signs: [&[(&str, &str)]; 8] = [
        &[(FOR, ONE)],
        &[(FOR, "127.0.0.1")],
        &[(FOR, "")],
        &[("forwarded", "for=127.0.0.1")],
        &[("x-real-ip", "127.0.0.1")],
        &[("x-forwarded-proto", "https")],
        &[("via", "1.1 proxy")],
        &[("host", "hub.example")],
    ];
    for sign in signs {
        let server = server().await;
        let mut statuses = Vec::new();
        for _ in 0..20 {
            statuses.push(publish(&server, sign).await);
        }
        assert!(statuses.contains(&429), "{sign:?}: {statuses:?}");
        // Another word of the same makes nobody else of it.
        while publish(&server, &[(FOR, "198.51.100.7")]).await == 200 {}
        // Who is on this machine, without one, is none of them.
        assert_eq!(publish(&server, &[]).await, 200, "{sign:?}");
    }
}

#[tokio::test]
async fn nginx_that_was_told_nothing_is_a_proxy_too() {
    let server = server().await;
    // As `proxy_pass http://127.0.0.1:8080` sends it.
    let request = format!(
        "POST /events/a HTTP/1.0\r\nHost: {}\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
        server.addr
    );
    let mut refused = false;
    for _ in 0..20 {
        let answer = read_to_end(&mut server.raw(&request).await).await;
        refused |= answer.starts_with("HTTP/1.0 429 ");
    }
    assert!(refused);
}
