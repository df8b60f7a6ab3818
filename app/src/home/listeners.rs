//! Who is listening, as the server sends it.

use leptos::prelude::*;

use super::rows;
use crate::{
    model::{LISTENERS_SHOWN, Listener},
    ui::figures::grouped,
};

/// The panel of subscribers, closed until someone asks; kept up to date by [`super::live`].
#[component]
pub(super) fn Listeners(
    listeners: Vec<Listener>,
    /// How many there are in all.
    total: u64,
    today: String,
) -> impl IntoView {
    let row = move |listener| view! { <Row listener=listener today=today.clone() /> };
    view! {
        <details class="panel listeners">
            <summary>
                <h2>"Who is listening"</h2>
                <span class="meta total">{grouped(total)}</span>
            </summary>
            <table>
                <thead>
                    <tr>
                        <th scope="col" class="name">
                            "Asked for"
                        </th>
                        <th scope="col">"Format"</th>
                        <th scope="col" class="number">
                            "Since"
                            <span class="zone">" (UTC)"</span>
                        </th>
                        <th scope="col" class="number">
                            "Behind"
                        </th>
                    </tr>
                </thead>
                <tbody>{listeners.into_iter().map(row).collect_view()}</tbody>
            </table>
            <template>
                <Row listener=Listener::default() today=String::new() />
            </template>
            <p class="empty nobody">"Nobody, at the moment."</p>
            <p class="meta">
                {format!(
                    "The first {LISTENERS_SHOWN} who came, of all; the pages of topics among them. \
                     Behind: how many places of the log each has yet to look at.",
                )}
            </p>
        </details>
    }
}

#[component]
fn Row(listener: Listener, today: String) -> impl IntoView {
    let [(_, selectors), (_, format), (_, since), (_, behind)] = rows::listener(&listener, &today);
    let title = selectors.clone();
    view! {
        <tr data-key=listener.id>
            <th scope="row" class="name">
                <bdi title=title>{selectors}</bdi>
            </th>
            <td class="format">{format}</td>
            <td class="number since">
                <time datetime=listener.since.clone() title=listener.since>
                    {since}
                </time>
            </td>
            <td class="number behind">{behind}</td>
        </tr>
    }
}
