//! Tokens that are not good, each in its own way; all of them get one and the same answer.

use futures::FutureExt;
use serde_json::{Value, json};
use server::config::{AccessArgs, Algorithm};

use super::made::{Signer, claims, encoded, unsigned};
use super::{SECRET, args, ask, closed, file, publish, with_secret};
use crate::support::{Server, problem};

/// What is said to all of them.
const REFUSED: &str = "the token is not accepted; send one that a key of this server has signed, \
                       and that has not expired";

async fn refused(server: &Server, token: &str) {
    for (method, path) in [
        ("POST", "/events?topic=a"),
        ("GET", "/events?topic=a"),
        ("GET", "/events?topic=a&poll=1"),
        ("DELETE", "/events?topic=a"),
        ("POST", "/lines?topic=a"),
        ("GET", "/api/topics"),
        ("POST", "/api/tickets"),
        ("GET", "/"),
    ] {
        let response = ask(server, method, path, token).await;
        let challenge = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("invalid_token"), "{challenge}");
        assert_eq!(problem(response, 401).await, REFUSED, "{method} {path}");
    }
}

#[tokio::test]
async fn a_token_of_each_algorithm_is_taken_and_one_with_a_bit_changed_is_not() {
    for signer in [Signer::rsa(), Signer::ec(), Signer::ed()] {
        let (_file, path) = file(signer.pem());
        let server = closed(AccessArgs {
            jwt_keys: vec![path],
            ..args()
        })
        .await;
        let token = signer.token(&claims(60));
        assert_eq!(
            publish(&server, "a", &token).await,
            200,
            "{}",
            signer.algorithm()
        );
        let (message, signature) = token.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        refused(&server, &format!("{message}.{first}{}", &signature[1..])).await;
    }
    let server = with_secret().await;
    let token = Signer::secret(SECRET).token(&claims(60));
    assert_eq!(publish(&server, "a", &token).await, 200);
    let other = Signer::secret(SECRET.replace('0', "1")).token(&claims(60));
    refused(&server, &other).await;
}

#[tokio::test]
async fn no_algorithm_at_all_is_none_that_is_taken() {
    let server = with_secret().await;
    let signer = Signer::secret(SECRET);
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let message = unsigned(&json!({"alg": none, "typ": "JWT"}), &claims(60));
        refused(&server, &format!("{message}.")).await;
        refused(&server, &message).await;
        refused(
            &server,
            &signer.token_with(&json!({"alg": none}), &claims(60)),
        )
        .await;
    }
    let signed = signer.token(&claims(60));
    let (message, _) = signed.rsplit_once('.').unwrap();
    refused(&server, &format!("{message}.")).await;
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    for signer in [Signer::rsa(), Signer::ec(), Signer::ed()] {
        let pem = signer.pem();
        let (_file, path) = file(&pem);
        let server = closed(AccessArgs {
            jwt_keys: vec![path],
            ..args()
        })
        .await;
        for secret in [pem.as_str(), pem.trim_end()] {
            refused(&server, &Signer::secret(secret).token(&claims(60))).await;
        }
    }
}

#[tokio::test]
async fn the_head_of_a_token_names_no_key_of_its_own() {
    let server = with_secret().await;
    let stranger = Signer::ed();
    // Whoever fetched a key from where the head says would knock here.
    let theirs = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", theirs.local_addr().unwrap());
    for head in [
        json!({"alg": "EdDSA", "jwk": stranger.jwk("a")}),
        json!({"alg": "EdDSA", "jku": &url}),
        json!({"alg": "EdDSA", "x5u": &url}),
        json!({"alg": "EdDSA", "kid": "../../../dev/null"}),
        json!({"alg": "HS256", "kid": "/dev/null"}),
    ] {
        refused(&server, &stranger.token_with(&head, &claims(60))).await;
    }
    assert!(theirs.accept().now_or_never().is_none(), "somebody knocked");
    // An extension that has to be understood is not.
    for crit in [json!(["b64"]), json!([]), json!(null), json!("b64")] {
        let head = json!({"alg": "HS256", "crit": crit, "b64": false});
        let token = Signer::secret(SECRET).token_with(&head, &claims(60));
        refused(&server, &token).await;
    }
}

#[tokio::test]
async fn a_token_is_taken_from_its_begin_to_its_end() {
    let server = with_secret().await;
    let signer = Signer::secret(SECRET);
    refused(&server, &signer.token(&claims(-1))).await;
    let with = |name: &str, value: Value| {
        let mut claims = claims(60);
        claims[name] = value;
        signer.token(&claims)
    };
    for exp in [json!(null), json!("soon"), json!(-1), json!(0), json!({})] {
        refused(&server, &with("exp", exp)).await;
    }
    let mut without = claims(60);
    without.as_object_mut().unwrap().remove("exp");
    refused(&server, &signer.token(&without)).await;
    let in_an_hour = chrono::Utc::now().timestamp() + 3600;
    refused(&server, &with("nbf", json!(in_an_hour))).await;
    assert_eq!(
        publish(&server, "a", &with("nbf", json!(in_an_hour - 3590))).await,
        200
    );
    // Some libraries write times with a part, and far ones.
    for exp in [json!(in_an_hour as f64 + 0.5), json!(1e15), json!(u64::MAX)] {
        let token = with("exp", exp.clone());
        assert_eq!(publish(&server, "a", &token).await, 200, "{exp}");
    }
}

#[tokio::test]
async fn a_token_for_others_or_from_others_is_refused() {
    let (_file, path) = file(SECRET);
    let server = closed(AccessArgs {
        jwt_keys: vec![path],
        jwt_audiences: vec!["hub".into()],
        jwt_issuers: vec!["https://id.example".into()],
        ..args()
    })
    .await;
    let token = |aud: Value, iss: Value| {
        let mut claims = claims(60);
        (claims["aud"], claims["iss"]) = (aud, iss);
        Signer::secret(SECRET).token(&claims)
    };
    let ours = json!("https://id.example");
    for aud in [json!("hub"), json!(["other", "hub"])] {
        assert_eq!(publish(&server, "a", &token(aud, ours.clone())).await, 200);
    }
    for aud in [
        json!("other"),
        json!([]),
        json!("hub "),
        json!("HUB"),
        json!(null),
    ] {
        refused(&server, &token(aud, ours.clone())).await;
    }
    for iss in [json!("https://id.example.evil"), json!(null), json!("")] {
        refused(&server, &token(json!("hub"), iss)).await;
    }
    refused(&server, &Signer::secret(SECRET).token(&claims(60))).await;
}

#[tokio::test]
async fn an_algorithm_that_is_not_allowed_is_refused_also_where_its_key_is_there() {
    let (ec, ed) = (Signer::ec(), Signer::ed());
    let ((_ec, ec_path), (_ed, ed_path)) = (file(ec.pem()), file(ed.pem()));
    let server = closed(AccessArgs {
        jwt_keys: vec![ec_path.clone()],
        jwt_algorithms: vec![Algorithm::Es256],
        ..args()
    })
    .await;
    assert_eq!(publish(&server, "a", &ec.token(&claims(60))).await, 200);
    refused(&server, &ed.token(&claims(60))).await;
    let said = super::Access::closed(AccessArgs {
        jwt_keys: vec![ec_path, ed_path],
        jwt_algorithms: vec![Algorithm::Es256],
        ..args()
    });
    assert!(said.unwrap_err().contains("EdDSA"));
}

#[tokio::test]
async fn what_is_no_token_is_refused_and_breaks_nothing() {
    let server = with_secret().await;
    let long = "a".repeat(10_000);
    let deep = format!("{}.{}.x", encoded("[".repeat(4000)), encoded("{}"));
    for token in [
        "a",
        ".",
        "..",
        "a.b.c",
        "....",
        &long,
        &deep,
        "eyJhbGciOiJIUzI1NiJ9..",
        "%00",
    ] {
        refused(&server, token).await;
    }
    let mut wrong = claims(60);
    wrong["tickertape"] = json!({"publish": ["a*b"]});
    refused(&server, &Signer::secret(SECRET).token(&wrong)).await;
    wrong["tickertape"] = json!("all");
    refused(&server, &Signer::secret(SECRET).token(&wrong)).await;
    for header in ["Basic YTpi", "Bearer", "bearer", "Token x", ""] {
        let request = server.request("GET", "/events?topic=a");
        let response = request
            .header("authorization", header)
            .send()
            .await
            .unwrap();
        assert_eq!(problem(response, 401).await, REFUSED, "{header:?}");
    }
    let token = Signer::secret(SECRET).token(&claims(60));
    let twice = server.request("GET", "/events?topic=a");
    let twice = twice
        .bearer_auth(&token)
        .header("authorization", format!("Bearer {token}"));
    assert_eq!(problem(twice.send().await.unwrap(), 401).await, REFUSED);
}

#[tokio::test]
async fn a_token_in_an_address_is_no_token() {
    let server = with_secret().await;
    let token = Signer::secret(SECRET).token(&claims(60));
    for name in ["token", "access_token", "authorization", "jwt"] {
        let response = server.get(&format!("/events?topic=a&{name}={token}")).await;
        assert!([400, 401].contains(&response.status().as_u16()), "{name}");
    }
    let response = server.get(&format!("/events?topic=a&ticket={token}")).await;
    assert_eq!(problem(response, 401).await, REFUSED);
}
