//! From what the server took a snapshot of to the page that shows it.

use leptos::{either::EitherOf9, prelude::*};

use crate::{
    chat::Chat,
    faults::Faults,
    home::Home,
    inspect::Inspect,
    learn::Learn,
    model::Page,
    sign_in::SignIn,
    topic::{Plain, Topic},
    ui::layout::Layout,
};

/// The whole site: the page that the server's snapshot is for.
///
/// There is no router: every link loads a whole page, which brings its own data and the cursor
/// from which it goes on, so the server's route table is the only one. The browser never runs this:
/// it brings the islands to life, and holds nothing of the pages around them.
#[component]
pub fn App() -> impl IntoView {
    let page = use_context::<Page>().unwrap_or_default();
    let path = page.path();
    let content = match page {
        Page::Home(data) => EitherOf9::A(view! { <Home data=*data /> }),
        Page::Learn(data) => EitherOf9::B(view! { <Learn data=data /> }),
        Page::Chat(data) => EitherOf9::C(view! { <Chat data=data /> }),
        Page::Topic(data) => EitherOf9::D(view! { <Topic data=*data /> }),
        Page::Plain(data) => EitherOf9::E(view! { <Plain data=*data /> }),
        Page::SignIn(data) => EitherOf9::F(view! { <SignIn data=data /> }),
        Page::Faults(data) => EitherOf9::G(view! { <Faults data=*data /> }),
        Page::Inspect(data) => EitherOf9::H(view! { <Inspect data=data /> }),
        Page::Missing => EitherOf9::I(view! { <Missing /> }),
    };
    view! { <Layout path=path>{content}</Layout> }
}

#[component]
fn Missing() -> impl IntoView {
    view! {
        <section class="panel">
            <h1>"There is no such page"</h1>
            <p>
                "What there is: the " <a href="/">"overview"</a> ", "
                <a href="/topics">"topics"</a> ", "
                <a href="/learn">"what an event stream is"</a> ", " <a href="/inspect">"the inspector"</a>
                ", " <a href="/faults">"streams with faults"</a> ", and " <a href="/chat">"the chat"</a>
                "."
            </p>
        </section>
    }
}
