//! Addresses that would lead out of the assets, byte for byte as no client tidies them.

use tokio::io::AsyncReadExt;

use crate::support::{Server, read_to_end, within};

/// What comes back for this target of a request.
async fn ask(server: &Server, target: &str) -> String {
    let head = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let mut stream = server.raw(head).await;
    let mut bytes = Vec::new();
    within(stream.read_to_end(&mut bytes)).await.unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Steps out of a directory, as proxies, servers and file systems read them.
const STEPS: [&str; 16] = [
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "%2E%2E%5C",
    "..\\",
    "..%5c",
    "%252e%252e%252f",
    "..%252f",
    "..;/",
    ".%00./",
    "..%00/",
    "..%c0%af",
    "%c0%ae%c0%ae/",
    "....//",
    "..%ef%bc%8f",
];

#[tokio::test]
async fn no_address_leads_out_of_the_assets() {
    let server = Server::start().await;
    for prefix in [
        "/pkg/",
        "/pkg/x/",
        "/",
        "/icon.svg/",
        "http://localhost/pkg/",
    ] {
        for step in STEPS {
            for file in [
                "etc/passwd",
                "Cargo.toml",
                "server/Cargo.toml",
                "icon.svg",
                "manifest",
            ] {
                for depth in [1, 2, 3, 12] {
                    let target = format!("{prefix}{}{file}", step.repeat(depth));
                    let answer = ask(&server, &target).await;
                    let status = answer.split(' ').nth(1);
                    assert!(matches!(status, Some("404" | "400")), "{target}: {answer}");
                    for held in ["root:", "[package]", "[workspace]", "<svg"] {
                        assert!(!answer.contains(held), "{target}: {answer}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn no_other_way_of_writing_a_path_leads_to_a_file() {
    let server = Server::start().await;
    for target in [
        "/pkg//etc/passwd",
        "/pkg/%2fetc%2fpasswd",
        "/pkg/%2fetc/passwd",
        "//etc/passwd",
        "/pkg/file:///etc/passwd",
        "/pkg/C:%5cWindows%5cwin.ini",
        "/pkg/tickertape.js%00.png",
        "/pkg/%00",
        "/pkg/.",
        "/pkg/..",
        "/pkg/%2e",
        "/pkg/%2e%2e",
        "/pkg/tickertape.js/",
        "/pkg/tickertape.js.br",
        "/pkg/tickertape.js.gz",
        "/pkg/tickertape.js%2ebr",
        "/pkg/tickertape.js%20",
        "/pkg/tickertape.js::$DATA",
        "/pkg/%ff",
        "/.git/config",
        "/Cargo.toml",
        "/proc/self/environ",
    ] {
        let answer = ask(&server, target).await;
        let status = answer.split(' ').nth(1);
        assert!(matches!(status, Some("404" | "400")), "{target}: {answer}");
    }
    let mut star = server
        .raw("GET * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await;
    assert!(!read_to_end(&mut star).await.contains(" 200 "));
}

#[tokio::test]
async fn a_topic_that_looks_like_a_path_is_a_topic() {
    let server = Server::without_demo().await;
    let path = "/events?topic=..%2f..%2fetc%2fpasswd";
    assert_eq!(server.post(path, "x").await.status(), 200);
    let topics = server.get("/api/topics").await.text().await.unwrap();
    assert!(topics.contains("../../etc/passwd"), "{topics}");
}
