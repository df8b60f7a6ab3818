//! Who is connected, what each was sent, and when it came back with what.

use leptos::{either::Either, prelude::*};

use crate::{
    model::{RunLine, VisitLine, time_of_day},
    ui::figures::grouped,
};

/// The clients of the streams; `live.js` keeps it true.
#[component]
pub(crate) fn Runs(runs: Vec<RunLine>, sees_all: bool, here: String) -> impl IntoView {
    let at = format!("{here}#runs");
    let open = runs.iter().flat_map(|run| &run.visits);
    let open = open.filter(|visit| visit.is_open).count();
    let who = match sees_all {
        true => "All who asked since the server began, as far as it remembers them.",
        false => {
            "Those of this page's address alone, which has a name for the run: who may observe sees all."
        }
    };
    let list = match runs.is_empty() {
        true => Either::Left(view! { <p>"Nobody yet."</p> }),
        false => Either::Right(runs.into_iter().map(run).collect_view()),
    };
    view! {
        <section id="runs" class="panel runs" aria-labelledby="runs-title" data-at=here>
            <h2 id="runs-title">"Who is here: " {open}</h2>
            <p>{who} " " <a href=at>"Look again"</a></p>
            {list}
        </section>
    }
}

fn run(run: RunLine) -> impl IntoView {
    let RunLine {
        address,
        from,
        agent,
        count,
        visits,
    } = run;
    let times = match count {
        1 => "came once".to_owned(),
        n => format!("came {} times", grouped(n)),
    };
    let table = format!("Connections of {address}");
    view! {
        <article class="run">
            <h3>
                <code>{address}</code>
            </h3>
            <p class="run-who">
                <bdi>{from}</bdi>
                " · "
                {times}
                " · "
                <bdi class="agent">{agent}</bdi>
            </p>
            <div class="scrolls" tabindex="0" role="region" aria-label=table>
                <table>
                    <thead>
                        <tr>
                            <th scope="col" class="number">"#"</th>
                            <th scope="col">"Time (UTC)"</th>
                            <th scope="col" class="number">"After"</th>
                            <th scope="col">"With id"</th>
                            <th scope="col" class="number">"Status"</th>
                            <th scope="col" class="number">"Events"</th>
                            <th scope="col" class="number">"Bytes"</th>
                            <th scope="col">"Last id"</th>
                            <th scope="col">"State"</th>
                        </tr>
                    </thead>
                    <tbody>{visits.into_iter().rev().map(visit).collect_view()}</tbody>
                </table>
            </div>
        </article>
    }
}

fn visit(visit: VisitLine) -> impl IntoView {
    let VisitLine {
        number,
        at,
        after,
        came_with,
        status,
        events,
        bytes,
        last,
        state,
        is_open,
    } = visit;
    let after = after.map_or("–".to_owned(), pause);
    let last = last.map_or("–".to_owned(), |n| format!("faults-{n}"));
    let time = time_of_day(&at, 12);
    let glyph = if is_open { "● " } else { "○ " };
    view! {
        <tr data-open=is_open.then_some("true")>
            <td class="number">{number}</td>
            <td>
                <time datetime=at>{time}</time>
            </td>
            <td class="number">{after}</td>
            <td>
                <bdi>{came_with.unwrap_or_else(|| "none".into())}</bdi>
            </td>
            <td class="number">{status}</td>
            <td class="number">{grouped(events)}</td>
            <td class="number">{grouped(bytes)}</td>
            <td>{last}</td>
            <td class="state">
                <span aria-hidden="true">{glyph}</span>
                {state}
            </td>
        </tr>
    }
}

/// A pause, to a tenth of a second.
fn pause(millis: u64) -> String {
    format!("{}.{} s", grouped(millis / 1_000), millis % 1_000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_told_to_a_tenth() {
        assert_eq!(pause(3_050), "3.0 s");
        assert_eq!(pause(1_234_567), "1,234.5 s");
    }
}
