//! Streams with faults: the catalogue, one stream to try a client against, and who does.

mod chosen;
mod runs;

use leptos::{nonce::use_nonce, prelude::*};

use crate::{
    model::{FaultLine, FaultsData},
    ui::layout::Page,
};
use chosen::Chosen;
use runs::Runs;

/// Puts what is new about who is there in the place of what was.
const LIVE: &str = include_str!("live.js");

/// The page `/faults`.
#[component]
pub(crate) fn Faults(data: FaultsData) -> impl IntoView {
    let FaultsData {
        is_on,
        catalogue,
        chosen,
        refused,
        runs,
        sees_all,
        here,
    } = data;
    let off = (!is_on).then(|| {
        view! {
            <p class="refused" role="alert">
                "This server does not have these streams: they are part of the demo, which "
                <code>"tickertape dev"</code> " and " <code>"tickertape serve --demo"</code> " run."
            </p>
        }
    });
    let refused = refused.map(|why| view! { <p class="refused" role="alert">{why}</p> });
    let name = chosen.as_ref().map(|chosen| chosen.name.clone());
    let chosen =
        chosen.map(|chosen| view! { <Chosen chosen=chosen catalogue=catalogue.clone() /> });
    let items = catalogue
        .into_iter()
        .map(|line| item(line, name.as_deref()));
    let items = items.collect_view();
    view! {
        <Page
            title="Streams with faults"
            lead="Event streams that misbehave on request, for curl, EventSource, fetch or whatever client you test. The same address and the same seed are the same bytes."
        >
            {off}
            {refused}
            {chosen}
            <Runs runs=runs sees_all=sees_all here=here />
            <section class="panel faults" aria-labelledby="catalogue-title">
                <h2 id="catalogue-title">"The scenarios"</h2>
                <ul class="catalogue">
                    {items}
                </ul>
            </section>
            <script type="module" nonce=use_nonce()>{LIVE}</script>
        </Page>
    }
}

fn item(line: FaultLine, chosen: Option<&str>) -> impl IntoView + use<> {
    let FaultLine {
        name,
        title,
        does,
        right,
        ..
    } = line;
    let current = (chosen == Some(&name)).then_some("true");
    let href = format!("/faults?scenario={name}");
    view! {
        <li>
            <h3>
                <a href=href aria-current=current>{title}</a>
                " "
                <code>"/faults/" {name}</code>
            </h3>
            <p>{does}</p>
            <p class="right">"A good client: " {right}</p>
        </li>
    }
}
