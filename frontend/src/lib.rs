//! The browser's entrance: brings the pages to life that the server rendered.

use app::App;
use wasm_bindgen::prelude::wasm_bindgen;

/// Hydrates the page; called once by the script in the document's head.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
}
