//! Keys that are published elsewhere, fetched and rotated.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use server::config::{AccessArgs, Algorithm, Config};

use super::made::{Signer, claims};
use super::{args, closed, config, publish};
use crate::support::{Blocks, Server};

/// A set that can be changed, and counts how often it is fetched.
pub(super) struct Set {
    pub(super) url: String,
    keys: Arc<Mutex<Value>>,
    fetched: Arc<AtomicUsize>,
}

impl Set {
    pub(super) async fn of(keys: Value) -> Self {
        let (keys, fetched) = (Arc::new(Mutex::new(keys)), Arc::new(AtomicUsize::new(0)));
        let (answer, count) = (Arc::clone(&keys), Arc::clone(&fetched));
        let route = get(move || async move {
            count.fetch_add(1, Ordering::SeqCst);
            let keys = answer.lock().unwrap().clone();
            json!({"keys": keys}).to_string()
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let router = Router::new().route("/keys", route);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, keys, fetched }
    }

    pub(super) fn publish(&self, keys: Value) {
        *self.keys.lock().unwrap() = keys;
    }
}

fn named(signer: &Signer, name: &str) -> String {
    signer.token_with(
        &json!({"alg": signer.algorithm(), "kid": name}),
        &claims(60),
    )
}

#[tokio::test]
async fn a_key_that_is_published_later_is_found_and_a_flood_of_unknown_ones_asks_once() {
    let (old, new) = (Signer::ec(), Signer::ed());
    let set = Set::of(json!([old.jwk("old")])).await;
    let server = closed(AccessArgs {
        jwks: Some(set.url.clone()),
        ..args()
    })
    .await;
    assert_eq!(publish(&server, "a", &named(&old, "old")).await, 200);
    let before = set.fetched.load(Ordering::SeqCst);
    for n in 0..20 {
        assert_eq!(
            publish(&server, "a", &named(&new, &format!("unknown-{n}"))).await,
            401
        );
    }
    let asked = set.fetched.load(Ordering::SeqCst) - before;
    assert!(asked <= 1, "asked {asked} times");
    assert_eq!(
        publish(&server, "a", &named(&new, "old")).await,
        401,
        "of another kind"
    );
    assert_eq!(
        publish(&server, "a", &old.token(&claims(60))).await,
        200,
        "without a name"
    );
}

#[tokio::test]
async fn a_published_key_for_an_algorithm_that_is_not_named_is_none() {
    let (ec, ed) = (Signer::ec(), Signer::ed());
    let set = Set::of(json!([ec.jwk("ec"), ed.jwk("ed")])).await;
    let server = closed(AccessArgs {
        jwks: Some(set.url.clone()),
        jwt_algorithms: vec![Algorithm::EdDsa],
        ..args()
    })
    .await;
    for (signer, name, status) in [(&ed, "ed", 200), (&ec, "ec", 401)] {
        for token in [named(signer, name), signer.token(&claims(60))] {
            assert_eq!(publish(&server, "a", &token).await, status, "{name}");
        }
    }
}

#[tokio::test]
async fn a_new_key_is_taken_as_soon_as_a_token_names_it() {
    let (old, new) = (Signer::ec(), Signer::ed());
    let set = Set::of(json!([])).await;
    let server = closed(AccessArgs {
        jwks: Some(set.url.clone()),
        ..args()
    })
    .await;
    // Nobody has asked since the start: whoever comes first may have the set fetched.
    set.publish(json!([old.jwk("old"), new.jwk("new")]));
    let mut status = 0;
    for _ in 0..40 {
        status = publish(&server, "a", &named(&new, "new")).await;
        if status == 200 {
            break;
        }
        // As often as a token may have it fetched.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    assert_eq!(status, 200);
    assert_eq!(publish(&server, "a", &named(&old, "old")).await, 200);
    assert!(set.fetched.load(Ordering::SeqCst) <= 3);
}

#[tokio::test]
async fn a_set_that_cannot_be_fetched_stops_nothing_but_tokens() {
    let server = Server::with(Config {
        demo: true,
        ..config(AccessArgs {
            jwks: Some("http://127.0.0.1:9/keys".into()),
            ..args()
        })
    })
    .await;
    // A good token perhaps, and nobody can say.
    assert_eq!(publish(&server, "a", &named(&Signer::ed(), "a")).await, 503);
    for path in ["/events?topic=a", "/api/stats", "/sse/connect?user=a"] {
        let request = server.request("GET", path);
        let request = request.bearer_auth(named(&Signer::ed(), "a"));
        let request = request.header("accept", "text/event-stream");
        let mut blocks = Blocks::of(request.send().await.unwrap());
        blocks.next_with("event: hub.close").await;
    }
    assert_eq!(server.get("/healthz").await.status(), 200);
}
