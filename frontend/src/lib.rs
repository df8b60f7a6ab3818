//! The browser's entrance: brings the islands to life in the pages that the server rendered.

// The islands are found by name: nothing else would link them.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Makes ready for the page's islands; called once, before them, by the script in the document's head.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
