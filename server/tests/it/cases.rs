//! Every case of `tests/cases/publishing.json`, in each way in which it can be published.

use percent_encoding::{NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{Blocks, FORM, JSON, Server, answer, data, field, problem, send};

/// One of `cases/publishing.json`, in pieces.
struct Case {
    name: String,
    /// Each field but the data, as often as it stands there.
    fields: Vec<(String, String)>,
    data: Option<Vec<u8>>,
    publish: Value,
}

impl Case {
    fn of(case: &Value) -> Self {
        let name = case["name"].as_str().unwrap().to_owned();
        let mut publish = case["publish"].clone();
        if publish.get("topic").is_none() && name != "no topic" {
            publish["topic"] = json!("t");
        }
        let members = publish.as_object().unwrap().iter();
        let fields = members.filter(|(name, _)| !name.starts_with("data"));
        let fields = fields.flat_map(|(name, value)| {
            let values = match value {
                Value::Array(values) => values.clone(),
                value => vec![value.clone()],
            };
            let text = |value: Value| (name.clone(), value.as_str().unwrap().to_owned());
            values.into_iter().map(text).collect::<Vec<_>>()
        });
        let data = match (&publish["data"], &publish["data_b64"]) {
            (Value::String(text), _) => Some(text.clone().into_bytes()),
            (_, Value::String(base64)) => {
                assert_eq!(base64, "Yf9i");
                Some(b"a\xffb".to_vec())
            }
            _ => None,
        };
        let fields = fields.collect();
        Self {
            name,
            fields,
            data,
            publish,
        }
    }

    fn query(&self) -> String {
        let pair = |(name, value): &(String, String)| {
            format!("{name}={}&", utf8_percent_encode(value, NON_ALPHANUMERIC))
        };
        self.fields.iter().map(pair).collect()
    }

    /// The same publish in each way in which it can be made.
    async fn send(&self, server: &Server, way: &str) -> Response {
        let data = self.data.clone().unwrap_or_default();
        match way {
            "raw" => {
                send(
                    server,
                    &format!("/events?{}", self.query()),
                    "image/png",
                    data,
                )
                .await
            }
            "form" => {
                let data = self.data.as_deref();
                let data =
                    data.map(|data| format!("data={}", percent_encode(data, NON_ALPHANUMERIC)));
                let form = self.query() + &data.unwrap_or_default();
                send(server, "/events", FORM, form).await
            }
            _ => {
                let mut object = self.publish.clone();
                object["data_b64"].take();
                let mut body = serde_json::to_vec(&object).unwrap();
                if self.publish.get("data_b64").is_some() {
                    body = [b"{\"topic\":\"t\",\"data\":\"", data.as_slice(), b"\"}"].concat();
                }
                send(server, "/events", JSON, body).await
            }
        }
    }
}

#[tokio::test]
async fn every_case_of_publishing_holds_in_each_way_to_publish() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../cases/publishing.json")).unwrap();
    assert_eq!(cases.len(), 32);
    for case in &cases {
        for way in ["raw", "form", "json"] {
            let server = Server::without_demo().await;
            let Case { name, .. } = &Case::of(case);
            let response = Case::of(case).send(&server, way).await;
            if case["accept"] == false {
                if (way, name.as_str()) == ("raw", "no topic") {
                    // Without a topic in the address the body says what to publish.
                    assert_eq!(response.status(), 415, "{name}");
                } else {
                    assert_eq!(response.status(), 400, "{name}, {way}");
                    let detail = problem(response, 400).await;
                    let named = detail.contains('`') || detail.starts_with("the body");
                    assert!(named, "{name}, {way}: {detail}");
                }
                assert!(data(&server, "topic=**").await.is_empty(), "{name}, {way}");
                continue;
            }
            assert_eq!(
                response.status(),
                case["status"].as_u64().unwrap() as u16,
                "{name}, {way}"
            );
            let topic = answer(response).await["topic"].as_str().unwrap().to_owned();
            let topic = utf8_percent_encode(&topic, NON_ALPHANUMERIC);
            let stream = server
                .get(&format!("/events?since=all&topic={topic}"))
                .await;
            let mut blocks = Blocks::of(stream);
            blocks.next_with("event: hub.open").await;
            let block = blocks.next().await.unwrap();
            let id = format!("id: {}\n", field(&block, "id"));
            let wire = case["wire"].as_str().unwrap().replace("id: <hub id>\n", "");
            assert_eq!(block.replace(&id, "") + "\n\n", wire, "{name}, {way}");
            let lines = block.lines().filter_map(|line| line.strip_prefix("data:"));
            let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
            let seen = lines.collect::<Vec<_>>().join("\n");
            assert_eq!(seen, case["client_sees"].as_str().unwrap(), "{name}, {way}");
        }
    }
}
