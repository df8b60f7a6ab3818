//! The frame around every page: name, navigation, footer.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

const PAGES: [(&str, &str, &str); 3] =
    [("/", "◷", "Overview"), ("/learn", "¶", "Learn"), ("/chat", "❞", "Chat")];

/// Puts a page between header and footer.
///
/// The links load whole pages: each arrives with its data and the cursor from which it goes on.
#[component]
pub(crate) fn Layout(children: Children) -> impl IntoView {
    let path = use_location().pathname;
    let link = move |(href, glyph, name): (&'static str, &'static str, &'static str)| {
        let current = move || (path.get() == href).then_some("page");
        view! {
            <li>
                <a rel="external" href=href aria-current=current>
                    <span class="glyph" aria-hidden="true">{glyph}</span>
                    {name}
                </a>
            </li>
        }
    };
    view! {
        <a class="skip" href="#content">"Skip to the content"</a>
        <header class="top">
            <a rel="external" class="brand" href="/">
                <span class="glyph" aria-hidden="true">"≣"</span>
                "Tickertape"
            </a>
            <nav aria-label="Pages">
                <ul>{PAGES.map(link).collect_view()}</ul>
            </nav>
        </header>
        <main id="content">{children()}</main>
        <footer class="bottom">
            "Publish with curl, watch in any browser, and always know whether you missed something."
        </footer>
    }
}

/// A page's title, its lead and its content.
#[component]
pub(crate) fn Page(
    /// The page's heading.
    title: &'static str,
    /// One sentence below it.
    lead: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <header class="page-head">
            <h1>{title}</h1>
            <p class="lead">{lead}</p>
        </header>
        {children()}
    }
}
