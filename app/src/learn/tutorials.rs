//! The two pages that most people begin with, live, and their code to take along.

use leptos::prelude::*;

use crate::{
    home::{clock::Clock, ticker::Ticker},
    model::Snapshot,
    ui::code::Code,
};

/// The section "Two pages".
#[component]
pub(crate) fn Tutorials(now: String, ticks: Snapshot, origin: String) -> impl IntoView {
    view! {
        <section class="panel" id="tutorials" aria-labelledby="tutorials-title">
            <h2 id="tutorials-title">"Two pages to begin with"</h2>
            <p>
                "Save either as a file and open it: both streams may be read from any origin. Nothing
                is installed, nothing is imported."
            </p>
        </section>
        <div class="columns">
            <div>
                <Clock now=now />
                <section class="panel" aria-labelledby="minimal">
                    <h3 id="minimal">"Minimal SSE Example"</h3>
                    <p>
                        "The server sends the time 100 times and ends the response. The browser comes
                        back by itself, with the last id, and gets the next 100: a clock that goes on
                        for ever."
                    </p>
                    <Code text=minimal(&origin) label="The code of Minimal SSE Example" />
                </section>
            </div>
            <div>
                <Ticker ticks=ticks title="Logstream" />
                <section class="panel" aria-labelledby="logstream">
                    <h3 id="logstream">"Logstream"</h3>
                    <p>
                        "One ticker for everybody: each who listens gets the same event with the same
                        id, and who comes back after a while gets what was missed, or is told how much
                        is gone."
                    </p>
                    <Code text=logstream(&origin) label="The code of Logstream" />
                </section>
            </div>
        </div>
    }
}

fn minimal(origin: &str) -> String {
    format!(
        r#"<!doctype html>
<title>Minimal SSE Example</title>
<h1>Minimal SSE Example</h1>
<p id="time">no time yet</p>
<script>
  const source = new EventSource('{origin}/sse/time');
  source.addEventListener('time', (event) => {{
    document.getElementById('time').textContent = event.data;
  }});
</script>"#
    )
}

fn logstream(origin: &str) -> String {
    format!(
        r#"<!doctype html>
<title>Logstream</title>
<h1>Logstream</h1>
<ul id="log"><li>Messages will appear here</li></ul>
<script>
  const source = new EventSource('{origin}/events');
  const add = (text) => {{
    const li = document.createElement('li');
    li.textContent = text; // text, never HTML: data is not yours
    document.getElementById('log').append(li);
  }};
  source.addEventListener('ticker', (event) => add(JSON.parse(event.data).message));
  source.addEventListener('hub.gap', (event) => add('missed: ' + event.data));
</script>"#
    )
}
