//! Who comes back: with what, when, and whether at all.

use super::*;

const SENT_AWAY: &str = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

/// Gives each request the next of these answers; what was asked.
fn answers(answers: &[String]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let answers = answers.to_vec();
    let server = thread::spawn(move || {
        let answer = |answer: String| {
            let (mut stream, _) = listener.accept().unwrap();
            let asked = request(&mut stream);
            stream.write_all(answer.as_bytes()).unwrap();
            asked
        };
        answers.into_iter().map(answer).collect()
    });
    (url, server)
}

#[test]
fn what_a_stream_has_set_holds_for_those_after_it_until_204_ends_them() {
    let (url, server) = answers(&[
        format!("{HEAD}retry: 1\nid: 7\ndata: x\n\n"),
        HEAD.to_owned(),
        SENT_AWAY.to_owned(),
    ]);
    let (lines, violations) = lines(&args(&[&url, "--json", "--reconnect", "9", "--for", "60s"]));
    let ends = lines.iter().filter(|line| line["kind"] == "end");
    let retries: Vec<_> = ends.map(|end| end["retry"].as_u64()).collect();
    assert_eq!(retries, [Some(1); 3]);
    let asked = server.join().unwrap();
    let carries: Vec<_> = asked
        .iter()
        .map(|asked| asked.contains("last-event-id: 7\r\n"))
        .collect();
    assert_eq!(carries, [false, true, true]);
    assert!(
        lines.iter().any(|line| line["code"] == "sent_away"),
        "{lines:?}"
    );
    assert_eq!(violations, 0);
}

#[test]
fn with_an_id_that_no_browser_sends_it_does_not_come_back() {
    let (url, server) = answers(&[format!("{HEAD}retry: 1\nid: a\u{1b}\ndata: x\n\n")]);
    let (lines, _) = lines(&args(&[&url, "--json", "--reconnect", "1"]));
    server.join().unwrap();
    let codes: Vec<_> = lines
        .iter()
        .filter_map(|line| line["code"].as_str())
        .collect();
    assert_eq!(codes, ["id_with_control_character"]);
    assert_eq!(lines.last().unwrap()["kind"], "end");
}

#[test]
fn a_reconnection_time_that_no_number_holds_is_not_waited_for() {
    let retry = "9".repeat(30);
    let (url, server) = answers(&[format!("{HEAD}retry: {retry}\nid: 1\ndata: x\n\n")]);
    let (lines, _) = lines(&args(&[&url, "--json", "--reconnect", "1", "--for", "60s"]));
    server.join().unwrap();
    assert_eq!(lines.iter().filter(|line| line["kind"] == "end").count(), 1);
}
