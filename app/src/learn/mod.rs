//! What an event stream is: the bytes, what a parser reads in them, the page that comes of it.

mod anatomy;
mod block_row;
mod blocks;
mod experiment;
mod practice;
mod reading;
mod rules;
mod tutorials;

use leptos::prelude::*;

use crate::{
    model::LearnData,
    ui::{code::Code, layout::Page},
};
use anatomy::Anatomy;
use experiment::Experiment;
use practice::Practice;
use rules::Rules;
use tutorials::Tutorials;

/// The page `/learn`.
#[component]
pub(crate) fn Learn(data: LearnData) -> impl IntoView {
    let LearnData {
        now,
        ticks,
        origin,
        bytes,
    } = data;
    let follow = format!("curl -N {origin}/events");
    view! {
        <Page
            title="What an event stream is"
            lead="One HTTP response that does not end. The server writes lines of text into it; the browser makes events of them."
        >
            <nav class="contents" aria-label="On this page">
                <a href="#anatomy">"See one"</a>
                <a href="#rules">"The rules"</a>
                <a href="#experiment">"Try your own bytes"</a>
                <a href="#tutorials">"Two pages"</a>
                <a href="#practice">"What breaks"</a>
            </nav>
            <Anatomy ticks=ticks.clone()>
                <Code text=follow label="The same in a terminal" />
            </Anatomy>
            <Rules />
            <Experiment bytes=bytes />
            <Tutorials now=now ticks=ticks origin=origin.clone() />
            <Practice origin=origin />
        </Page>
    }
}
