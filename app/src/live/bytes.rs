//! A stream's bytes as they arrive: what an `EventSource` does not show.

use std::{cell::Cell, rc::Rc};

use js_sys::{Reflect, Uint8Array};
use leptos::{prelude::window, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStreamDefaultReader, RequestInit, RequestMode, Response};

/// What a byte stream tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// The status line and headers arrived.
    Opened(u16),
    /// Bytes of the body, cut wherever the network cut them.
    Bytes(Vec<u8>),
    /// The body ended, or the connection broke.
    Ended,
}

/// A request whose body is being read; dropping it cuts the connection.
pub struct ByteStream {
    abort: AbortController,
    /// Whether anybody still wants to hear of it.
    wanted: Rc<Cell<bool>>,
}

impl ByteStream {
    /// Asks for `url`, from a cursor where there is one, and reports what arrives.
    ///
    /// # Errors
    /// Where the browser cannot make the request.
    pub fn open(
        url: &str,
        last_event_id: Option<&str>,
        report: impl Fn(Chunk) + 'static,
    ) -> Result<Self, JsValue> {
        let abort = AbortController::new()?;
        let options = RequestInit::new();
        options.set_mode(RequestMode::SameOrigin);
        options.set_signal(Some(&abort.signal()));
        if let Some(id) = last_event_id {
            let headers = web_sys::Headers::new()?;
            headers.set("Last-Event-ID", id)?;
            options.set_headers(&headers);
        }
        let request = window().fetch_with_str_and_init(url, &options);
        let wanted = Rc::new(Cell::new(true));
        let heard = Rc::clone(&wanted);
        let report = move |chunk| {
            if heard.get() {
                report(chunk);
            }
        };
        spawn_local(async move {
            // However it ends, nothing more arrives.
            let _ = read(JsFuture::from(request), &report).await;
            report(Chunk::Ended);
        });
        Ok(Self { abort, wanted })
    }
}

impl Drop for ByteStream {
    fn drop(&mut self) {
        self.wanted.set(false);
        self.abort.abort();
    }
}

async fn read(request: JsFuture, report: &impl Fn(Chunk)) -> Result<(), JsValue> {
    let response: Response = request.await?.dyn_into()?;
    report(Chunk::Opened(response.status()));
    let Some(body) = response.body() else {
        return Ok(());
    };
    let reader: ReadableStreamDefaultReader = body.get_reader().dyn_into()?;
    loop {
        let step = JsFuture::from(reader.read()).await?;
        if Reflect::get(&step, &"done".into())?.is_truthy() {
            return Ok(());
        }
        let bytes: Uint8Array = Reflect::get(&step, &"value".into())?.dyn_into()?;
        report(Chunk::Bytes(bytes.to_vec()));
    }
}
