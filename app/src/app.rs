//! Providers and the route table.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

use crate::{chat::Chat, home::Home, learn::Learn, ui::layout::Layout};

/// The whole site.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Layout>
                <Routes fallback=|| view! { <NotFound /> }>
                    <Route path=path!("/") view=Home />
                    <Route path=path!("/learn") view=Learn />
                    <Route path=path!("/chat") view=Chat />
                </Routes>
            </Layout>
        </Router>
    }
}

#[component]
fn NotFound() -> impl IntoView {
    view! {
        <leptos_meta::Title text="Not found · Tickertape" />
        <section class="panel">
            <h1>"There is no such page"</h1>
            <p>"What there is: the " <a rel="external" href="/">"overview"</a> ", "
                <a rel="external" href="/learn">"what an event stream is"</a> ", and "
                <a rel="external" href="/chat">"the chat"</a> "."</p>
        </section>
    }
}
