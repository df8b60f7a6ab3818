//! `/lines` and `/lines/{topic}`: uploads.

use utoipa::openapi::HttpMethod::{Post, Put};
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{OperationBuilder, Parameter, PathItem, PathItemBuilder};
use utoipa::openapi::schema::Schema;

use super::events::PUBLISH;
use super::parts::{
    Refusals, answer, body, named, operation, path, query, string, topic, topic_in_path,
};
use super::shapes;
use crate::http::lines::Stored;

pub(super) fn paths() -> Vec<(&'static str, PathItem)> {
    let one = query(
        "topic",
        "The topic: each line is an event's data then",
        topic(),
    );
    let any = vec![
        ("application/x-ndjson", string().into()),
        ("text/plain", shapes::data().into()),
    ];
    let in_path = path("The topic; `/` and `%2F` are the same", topic_in_path());
    let text = vec![("text/plain", shapes::data().into())];
    vec![
        ("/lines", uploads("upload", &one, &any)),
        ("/lines/{topic}", uploads("upload_to_one", &in_path, &text)),
    ]
}

fn uploads(id: &str, topic: &Parameter, contents: &[(&str, RefOr<Schema>)]) -> PathItem {
    let of = |id: &str| {
        let body = body(
            "With a topic in the address lines of text; without, a JSON object a line",
            contents.to_vec(),
        );
        upload(id)
            .parameter(topic.clone())
            .request_body(Some(body))
            .build()
    };
    PathItemBuilder::new()
        .operation(Post, of(id))
        .operation(Put, of(&format!("{id}_put")))
        .build()
}

fn upload(id: &str) -> OperationBuilder {
    let done = answer(
        "what was stored",
        vec![("application/json", Some(named::<Stored>()))],
    );
    operation(
        id,
        "publish",
        "Publishes every line as it arrives",
        Refusals::Said,
        &PUBLISH,
    )
    .parameter(query(
        "event",
        "The name of each; with `topic`",
        shapes::event_name(),
    ))
    .parameter(query(
        "retry",
        "A reconnection time in ms; with `topic`",
        shapes::retry(),
    ))
    .response("200", done)
}
