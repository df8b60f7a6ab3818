//! The table of topics, as the server sends it.

use leptos::prelude::*;

use super::rows::{self, Shows, counted, page};
use crate::{
    model::{HomeData, TopicLine, TopicOrder, Wanted},
    ui::{code::Code, spark::Spark},
};

/// The panel of topics: search, table, and where the others are. Whole without JavaScript; what it
/// shows is kept up to date by [`super::live`].
#[component]
pub(super) fn Topics<'a>(data: &'a HomeData) -> impl IntoView + use<> {
    let (wanted, total) = (&data.wanted, data.figures.topics);
    let shown = data.topics.len();
    let goes_on = data.next.is_some();
    let shows = Shows::of(wanted, shown, total, goes_on).word();
    let count = counted(wanted, shown, total, goes_on);
    let rows = data.topics.iter().cloned();
    let today = data.today.clone();
    let row = move |line| view! { <Row line=line today=today.clone() /> };
    view! {
        <section class="panel topics" data-shows=shows aria-labelledby="topics-title">
            <header class="panel-head">
                <h2 id="topics-title">"Topics"</h2>
                <Search wanted=wanted.clone() />
            </header>
            <table data-after=wanted.after.clone()>
                <Head wanted=wanted.clone() />
                <tbody>{rows.map(row).collect_view()}</tbody>
            </table>
            <template>
                <Row line=TopicLine::default() today=String::new() />
            </template>
            <p class="empty no-match">"No topic contains this."</p>
            <Nothing origin=data.origin.clone() />
            <Pager wanted=wanted.clone() next=data.next.clone() count=count />
        </section>
    }
}

#[component]
fn Search(wanted: Wanted) -> impl IntoView {
    let sort = wanted.order.word();
    let sort = (!sort.is_empty()).then(|| view! { <input type="hidden" name="sort" value=sort /> });
    view! {
        <form class="search" role="search" method="get" action="/">
            <label class="unseen" for="q">
                "Search topics"
            </label>
            <input
                type="search"
                id="q"
                name="q"
                value=wanted.text
                placeholder="Search topics"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
            />
            {sort}
            <button>"Search"</button>
        </form>
    }
}

#[component]
fn Head(wanted: Wanted) -> impl IntoView {
    let sorted = move |order: TopicOrder, direction: &'static str| {
        let is_current = wanted.order == order;
        let address = Wanted {
            order,
            after: String::new(),
            ..wanted.clone()
        };
        (is_current.then_some(direction), address.address())
    };
    let (by_name, name) = sorted(TopicOrder::Name, "ascending");
    let (by_rate, rate) = sorted(TopicOrder::Rate, "descending");
    let (by_last, last) = sorted(TopicOrder::Last, "descending");
    view! {
        <thead>
            <tr>
                <th scope="col" class="name" aria-sort=by_name>
                    <a href=name data-sort="">
                        "Topic"
                    </a>
                </th>
                <th scope="col" class="number" aria-sort=by_rate>
                    <a href=rate data-sort="rate">
                        "Events/s"
                    </a>
                </th>
                <th scope="col" class="minute">
                    "Last minute"
                </th>
                <th scope="col" class="number">
                    "Subscribers"
                </th>
                <th scope="col" class="number">
                    "Events kept"
                </th>
                <th scope="col" class="number last" aria-sort=by_last>
                    <a href=last data-sort="last">
                        "Last event"
                        <span class="zone">" (UTC)"</span>
                    </a>
                </th>
            </tr>
        </thead>
    }
}

#[component]
fn Row(line: TopicLine, today: String) -> impl IntoView {
    let [(_, rate), (_, follow), (_, kept), (_, last)] = rows::topic(&line, &today);
    let TopicLine {
        topic,
        recent,
        last_time,
        ..
    } = line;
    let (key, page, title) = (topic.clone(), page(&topic), topic.clone());
    view! {
        <tr data-key=key>
            <th scope="row" class="name">
                <a href=page title=title>
                    <bdi>{topic}</bdi>
                </a>
            </th>
            <td class="number rate">{rate}</td>
            <td class="minute">
                <Spark counts=recent />
            </td>
            <td class="number follow">{follow}</td>
            <td class="number kept">{kept}</td>
            <td class="number last">
                <time datetime=last_time.clone() title=last_time>
                    {last}
                </time>
            </td>
        </tr>
    }
}

#[component]
fn Pager(wanted: Wanted, next: Option<String>, count: String) -> impl IntoView {
    let first = (!wanted.after.is_empty()).then(|| {
        let first = Wanted {
            after: String::new(),
            ..wanted.clone()
        };
        view! {
            <a class="first" href=first.address()>
                "From the beginning"
            </a>
        }
    });
    let is_last = next.is_none();
    let next = Wanted {
        after: next.unwrap_or_default(),
        ..wanted
    };
    view! {
        <nav class="pager" aria-label="Pages of topics">
            <span class="meta count">{count}</span>
            <span class="unseen" role="status"></span>
            {first}
            <a class="next" href=next.address() hidden=is_last>
                "Next"
            </a>
        </nav>
    }
}

/// What stands where nothing is kept of any topic: three ways to begin.
#[component]
fn Nothing(origin: String) -> impl IntoView {
    let script = format!(
        "const source = new EventSource('{origin}/events/greetings');\n\
         source.onmessage = (event) => console.log(event.data);\n\
         fetch('{origin}/events/greetings', {{ method: 'POST', body: 'hello' }});"
    );
    view! {
        <div class="nothing">
            <p class="empty">"No events yet: a topic is made by its first event."</p>
            <h3>"With curl"</h3>
            <Code text=format!("curl -d hello {origin}/events/greetings") label="Publish an event" />
            <h3>"From a pipe, a line an event"</h3>
            <Code
                text=format!("make 2>&1 | curl -T - {origin}/lines/build")
                label="Publish each line"
            />
            <h3>"In JavaScript"</h3>
            <Code text=script label="Publish and watch in a page" />
        </div>
    }
}
