//! Where redirects lead, and what goes there.

use super::*;

/// Answers a request with this redirect, and those after it with a stream; gives what was asked.
fn redirects(status: u16, location: &str, more: usize) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let redirect = format!(
        "HTTP/1.1 {status} Away\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let server = thread::spawn(move || {
        let asked = |n| {
            let (mut stream, _) = listener.accept().unwrap();
            let asked = request(&mut stream);
            let answer = if n == 0 { redirect.as_str() } else { HEAD };
            stream.write_all(answer.as_bytes()).unwrap();
            asked
        };
        (0..=more).map(asked).collect()
    });
    (url, server)
}

fn detail<'a>(lines: &'a [Value], code: &str) -> Option<&'a str> {
    let told = lines.iter().find(|line| line["code"] == code);
    told.and_then(|line| line["detail"].as_str())
}

#[test]
fn secrets_of_both_addresses_are_left_out() {
    let (url, _server) = redirects(302, "/there?ticket=S3CRET&topic=a", 1);
    let url = format!("{url}?token=S3CRET");
    let (lines, _) = lines(&args(&[&url, "--json", "--capture"]));
    let way = detail(&lines, "redirect").expect("a redirect");
    assert!(way.contains("?token=… to http"), "{way}");
    assert!(way.contains("/there?ticket=…&topic=a"), "{way}");
    assert!(!format!("{lines:?}").contains("S3CRET"), "{lines:?}");
}

#[test]
fn a_location_that_is_captured_has_no_secrets() {
    let (url, _server) = redirects(300, "http://u:S3CRET@h/?token=S3CRET", 0);
    let (lines, _) = lines(&args(&[&url, "--json", "--capture"]));
    let head = lines[0]["headers"].to_string();
    assert!(head.contains("http://…@h/?token=…"), "{head}");
    assert!(!format!("{lines:?}").contains("S3CRET"), "{lines:?}");
}

#[test]
fn within_an_origin_method_and_body_go_on_where_the_status_says_so() {
    let body = ["--body", r#"{"a":1}"#, "--header", "X-Own: 1"];
    for (status, method) in [(307, "post"), (308, "post"), (301, "get"), (303, "get")] {
        let (url, server) = redirects(status, "/there", 1);
        let (lines, _) = lines(&args(&[&[&url, "--json"], &body[..]].concat()));
        let asked = server.join().unwrap().pop().unwrap();
        assert!(asked.starts_with(&format!("{method} /there ")), "{asked}");
        assert!(asked.contains("x-own: 1\r\n"), "{asked}");
        let is_post = method == "post";
        for part in ["content-type: application/json\r\n", r#"{"a":1}"#] {
            assert_eq!(asked.contains(part), is_post, "{status}: {asked}");
        }
        assert_eq!(detail(&lines, "method").is_some(), is_post, "{lines:?}");
    }
}

#[test]
fn another_origin_is_shown_nothing_that_was_for_this_one() {
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&token, "theirs").unwrap();
    let file = token.path().to_str().unwrap();
    let (there, other) = serve(&[HEAD]);
    let (url, server) = redirects(302, &there, 0);
    let own = [
        "--header",
        "X-Api-Key: mine",
        "--header",
        "Accept: text/event-stream, mine",
    ];
    let asked = [&url, "--json", "--token-file", file, "--last-event-id", "7"];
    lines(&args(&[&asked[..], &own].concat()));
    let first = server.join().unwrap().pop().unwrap();
    assert!(first.contains("x-api-key: mine") && first.contains("bearer theirs"));
    let asked = other.join().unwrap();
    for part in ["mine", "bearer", "authorization"] {
        assert!(!asked.contains(part), "{part} in {asked}");
    }
    for part in ["accept: text/event-stream\r\n", "last-event-id: 7\r\n"] {
        assert!(asked.contains(part), "{asked}");
    }
}

#[test]
fn a_body_is_not_sent_to_another_origin_and_that_is_said() {
    let (url, _server) = redirects(307, "http://localhost:1/there?token=S3CRET", 0);
    let failure = inspect(&args(&[&url, "--body", "{}"]), &mut Vec::new()).unwrap_err();
    assert_eq!(failure.status, 69);
    let words = failure.to_string();
    let expected =
        ": redirected by 307 to http://localhost:1/there?token=…, where a body is not sent; give";
    assert!(words.contains(expected), "{words}");
}
