//! The overview: the server's time, the ticker, and what to try.

pub(crate) mod clock;
pub(crate) mod ticker;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    model::HomeData,
    ui::{code::Code, layout::Page},
};
use clock::Clock;
use ticker::Ticker;

/// The page `/`.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let HomeData { now, ticks, origin } =
        SharedValue::new(|| use_context::<HomeData>().unwrap_or_default()).into_inner();
    view! {
        <Title text="Tickertape" />
        <Page
            title="What happens, as it happens"
            lead="Publish with curl, watch in any browser, and always know whether you missed something."
        >
            <div class="columns">
                <Clock now=now />
                <Ticker ticks=ticks />
            </div>
            <TryIt origin=origin />
        </Page>
    }
}

#[component]
fn TryIt(origin: String) -> impl IntoView {
    view! {
        <section class="panel">
            <h2>"Three things to try"</h2>
            <ol class="steps">
                <li>
                    <p>"Watch the ticker that this page shows, with its bytes:"</p>
                    <Code text=format!("curl -N {origin}/events") label="Follow the ticker" />
                </li>
                <li>
                    <p>
                        "Say something in the " <a rel="external" href="/chat">"chat"</a>
                        ", from a terminal:"
                    </p>
                    <Code
                        text=format!("curl -d 'hello from curl' '{origin}/post?user=curl'")
                        label="Post to the chat"
                    />
                </li>
                <li>
                    <p>
                        "Read a stream as a parser does: names, ids, byte offsets, violations of the
                        standard:"
                    </p>
                    <Code
                        text=format!("tickertape inspect '{origin}/sse/time?count=3'")
                        label="Inspect a stream"
                    />
                </li>
            </ol>
            <p>
                "New to event streams? " <a rel="external" href="/learn">"Learn what one is"</a>
                ", with the bytes beside what comes of them."
            </p>
        </section>
    }
}
