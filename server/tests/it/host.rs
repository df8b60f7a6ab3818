//! The header `Host`: by which names the server may be asked.

use server::config::{AccessArgs, Config, Selector};

use crate::access::made::{Signer, claims};
use crate::access::{SECRET, args, closed, file};
use crate::support::{Server, read_to_end};

/// The status and the whole of the answer to a request with these lines after its first.
async fn ask(server: &Server, first: &str, lines: &str) -> String {
    let head = format!("{first}\r\n{lines}Connection: close\r\n\r\n");
    read_to_end(&mut server.raw(head).await).await
}

fn assert_status(answer: &str, status: u16, of: &str) {
    assert_eq!(
        answer.split(' ').nth(1),
        Some(&*status.to_string()),
        "{of}: {answer}"
    );
}

#[tokio::test]
async fn a_page_that_rebinds_its_name_reaches_nothing() {
    let server = Server::start().await;
    for first in [
        "GET / HTTP/1.1",
        "GET /events?topic=a&poll=1 HTTP/1.1",
        "POST /post?user=a HTTP/1.1",
        "GET /nowhere HTTP/1.1",
        "OPTIONS /events HTTP/1.1",
        "GET http://localhost/sse/time?count=1 HTTP/1.1",
    ] {
        for host in [
            "evil.example",
            "evil.example:8080",
            "",
            "localhost.evil.example",
        ] {
            let answer = ask(&server, first, &format!("Host: {host}\r\n")).await;
            assert_status(&answer, 421, first);
            assert!(
                answer.contains("application/problem+json") && answer.contains("--host NAME"),
                "{answer}"
            );
        }
    }
    let target = "GET http://evil.example/sse/time?count=1 HTTP/1.1";
    assert_status(
        &ask(&server, target, "Host: localhost\r\n").await,
        421,
        target,
    );
}

#[tokio::test]
async fn who_shows_a_good_token_may_ask_by_any_name_and_nobody_else() {
    const ROBOT: &str = "c7e1f0b2a9d84536c7e1f0b2a9d84536";
    let ((_key, key), (_robots, robots)) = (file(SECRET), file(format!("robot {ROBOT} a\n")));
    let server = closed(AccessArgs {
        jwt_keys: vec![key],
        publish_key_file: Some(robots),
        public_read: vec![Selector::parse("a").unwrap()],
        ..args()
    })
    .await;
    let good = Signer::secret(SECRET).token(&claims(60));
    let late = Signer::secret(SECRET).token(&claims(-1));
    let forged = Signer::secret("another secret, of more than 32 bytes").token(&claims(60));
    let with = async |host: &str, header: String| {
        let lines = format!("{host}{header}\r\n");
        ask(&server, "GET /events?topic=a&poll=1 HTTP/1.1", &lines).await
    };
    let elsewhere = "Host: evil.example\r\n";
    for (header, status) in [
        (format!("Authorization: Bearer {good}"), 200),
        (format!("Authorization: bearer {good}"), 200),
        ("Authorization: Bearer x".to_owned(), 421),
        (format!("Authorization: Bearer {late}"), 421),
        (format!("Authorization: Bearer {forged}"), 421),
        (format!("Authorization: Basic {good}"), 421),
        (
            format!("Authorization: Bearer {good}\r\nAuthorization: Bearer {good}"),
            421,
        ),
        (format!("Cookie: __Host-tickertape={good}"), 421),
        ("X: y".to_owned(), 421),
    ] {
        assert_status(&with(elsewhere, header.clone()).await, status, &header);
    }
    // A key of a publisher is as good; what it may do is asked after that.
    let answer = with(elsewhere, format!("Authorization: Bearer {ROBOT}")).await;
    assert_status(&answer, 200, "a publisher");
    // What is no name at all is none, whoever asks.
    let bearer = format!("Authorization: Bearer {good}");
    for host in ["", "Host: a b\r\n", "Host: a\r\nHost: b\r\n"] {
        assert_status(&with(host, bearer.clone()).await, 400, host);
    }
    // Where all may do all, no token is good: any page could send one.
    let open = Server::start().await;
    let lines = format!("{elsewhere}{bearer}\r\n");
    let answer = ask(&open, "GET /events?topic=a&poll=1 HTTP/1.1", &lines).await;
    assert_status(&answer, 421, "an open server");
}

#[tokio::test]
async fn the_servers_own_names_are_answered_on_any_port() {
    let server = Server::with(Config {
        hosts: vec!["hub.example".parse().unwrap()],
        ..Config::default()
    })
    .await;
    for host in [
        "localhost",
        "LocalHost:1",
        "127.0.0.1",
        "127.1.2.3:99",
        "[::1]:8080",
        "hub.example",
        "Hub.Example:443",
    ] {
        let first = "GET /sse/time?count=1 HTTP/1.1";
        let answer = ask(&server, first, &format!("Host: {host}\r\n")).await;
        assert_status(&answer, 200, host);
    }
}

#[tokio::test]
async fn a_health_check_may_come_by_any_name() {
    let server = Server::start().await;
    for (first, lines) in [
        ("GET /healthz HTTP/1.0", ""),
        ("GET /healthz HTTP/1.1", "Host: backend-7\r\n"),
    ] {
        assert_status(&ask(&server, first, lines).await, 200, first);
    }
}

#[tokio::test]
async fn what_is_older_than_the_header_may_do_without_it() {
    let server = Server::start().await;
    let first = "GET /sse/time?count=1 HTTP/1.0";
    assert_status(&ask(&server, first, "").await, 200, first);
}

#[tokio::test]
async fn no_host_two_hosts_and_one_that_is_none_are_400() {
    let server = Server::start().await;
    for path in ["/healthz", "/sse/time?count=1"] {
        for lines in [
            "",
            "Host: localhost\r\nHost: localhost\r\n",
            "Host: localhost\r\nHost: evil.example\r\n",
            "Host: a b\r\n",
            "Host: user@localhost\r\n",
            "Host: localhost:x\r\n",
            "Host: localhost, localhost\r\n",
        ] {
            let answer = ask(&server, &format!("GET {path} HTTP/1.1"), lines).await;
            assert_status(&answer, 400, lines);
            assert!(answer.contains("`Host`"), "{answer}");
        }
    }
}
