//! What is sent from a page, and the server's answer.

use js_sys::Reflect;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

/// The JSON with which the server answered.
pub(crate) struct Answer(JsValue);

impl Answer {
    /// A member that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let member = Reflect::get(&self.0, &name.into()).ok()?;
        member.as_string()
    }
}

/// Posts a body; the error is the server's own words.
pub(crate) async fn post(url: &str, body: &JsValue) -> Result<Answer, String> {
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_body(body);
    let sent = JsFuture::from(window().fetch_with_str_and_init(url, &options)).await;
    let response: Response = sent
        .ok()
        .and_then(|response| response.dyn_into().ok())
        .ok_or("the server cannot be reached; your words are kept, send them again")?;
    let answer = match response.json() {
        Ok(json) => JsFuture::from(json).await.unwrap_or_default(),
        Err(_) => JsValue::UNDEFINED,
    };
    let answer = Answer(answer);
    if response.ok() {
        return Ok(answer);
    }
    let detail = answer.text("detail");
    Err(detail.unwrap_or_else(|| format!("refused with status {}", response.status())))
}
