//! Whose word is taken for who a client is; as an attacker.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use server::config::Config;

use super::{FOR, ONE, STREAM, behind_a_proxy, limits};
use crate::support::{Server, answer, within};

/// What `/api/subscribers` has for a stream with these headers.
async fn remote(server: &Server, headers: &[(&str, &str)]) -> String {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let request = server.request("GET", "/events/a").header("accept", STREAM);
    let held = within(request.headers(map).send()).await.unwrap();
    assert_eq!(held.status(), 200, "{headers:?}");
    let list = answer(server.get("/api/subscribers?limit=1000").await).await;
    let last = list["subscribers"].as_array().unwrap().last().unwrap();
    last["remote"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_observer_sees_whom_a_trusted_proxy_names() {
    let server = behind_a_proxy(limits(100, 50, 200)).await;
    let commas = format!("{}{ONE}", ",".repeat(10_000));
    let many = ["1.1.1.1", "garbage", ONE].map(|value| (FOR, value));
    for headers in [
        &[(FOR, ONE)] as &[_],
        &[(FOR, "1.1.1.1,\t127.0.0.1, 203.0.113.1")],
        &[(FOR, "203.0.113.1, 127.0.0.1")],
        &[(FOR, "::1, unknown, \u{fc}, 203.0.113.1")],
        &[(FOR, &commas)],
        &[("forwarded", "for=1.1.1.1, for=203.0.113.1;proto=https")],
        &many,
    ] {
        assert_eq!(remote(&server, headers).await, ONE, "{headers:.80?}");
    }
    let with_ports = remote(&server, &[("forwarded", "for=\"[2001:db8::1]:4711\"")]).await;
    assert_eq!(with_ports, "[2001:db8::1]:4711");
    for headers in [
        &[] as &[_],
        &[(FOR, "unknown")],
        &[(FOR, "1.1.1.1, nobody")],
        &[("forwarded", "for=\", for=203.0.113.1")],
        &[(FOR, ONE), ("forwarded", "for=1.1.1.1")],
    ] {
        let seen = remote(&server, headers).await;
        assert!(seen.starts_with("127.0.0.1:"), "{headers:?}: {seen}");
    }
}

#[tokio::test]
async fn nobody_elses_word_is_taken() {
    let trusted = vec!["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
    for trusted_proxies in [Vec::new(), trusted] {
        let server = Server::with(Config {
            demo: false,
            trusted_proxies,
            ..Config::default()
        })
        .await;
        for headers in [
            &[(FOR, ONE)] as &[_],
            &[(FOR, "10.0.0.1")],
            &[("forwarded", "for=203.0.113.1")],
            &[("x-real-ip", ONE), (FOR, "203.0.113.1, 10.0.0.1")],
        ] {
            let seen = remote(&server, headers).await;
            assert!(seen.starts_with("127.0.0.1:"), "{headers:?}: {seen}");
        }
    }
}

#[tokio::test]
async fn who_says_to_be_many_is_one() {
    let server = behind_a_proxy(limits(100, 1, 5)).await;
    let mut statuses = Vec::new();
    for n in 0..30 {
        // A client puts whom it likes to the left of what its proxy appends.
        let said = format!("198.51.100.{n}, 127.0.0.1, {ONE}");
        statuses.push(super::publish(&server, &said).await);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    // One /64 is one, too.
    let mut statuses = Vec::new();
    for n in 0..30 {
        statuses.push(super::publish(&server, &format!("2001:db8::{n}")).await);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(super::publish(&server, "2001:db8:0:1::1").await, 200);
}

#[tokio::test]
async fn a_proxy_that_names_nobody_is_counted_itself_also_on_this_machine() {
    let server = behind_a_proxy(limits(100, 1, 5)).await;
    let mut statuses = Vec::new();
    for n in 0..30 {
        let garbage = ["unknown", "", ",,,", "_a"][n % 4];
        statuses.push(super::publish(&server, garbage).await);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}
