//! What a key let in, once the key is gone.

use serde_json::json;
use server::config::{AccessArgs, Config, Selector};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::made::{Signer, claims};
use super::published_keys::Set;
use super::{SECRET, args, ask, closed, config, file, publish};
use crate::support::{Blocks, Server, answer, problem, read_until, within};

const OTHER: &str = "fedcba9876543210fedcba9876543210";
const ROBOT: &str = "c7e1f0b2a9d84536c7e1f0b2a9d84536";
const SENSOR: &str = "0b1c2d3e4f5061720b1c2d3e4f506172";

/// An upload that has stored its first line, and does not end.
async fn upload(server: &Server, topic: &str, key: &str) -> TcpStream {
    let (addr, before) = (server.addr, stored(server).await);
    let head = format!(
        "POST /lines/{topic} HTTP/1.1\r\nHost: {addr}\r\nAuthorization: Bearer {key}\r\n\
         Transfer-Encoding: chunked\r\n\r\n2\r\nx\n\r\n"
    );
    let stream = server.raw(head).await;
    while stored(server).await == before {
        tokio::task::yield_now().await;
    }
    stream
}

async fn stored(server: &Server) -> String {
    let head = within(server.request("HEAD", "/events?topic=public").send()).await;
    let head = head.unwrap();
    head.headers()["tickertape-last-event-id"]
        .to_str()
        .unwrap()
        .to_owned()
}

async fn ends(what: &str, blocks: &mut Blocks) {
    let close = blocks.next_with("event: hub.close").await;
    assert!(close.contains(r#"{"reason":"expired","#), "{what}: {close}");
    assert_eq!(blocks.next().await, None, "{what}");
}

async fn is_cut(stream: &mut TcpStream) {
    let answer = read_until(stream, "\"stored\":1").await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[tokio::test]
async fn all_that_a_key_let_in_ends_with_it_and_nothing_else_does() {
    let ((_old, old_path), (_new, new_path)) = (file(SECRET), file(OTHER));
    let both = format!("robot {ROBOT} robots/*\nsensor {SENSOR} sensors/*\n");
    let (_publishers, publishers) = file(&both);
    let server = Server::with(Config {
        demo: true,
        ..config(AccessArgs {
            jwt_keys: vec![old_path.clone(), new_path],
            publish_key_file: Some(publishers.clone()),
            public_read: vec![Selector::parse("public").unwrap()],
            ..args()
        })
    })
    .await;
    let [old, new] = [SECRET, OTHER].map(|key| Signer::secret(key).token(&claims(600)));
    let made = answer(ask(&server, "POST", "/api/tickets", &old).await).await;
    let ticket = format!(
        "/events?topic=a&ticket={}",
        made["ticket"].as_str().unwrap()
    );
    let made = answer(ask(&server, "POST", "/api/tickets", &old).await).await;
    let unused = format!(
        "/events?topic=a&ticket={}",
        made["ticket"].as_str().unwrap()
    );
    let stream = async |path: &str, token: &str| {
        let request = server.request("GET", path).bearer_auth(token);
        let request = request.header("accept", "text/event-stream");
        Blocks::of(within(request.send()).await.unwrap())
    };
    let paths = [
        "/events?topic=a",
        "/events/**",
        "/events?topic=a&topic=b&envelope=1",
        "/events",
        "/api/stats",
        "/sse/connect?user=anna",
    ];
    let mut ending = Vec::new();
    for path in paths {
        ending.push((path, stream(path, &old).await));
    }
    ending.push(("ticket", Blocks::of(server.get(&ticket).await)));
    let lines = server.request("GET", "/events?topic=a").bearer_auth(&old);
    let lines = lines.header("accept", "application/x-ndjson");
    let lines = within(lines.send()).await.unwrap();
    let mut cut = [
        upload(&server, "a", &old).await,
        upload(&server, "robots/1", ROBOT).await,
    ];
    let mut staying = stream("/events?topic=a", &new).await;
    let mut public = Blocks::of(server.get("/events?topic=public").await);
    let mut sensor = upload(&server, "sensors/1", SENSOR).await;

    // The first key is another one now, one publisher is gone.
    std::fs::write(&old_path, "another secret, of more than thirty-two bytes").unwrap();
    std::fs::write(&publishers, format!("renamed {SENSOR} sensors/*\n")).unwrap();
    server.reload().await;
    for (what, blocks) in &mut ending {
        ends(what, blocks).await;
    }
    let text = within(lines.text()).await.unwrap();
    assert!(text.lines().last().unwrap().contains("expired"), "{text}");
    for stream in &mut cut {
        is_cut(stream).await;
    }
    for ticket in [ticket, unused] {
        problem(server.get(&ticket).await, 401).await;
    }
    publish(&server, "a", &new).await;
    staying.next_with("data: x").await;
    publish(&server, "public", &new).await;
    public.next_with("data: x").await;
    sensor.write_all(b"2\r\ny\n\r\n0\r\n\r\n").await.unwrap();
    let answer = read_until(&mut sensor, "\"count\":2").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn an_upload_of_a_publisher_who_may_publish_elsewhere_now_ends() {
    let (_publishers, path) = file(format!("robot {ROBOT} robots/*\n"));
    let server = closed(AccessArgs {
        publish_key_file: Some(path.clone()),
        public_read: vec![Selector::parse("public").unwrap()],
        ..args()
    })
    .await;
    let mut stream = upload(&server, "robots/1", ROBOT).await;
    std::fs::write(&path, format!("robot {ROBOT} robots/2\n")).unwrap();
    server.reload().await;
    is_cut(&mut stream).await;
    assert_eq!(publish(&server, "robots/1", ROBOT).await, 403);
    assert_eq!(publish(&server, "robots/2", ROBOT).await, 200);
}

#[tokio::test]
async fn a_file_that_is_wrong_at_the_reload_ends_nothing() {
    let (_old, path) = file(SECRET);
    let server = closed(AccessArgs {
        jwt_keys: vec![path.clone()],
        ..args()
    })
    .await;
    let token = Signer::secret(SECRET).token(&claims(600));
    let mut blocks = Blocks::of(ask(&server, "GET", "/events?topic=a", &token).await);
    std::fs::write(&path, "short").unwrap();
    server.reload().await;
    assert_eq!(publish(&server, "a", &token).await, 200);
    blocks.next_with("data: x").await;
}

#[tokio::test]
async fn what_a_published_key_let_in_ends_once_it_is_withdrawn() {
    let (old, new) = (Signer::ec(), Signer::ed());
    let set = Set::of(json!([old.jwk("old"), new.jwk("new")])).await;
    let server = closed(AccessArgs {
        jwks: Some(set.url.clone()),
        ..args()
    })
    .await;
    let [old, new] = [&old, &new].map(|signer| (signer.token(&claims(600)), signer.jwk("new")));
    let mut ending = Blocks::of(ask(&server, "GET", "/events?topic=a", &old.0).await);
    let mut staying = Blocks::of(ask(&server, "GET", "/events?topic=a", &new.0).await);
    let made = answer(ask(&server, "POST", "/api/tickets", &old.0).await).await;
    let ticket = made["ticket"].as_str().unwrap();
    set.publish(json!([new.1]));
    // As a hangup has the set fetched again.
    server.reload().await;
    ends("withdrawn", &mut ending).await;
    problem(
        server
            .get(&format!("/events?topic=a&ticket={ticket}"))
            .await,
        401,
    )
    .await;
    assert_eq!(publish(&server, "a", &new.0).await, 200);
    staying.next_with("data: x").await;
}
