//! Clients that show who they are: counted by that, wherever they come from.

use serde_json::json;
use server::config::{AccessArgs, Config};
use server::limits::Limits;

use super::{FOR, ONE, TWO, limits, says_overload};
use crate::access::made::{Signer, claims};
use crate::access::{SECRET, args, config, file};
use crate::support::{Server, within};

const CI: &str = "c7e1f0b2a9d84536c7e1f0b2a9d84536";

async fn server(limits: Limits) -> Server {
    let (_secret, secret) = file(SECRET);
    let (_keys, keys) = file(format!("anna {CI} **\n"));
    let access = AccessArgs {
        jwt_keys: vec![secret],
        publish_key_file: Some(keys),
        ..args()
    };
    Server::with(Config {
        limits,
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        ..config(access)
    })
    .await
}

fn token(subject: Option<&str>) -> String {
    let mut claims = claims(600);
    claims["sub"] = json!(subject);
    Signer::secret(SECRET).token(&claims)
}

async fn publish(server: &Server, token: &str, client: Option<&str>) -> u16 {
    let mut request = server
        .request("POST", "/events/a")
        .bearer_auth(token)
        .body("x");
    if let Some(client) = client {
        request = request.header(FOR, client);
    }
    within(request.send()).await.unwrap().status().as_u16()
}

/// Publishes until it is refused.
async fn exhaust(server: &Server, token: &str, client: Option<&str>) {
    let mut left = 50;
    while publish(server, token, client).await == 200 {
        left -= 1;
        assert!(left > 0, "never refused");
    }
    // What a second may have filled in.
    let batch = format!("[{}]", ["{\"topic\":\"a\"}"; 500].join(","));
    loop {
        let request = server
            .request("POST", "/events")
            .bearer_auth(token)
            .body(batch.clone());
        let request = request.header("content-type", "application/json");
        let request = request.header(FOR, client.unwrap_or("127.0.0.1"));
        if within(request.send()).await.unwrap().status() == 200 {
            break;
        }
    }
}

#[tokio::test]
async fn a_token_counts_by_its_subject_from_everywhere_and_a_key_by_its_name() {
    let server = server(limits(100, 1, 5)).await;
    let anna = token(Some("anna"));
    // From this machine too.
    exhaust(&server, &anna, None).await;
    assert_eq!(publish(&server, &anna, Some(ONE)).await, 429);
    assert_eq!(
        publish(&server, &token(Some("anna")), Some(TWO)).await,
        429,
        "another token of hers"
    );
    for (who, token) in [
        ("another", &*token(Some("bob"))),
        ("a key that is called as she is", CI),
    ] {
        assert_eq!(publish(&server, token, Some(ONE)).await, 200, "{who}");
    }
    exhaust(&server, CI, Some(ONE)).await;
    assert_eq!(publish(&server, CI, Some(TWO)).await, 429);
}

#[tokio::test]
async fn a_token_without_a_subject_counts_by_its_address() {
    let server = server(limits(100, 1, 5)).await;
    let nameless = token(None);
    exhaust(&server, &nameless, Some(ONE)).await;
    assert_eq!(publish(&server, &nameless, Some(TWO)).await, 200);
}

#[tokio::test]
async fn streams_count_by_the_subject_too() {
    let server = server(limits(1, 50, 200)).await;
    assert_eq!(publish(&server, &token(Some("bob")), None).await, 200);
    let open = async |token: String, client: &str| {
        let request = server
            .request("GET", "/events/a?since=all")
            .bearer_auth(token)
            .header(FOR, client);
        within(request.send()).await.unwrap()
    };
    let held = open(token(Some("anna")), ONE).await;
    assert!(says_overload(open(token(Some("anna")), TWO).await).await);
    assert!(!says_overload(open(token(Some("bob")), ONE).await).await);
    drop(held);
}
