//! The overview: the server's time, the ticker, and what to try.

pub(crate) mod clock;
pub(crate) mod ticker;

use leptos::prelude::*;

use crate::{
    model::HomeData,
    ui::{code::Code, layout::Page},
};
use clock::Clock;
use ticker::Ticker;

/// The page `/`.
#[component]
pub(crate) fn Home(data: HomeData) -> impl IntoView {
    let HomeData { now, ticks, origin } = data;
    view! {
        <Page
            title="What happens, as it happens"
            lead="Publish with curl, watch in any browser, and always know whether you missed something."
        >
            <div class="columns">
                <div>
                    <Clock now=now />
                    <TryIt origin=origin />
                </div>
                <Ticker ticks=ticks title="The ticker" />
            </div>
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
                        "Say something in the " <a href="/chat">"chat"</a>
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
                "New to event streams? " <a href="/learn">"Learn what one is"</a>
                ", with the bytes beside what comes of them."
            </p>
        </section>
    }
}
