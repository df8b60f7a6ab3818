//! The overview: the server's time, the hub in figures, its topics, who listens, what to try.

pub(crate) mod clock;
mod figures;
mod listeners;
mod live;
mod rows;
mod table;
pub(crate) mod ticker;
mod topics;

use leptos::{either::Either, prelude::*};

use crate::{
    model::HomeData,
    ui::{badge::Badge, code::Code, layout::Page},
};
use clock::{Clock, StillClock};
use figures::FigureList;
use listeners::Listeners;
use live::Hub;
use topics::Topics;

/// The page `/`.
#[component]
pub(crate) fn Home(data: HomeData) -> impl IntoView {
    let now = data.now.clone();
    let clock = if data.demo {
        Either::Left(view! { <Clock now=now /> })
    } else {
        Either::Right(view! { <StillClock now=now /> })
    };
    let (figures, origin) = (data.figures.clone(), data.origin.clone());
    view! {
        <Page
            title="What happens, as it happens"
            lead="Publish with curl, watch in any browser, and always know whether you missed something."
        >
            <div class="columns overview-head">
                {clock}
                <Hub>
                    <section id="hub" class="panel hub" aria-labelledby="hub-title">
                        <header class="panel-head">
                            <h2 id="hub-title">"The hub"</h2>
                            <Badge />
                        </header>
                        <FigureList figures=figures />
                    </section>
                </Hub>
            </div>
            <Topics data=&data />
            <Listeners listeners=data.listeners total=data.figures.subscribers today=data.today />
            <TryIt origin=origin demo=data.demo />
        </Page>
    }
}

#[component]
fn TryIt(origin: String, demo: bool) -> impl IntoView {
    let (watch, say) = if demo {
        (
            format!("curl -N {origin}/events"),
            format!("curl -d 'hello from curl' '{origin}/post?user=curl'"),
        )
    } else {
        (
            format!("curl -N '{origin}/events/**'"),
            format!("curl -d 'hello from curl' {origin}/events/greetings"),
        )
    };
    let inspect = format!("tickertape inspect '{origin}/events/**'");
    view! {
        <section class="panel">
            <h2>"Three things to try"</h2>
            <ol class="steps try">
                <li>
                    <p>"Watch, with the bytes as they come:"</p>
                    <Code text=watch label="Follow a stream" />
                </li>
                <li>
                    <p>"Say something, and see it arrive above:"</p>
                    <Code text=say label="Publish from a terminal" />
                </li>
                <li>
                    <p>"Read a stream as a parser does, with its violations:"</p>
                    <Code text=inspect label="Inspect a stream" />
                </li>
            </ol>
            <p>
                "New to event streams? " <a href="/learn">"Learn what one is"</a>
                ", with the bytes beside what comes of them."
            </p>
        </section>
    }
}
