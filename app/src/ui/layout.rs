//! The frame around every page: name, navigation, footer.

use leptos::prelude::*;

use super::{
    code::CopyButtons,
    theme::{Reader, ThemeForm},
};
use crate::model::Account;

const PAGES: [(&str, &str, &str); 6] = [
    ("/", "◷", "Overview"),
    ("/topics", "≡", "Topics"),
    ("/inspect", "⌕", "Inspect"),
    ("/learn", "¶", "Learn"),
    ("/faults", "↯", "Faults"),
    ("/chat", "❞", "Chat"),
];

/// Puts a page between header and footer.
///
/// The links load whole pages: each arrives with its data and the cursor from which it goes on.
#[component]
pub(crate) fn Layout<C: IntoView + 'static>(
    /// Where the page is.
    path: &'static str,
    children: TypedChildren<C>,
) -> impl IntoView {
    let children = children.into_inner();
    let link = move |(href, glyph, name): (&'static str, &'static str, &'static str)| {
        let current = (path == href).then_some("page");
        view! {
            <li>
                <a href=href aria-current=current>
                    <span class="glyph" aria-hidden="true">{glyph}</span>
                    {name}
                </a>
            </li>
        }
    };
    view! {
        <a class="skip" href="#content">"Skip to the content"</a>
        <header class="top">
            <a class="brand" href="/">
                <span class="glyph" aria-hidden="true">"≣"</span>
                "Tickertape"
            </a>
            <nav aria-label="Pages">
                <ul>{PAGES.map(link).collect_view()} {account(path)}</ul>
            </nav>
        </header>
        <main id="content">{children()}</main>
        <CopyButtons />
        <footer class="bottom">
            <p>
                "Publish with curl, watch in any browser, and always know whether you missed something."
            </p>
            <ThemeForm />
        </footer>
    }
}

/// Where to sign in, or who has; nothing where the server is open.
fn account(path: &'static str) -> impl IntoView {
    let name = match use_context::<Reader>().unwrap_or_default().account {
        Account::Anyone => return None,
        Account::Nobody(_) => "Sign in".to_owned(),
        Account::Someone { name, .. } => name.unwrap_or_else(|| "Signed in".into()),
    };
    let current = (path == "/sign-in").then_some("page");
    Some(view! {
        <li class="account">
            <a href="/sign-in" aria-current=current>
                <span class="glyph" aria-hidden="true">"@"</span>
                <bdi>{name}</bdi>
            </a>
        </li>
    })
}

/// A page's title, its lead and its content.
#[component]
pub(crate) fn Page<C: IntoView + 'static>(
    /// The page's heading.
    #[prop(into)]
    title: String,
    /// One sentence below it.
    lead: &'static str,
    children: TypedChildren<C>,
) -> impl IntoView {
    let children = children.into_inner();
    view! {
        <header class="page-head">
            <h1>
                <bdi>{title}</bdi>
            </h1>
            <p class="lead">{lead}</p>
        </header>
        {children()}
    }
}
