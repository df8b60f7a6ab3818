//! The HTML document around the pages.

use leptos::{nonce::use_nonce, prelude::*};

use crate::{App, Reader, model::Page};

/// Where the browser finds the assets; each address changes with its content.
#[derive(Clone, Debug)]
pub struct AssetUrls {
    /// The style sheet.
    pub css: String,
    /// The module's JavaScript.
    pub js: String,
    /// The module itself.
    pub wasm: String,
    /// The icon.
    pub icon: String,
    /// The inspector's own, which its page alone loads.
    pub inspector: InspectorUrls,
}

/// Where the browser finds the inspector.
#[derive(Clone, Debug)]
pub struct InspectorUrls {
    /// The page's script.
    pub page: String,
    /// The module's JavaScript.
    pub js: String,
    /// The module itself.
    pub wasm: String,
}

/// Starts the module, then each island, an outer one before those within.
const ISLANDS: &str = include_str!("islands.js");

/// Changes the theme without another page.
const THEME: &str = include_str!("theme.js");

/// The document: head, scripts that bring the page to life, and the page.
///
/// Leptos' own `HydrationScripts` names the assets without their version, so a browser that holds
/// an older module would run it against a newer page.
pub fn shell(options: LeptosOptions, assets: AssetUrls) -> impl IntoView {
    let page = use_context::<Page>().unwrap_or_default();
    let title = page.title();
    let theme = use_context::<Reader>().unwrap_or_default().theme;
    // What is outside the islands is never hydrated, and needs no marks for it.
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    let Started { start, js, wasm } = started(&page, &assets);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.forced()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=theme.schemes() />
                <title>{title}</title>
                <link rel="stylesheet" href=assets.css />
                <link rel="icon" href=assets.icon type="image/svg+xml" />
                <link rel="modulepreload" href=js />
                <link
                    rel="preload"
                    href=wasm
                    r#as="fetch"
                    r#type="application/wasm"
                    crossorigin="anonymous"
                />
                <AutoReload options=options.clone() />
                <script type="module" nonce=use_nonce()>{start}</script>
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// How a page comes to life.
struct Started {
    start: String,
    js: String,
    wasm: String,
}

/// The inspector has no islands, and a module of its own.
fn started(page: &Page, assets: &AssetUrls) -> Started {
    if let Page::Inspect(_) = page {
        let InspectorUrls { page, js, wasm } = assets.inspector.clone();
        return Started {
            start: format!(
                "import * as module from '{js}';\nimport {{ start }} from '{page}';\n{THEME}start(module, '{wasm}');\n"
            ),
            js,
            wasm,
        };
    }
    let (js, wasm) = (assets.js.clone(), assets.wasm.clone());
    Started {
        start: format!("import * as module from '{js}';\nconst wasm = '{wasm}';\n{THEME}{ISLANDS}"),
        js,
        wasm,
    }
}
