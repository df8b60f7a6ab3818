//! The console of a server that is closed.

use server::config::{AccessArgs, Selector};

use super::made::{Signer, claims, rights};
use super::{SECRET, args, closed, file, with_secret};
use crate::support::{FORM, Server, within};

async fn page(server: &Server, path: &str, token: Option<&str>) -> (u16, String) {
    let mut request = server.request("GET", path).header("accept", "text/html");
    if let Some(token) = token {
        request = request.header("cookie", format!("__Host-tickertape={token}"));
    }
    let response = within(request.send()).await.unwrap();
    let status = response.status().as_u16();
    (status, response.text().await.unwrap())
}

#[tokio::test]
async fn a_page_that_is_closed_asks_for_a_token_and_shows_nothing_of_it() {
    let server = with_secret().await;
    let (all, none) = (
        Signer::secret(SECRET).token(&claims(60)),
        Signer::secret(SECRET).token(&rights(60, &[], &["other"], false)),
    );
    let request = server.request("POST", "/events?topic=secret-topic");
    let request = request.bearer_auth(&all).body("x");
    let published = crate::support::answer(within(request.send()).await.unwrap()).await;
    let id = published["id"].as_str().unwrap();
    for path in [
        "/",
        "/topics?topic=secret-topic",
        "/topics/secret-topic",
        "/topics?topic=secret-topic&view=plain",
        "/chat",
    ] {
        let (status, text) = page(&server, path, None).await;
        assert_eq!(status, 401, "{path}");
        assert!(
            text.contains("name=\"token\"") && !text.contains("class=\"row-data\""),
            "{path}"
        );
        let (status, text) = page(&server, path, Some(&none)).await;
        assert_eq!(status, 403, "{path}");
        assert!(text.contains("may not"), "{path}");
        assert_eq!(page(&server, path, Some(&all)).await.0, 200, "{path}");
    }
    // A pattern shows what may be read, and an id leads to no more.
    for (query, expected) in [("published", 200), ("at", 404)] {
        let path = format!("/topics?topic=**&{query}={id}");
        let (status, text) = page(&server, &path, Some(&none)).await;
        assert_eq!(status, expected, "{query}");
        assert!(!text.contains("secret-topic"), "{query}");
    }
}

#[tokio::test]
async fn who_signs_in_gets_a_cookie_and_goes_on_to_the_page() {
    let server = with_secret().await;
    let token = Signer::secret(SECRET).token(&claims(60));
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    let enter = async |token: &str, back: &str| {
        let body = format!("token={token}&back={back}");
        let request = client.post(format!("http://{}/sign-in", server.addr));
        let request = request.header("content-type", FORM).body(body);
        within(request.send()).await.unwrap()
    };
    let entered = enter(&token, "/topics%3Ftopic%3Da").await;
    assert_eq!(entered.status(), 303);
    assert_eq!(entered.headers()["location"], "/topics?topic=a");
    let cookie = entered.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with(&format!("__Host-tickertape={token}; Path=/; Max-Age=")));
    assert!(
        cookie.ends_with("; Secure; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    for elsewhere in [
        "//evil.example",
        "https://evil.example",
        "%5C%5Cevil.example",
        "/sign-out",
    ] {
        let entered = enter(&token, elsewhere).await;
        assert_eq!(entered.headers()["location"], "/sign-in", "{elsewhere}");
    }
    let refused = enter("a.b.c", "/").await;
    assert_eq!(refused.status(), 401);
    assert_eq!(
        refused.headers()["www-authenticate"],
        "Bearer realm=\"tickertape\", error=\"invalid_token\""
    );
    assert!(refused.headers().get("set-cookie").is_none());
    let text = refused.text().await.unwrap();
    assert!(text.contains("the token is not accepted") && !text.contains("a.b.c"));
}

#[tokio::test]
async fn a_form_that_lacks_a_token_is_told_what_to_show() {
    let server = with_secret().await;
    let reads = Signer::secret(SECRET).token(&rights(60, &[], &["**"], false));
    for (path, body) in [
        ("/topics", "topic=a&data=x"),
        ("/chat", "user=anna"),
        ("/chat", "user=anna&msg=x"),
    ] {
        for (token, status, challenge) in [
            (None, 401, "Bearer realm=\"tickertape\""),
            (
                Some(&reads),
                403,
                "Bearer realm=\"tickertape\", error=\"insufficient_scope\"",
            ),
        ] {
            let mut request = server.request("POST", path).header("content-type", FORM);
            if let Some(token) = token {
                request = request.header("cookie", format!("__Host-tickertape={token}"));
            }
            let response = within(request.body(body).send()).await.unwrap();
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(response.headers()["www-authenticate"], challenge, "{path}");
        }
    }
}

#[tokio::test]
async fn a_page_of_another_origin_signs_nobody_in_or_out_and_publishes_nothing() {
    let server = with_secret().await;
    let token = Signer::secret(SECRET).token(&claims(60));
    for (path, body) in [
        ("/sign-in", format!("token={token}")),
        ("/sign-out", String::new()),
        ("/topics", "topic=a&data=x".to_owned()),
        ("/events?topic=a", "x".to_owned()),
    ] {
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let request = server.request("POST", path).header("content-type", FORM);
            let request = request.header("cookie", format!("__Host-tickertape={token}"));
            let request = request.header(name, value).body(body.clone());
            let response = within(request.send()).await.unwrap();
            assert_eq!(response.status(), 403, "{path} {name}: {value}");
            assert!(response.headers().get("set-cookie").is_none());
        }
    }
}

#[tokio::test]
async fn the_form_that_publishes_stands_where_one_may() {
    let (_file, path) = file(SECRET);
    let server = closed(AccessArgs {
        jwt_keys: vec![path],
        public_read: vec![Selector::parse("news").unwrap()],
        ..args()
    })
    .await;
    let (status, text) = page(&server, "/topics?topic=news", None).await;
    assert_eq!(status, 200);
    assert!(!text.contains("id=\"publish-data\"") && text.contains("needs a token"));
    let token = Signer::secret(SECRET).token(&rights(60, &["news"], &[], false));
    let (_, text) = page(&server, "/topics?topic=news", Some(&token)).await;
    assert!(text.contains("id=\"publish-data\"") && text.contains("anna"));
    let (_, text) = page(&server, "/sign-in", Some(&token)).await;
    assert!(text.contains("anna") && !text.contains(&token));
}
