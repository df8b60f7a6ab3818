//! What breaks in practice, and how to see it.

use leptos::prelude::*;

use crate::ui::code::Code;

/// The section "What breaks".
#[component]
pub(crate) fn Practice(origin: String) -> impl IntoView {
    view! {
        <section class="panel" id="practice" aria-labelledby="practice-title">
            <h2 id="practice-title">"What breaks, and how to see it"</h2>
            <dl class="practice">
                <dt>"The connection ends"</dt>
                <dd>
                    <p>
                        "The browser waits for the reconnection time and asks again, with the header "
                        <code>"Last-Event-ID"</code> ". A server that passes over it loses events, and
                        nobody notices. Here the answer begins after that id; if that is no longer
                        possible, with " <code>"hub.gap"</code> ", which says why and how many."
                    </p>
                    <Code
                        text=format!("curl -N -H 'Last-Event-ID: 100' '{origin}/sse/time?count=2'")
                        label="Resume the clock after id 100"
                    />
                    <Code
                        text=format!("curl -N -H 'Last-Event-ID: lost' {origin}/events")
                        label="Resume from an id that the hub does not know"
                    />
                </dd>
                <dt>"A client that has seen no event yet"</dt>
                <dd>
                    <p>
                        "It has no id, and reconnects without one: what happened in between is lost. So
                        the first event here is " <code>"hub.open"</code> ", whose id is the cursor from
                        which the stream goes on."
                    </p>
                </dd>
                <dt>"Any status but 200"</dt>
                <dd>
                    <p>
                        "It ends an " <code>"EventSource"</code> " for good, a 503 during a restart
                        included, and the page cannot see which it was. The pages here ask once more
                        with a plain request, say what they found, and open a new source with a growing
                        delay."
                    </p>
                </dd>
                <dt>"Silence"</dt>
                <dd>
                    <p>
                        "A dead connection looks like a quiet one. After 15 quiet seconds the hub sends "
                        <code>"hub.beat"</code> ", an event and not a comment, because a page cannot see
                        comments; two and a half beats without anything mean that nobody is there."
                    </p>
                </dd>
                <dt>"A proxy in between"</dt>
                <dd>
                    <p>
                        "It may hold bytes back until a buffer is full, or compress them, or cut what is
                        quiet. The headers ask it not to:"
                    </p>
                    <Code
                        text=format!("curl -sN -o /dev/null -D - '{origin}/sse/time?count=1'")
                        label="The headers of a stream"
                    />
                </dd>
                <dt>"The seventh tab"</dt>
                <dd>
                    <p>
                        "Browsers open six connections to an origin over HTTP/1.1, and the seventh stream
                        waits without an error. A page here that is hidden for ten seconds lets go, and
                        resumes by its cursor when it is shown."
                    </p>
                </dd>
                <dt>"Another origin"</dt>
                <dd>
                    <p>
                        "A page may read a stream of another origin only where the server says so. The
                        clock and the ticker say so to everybody; for the rest name the origin when you
                        start the server:"
                    </p>
                    <Code
                        text="tickertape dev --cors-origin https://app.example"
                        label="Let a page of another origin in"
                    />
                </dd>
            </dl>
        </section>
    }
}
