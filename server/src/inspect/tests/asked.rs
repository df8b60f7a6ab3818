//! What is sent: methods, headers, bodies; and who comes back.

use super::*;

#[test]
fn it_asks_by_any_method_with_headers_and_a_body() {
    let (url, server) = serve(&[HEAD, "data: [DONE]\n\n"]);
    let asked = [&url, "--json", "--body", r#" {"stream":true}"#];
    let headers = ["--header", "Accept: application/json, text/event-stream"];
    let (lines, violations) = lines(&args(&[&asked[..], &headers].concat()));
    assert_eq!((&lines[0]["code"], violations), (&json!("method"), 0));
    let sent = server.join().unwrap();
    let expected = [
        "post /events ",
        "\r\naccept: application/json, text/event-stream\r\n",
        "\r\ncontent-type: application/json\r\n",
        r#" {"stream":true}"#,
    ];
    for part in expected {
        assert!(sent.contains(part), "{part} in {sent}");
    }
    assert_eq!(sent.matches("accept: ").count(), 1);

    let failure = inspect(
        &args(&[&url, "--method", "GET", "--body", "x"]),
        &mut Vec::new(),
    );
    assert_eq!(failure.unwrap_err().status, 64);
}

/// Answers two requests so; gives what was asked.
fn twice(answer: fn(&str) -> String) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let asked = |_| {
            let (mut stream, _) = listener.accept().unwrap();
            let asked = request(&mut stream);
            stream.write_all(answer(&asked).as_bytes()).unwrap();
            asked
        };
        (0..2).map(asked).collect()
    });
    (url, server)
}

#[test]
fn a_resume_is_asked_for_by_get_and_a_server_need_not_take_it() {
    let (url, server) = twice(|asked| match asked.starts_with("post") {
        true => format!("{HEAD}id: a\ndata: 1\n\nid: b\ndata: 2\n\n"),
        false => "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n".to_owned(),
    });
    let (lines, violations) = lines(&args(&[&url, "--json", "--resume", "--method", "post"]));
    let told = lines.iter().find(|line| line["code"] == "resume_unknown");
    let detail = told.expect("a verdict")["detail"].as_str().unwrap();
    assert!(
        detail.contains("asked by POST") && detail.contains("405"),
        "{detail}"
    );
    assert_eq!(violations, 0);
    let asked = server.join().unwrap();
    assert!(asked[1].starts_with("get / ") && asked[1].contains("last-event-id: a\r\n"));
}

#[test]
fn who_comes_back_to_what_is_no_stream_is_refused_but_not_where_it_was_no_get() {
    let answer = |asked: &str| match asked.contains("last-event-id: a") {
        false => format!("{HEAD}id: a\ndata: 1\n\nid: b\ndata: 2\n\n"),
        true => {
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi".to_owned()
        }
    };
    for (method, code) in [("post", "resume_unknown"), ("get", "resume_refused")] {
        let (url, _server) = twice(answer);
        let (lines, _) = lines(&args(&[&url, "--json", "--resume", "--method", method]));
        let told = lines.iter().find(|line| line["code"] == code);
        let told = told.unwrap_or_else(|| panic!("{code} in {lines:?}"));
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains("text/html"), "{detail}");
    }
}

#[test]
fn what_a_get_streams_beside_a_post_says_nothing_of_a_resume() {
    let answer = |asked: &str| match asked.contains("last-event-id: a") {
        false => format!("{HEAD}id: a\ndata: 1\n\nid: b\ndata: 2\n\n"),
        true => format!("{HEAD}id: z\ndata: 9\n\n"),
    };
    for (method, code) in [("post", "resume_unknown"), ("get", "resume_ignored")] {
        let (url, _server) = twice(answer);
        let (lines, _) = lines(&args(&[&url, "--json", "--resume", "--method", method]));
        let told = |code: &str| lines.iter().any(|line| line["code"] == code);
        assert!(told(code), "{code} in {lines:?}");
    }
}

#[test]
fn headers_that_are_not_to_be_given_are_refused_with_what_is_right() {
    for (wrong, right) in [
        ("Last-Event-ID: 1", "--last-event-id"),
        ("content-length: 9", "leave it out"),
        ("Transfer-Encoding: chunked", "leave it out"),
    ] {
        let parsed = Cli::try_parse_from(["inspect", "http://a/", "--header", wrong]);
        let said = parsed.err().expect(wrong).to_string();
        assert!(said.contains(right), "{said}");
    }
}

#[test]
fn an_authorization_that_is_given_stays_and_nothing_else_is_shown() {
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&token, "theirs").unwrap();
    let file = token.path().to_str().unwrap();
    for (given, shown) in [
        (&[][..], "authorization: bearer theirs\r\n"),
        (
            &["--header", "authorization: Bearer mine"],
            "authorization: bearer mine\r\n",
        ),
    ] {
        let (url, server) = serve(&[HEAD]);
        lines(&args(
            &[&[&url, "--json", "--token-file", file], given].concat(),
        ));
        let asked = server.join().unwrap();
        assert!(asked.contains(shown), "{asked}");
        assert_eq!(asked.matches("bearer").count(), 1, "{asked}");
    }
}
