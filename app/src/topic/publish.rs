//! The form that publishes: it works without JavaScript, and without leaving the page with it.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::{
    Event, FormData, HtmlFormElement, HtmlTextAreaElement, KeyboardEvent, UrlSearchParams,
};

use crate::{
    Reader,
    address::permalink,
    model::Compose,
    post::post,
    ui::{
        area::escaped,
        dom::{alive, listen},
    },
};

/// The section "Publish".
#[component]
pub(crate) fn Publish(compose: Compose) -> impl IntoView {
    let account = use_context::<Reader>().unwrap_or_default().account;
    if account.may_publish() {
        return view! { <Form compose=compose /> }.into_any();
    }
    view! {
        <section class="panel publish" id="publish" aria-labelledby="publish-title">
            <h2 id="publish-title">"Publish"</h2>
            <p>
                "Publishing here needs a token with the right to it: " <a href="/sign-in">"sign in"</a> "."
            </p>
        </section>
    }
    .into_any()
}

/// The section where one may publish on something.
#[component]
fn Form(compose: Compose) -> impl IntoView {
    let why = Compose::FIELDS.map(|field| compose.why(field));
    let [why_topic, why_event, why_retry, why_data] = why;
    let why_form = compose.why(Compose::WHOLE);
    let Compose {
        watching,
        topic,
        event,
        retry,
        data,
        published,
        ..
    } = compose;
    let published = published.map(|id| {
        let href = permalink(&topic, &id);
        view! { "Published as " <a href=href>{id}</a> }
    });
    // A browser takes the first line end of a box away.
    let data = format!("\n{}", escaped(&data));
    view! {
        <section class="panel publish" id="publish" aria-labelledby="publish-title">
            <h2 id="publish-title">"Publish"</h2>
            <Sender>
                <form class="publish" method="post" action="/topics#publish">
                    <input type="hidden" name="watching" value=watching />
                    <div class="publish-fields">
                        <Field
                            name="topic"
                            label="Topic"
                            value=topic
                            why=why_topic
                        />
                        <Field
                            name="event"
                            label="Event name"
                            value=event
                            why=why_event
                            hint="message"
                        />
                        <Field
                            name="retry"
                            label="Retry (ms)"
                            value=retry
                            why=why_retry
                            hint="none"
                        />
                    </div>
                    <div>
                        <label for="publish-data">"Data"</label>
                        <textarea
                            id="publish-data"
                            name="data"
                            rows="4"
                            dir="auto"
                            autocomplete="off"
                            spellcheck="false"
                            aria-invalid=why_data.is_some().then_some("true")
                            aria-describedby="publish-data-refused"
                        >
                            {data}
                        </textarea>
                        <Why field="data" why=why_data />
                    </div>
                    <div class="publish-send">
                        <button type="submit" aria-keyshortcuts="Control+Enter Meta+Enter">
                            "Publish"
                        </button>
                        <p class="published" role="status">{published}</p>
                    </div>
                    <Why field=Compose::WHOLE why=why_form />
                </form>
            </Sender>
        </section>
    }
}

#[component]
fn Field(
    name: &'static str,
    label: &'static str,
    value: String,
    why: Option<String>,
    /// What an empty field stands for.
    #[prop(optional)]
    hint: Option<&'static str>,
) -> impl IntoView {
    let id = format!("publish-{name}");
    view! {
        <div>
            <label for=id.clone()>{label}</label>
            <input
                id=id.clone()
                name=name
                value=value
                placeholder=hint
                dir="auto"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                required=hint.is_none()
                inputmode=(name == "retry").then_some("numeric")
                aria-invalid=why.is_some().then_some("true")
                aria-describedby=format!("{id}-refused")
            />
            <Why field=name why=why />
        </div>
    }
}

/// What is wrong with a field.
#[component]
fn Why(field: &'static str, why: Option<String>) -> impl IntoView {
    let id = format!("publish-{field}-refused");
    view! { <p id=id class="refused" role="alert" data-for=field>{why}</p> }
}

/// Sends the form that stands in it without leaving the page. The fields belong to who types in
/// them: they are read when something is sent, and bound to nothing.
#[island]
fn Sender(children: Children) -> impl IntoView {
    alive("form.publish", |form| {
        listen(&form, "submit", |event| {
            if let Some(form) = form_of(&event) {
                event.prevent_default();
                spawn_local(async move {
                    send(&form).await;
                });
            }
        });
        listen(&form, "keydown", |event| {
            let key = event.dyn_ref::<KeyboardEvent>();
            let is_send =
                key.is_some_and(|key| key.key() == "Enter" && (key.ctrl_key() || key.meta_key()));
            if let Some(form) = form_of(&event).filter(|_| is_send) {
                event.prevent_default();
                // Refused is nothing: what is wrong with a field is said beside it.
                let _ = form.request_submit();
            }
        });
    });
    children()
}

fn form_of(event: &Event) -> Option<HtmlFormElement> {
    event.current_target()?.dyn_into().ok()
}

/// Publishes what is in a form, and says in it what came of that.
async fn send(form: &HtmlFormElement) -> Option<()> {
    let find = |selector: &str| form.query_selector(selector).ok()?;
    let button = find("button")?;
    if button.has_attribute("aria-busy") {
        return None;
    }
    let fields = FormData::new_with_form(form).ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&fields).ok()?;
    fields.delete("watching");
    if fields.get("retry").is_some_and(|retry| retry.is_empty()) {
        fields.delete("retry");
    }
    let data = find("textarea")?.dyn_into::<HtmlTextAreaElement>().ok()?;
    let typed = data.value();
    let _ = button.set_attribute("aria-busy", "true");
    let sent = post("/events", &fields).await;
    let _ = button.remove_attribute("aria-busy");
    for field in Compose::FIELDS.into_iter().chain([Compose::WHOLE]) {
        say(form, field, "");
    }
    let status = find(".published")?;
    status.set_text_content(None);
    match sent {
        Err(why) => say(form, Compose::about(&why), &why),
        Ok(answer) => {
            // What was typed meanwhile is for the next one.
            if data.value() == typed {
                data.set_value("");
            }
            let (topic, id) = (answer.text("topic")?, answer.text("id")?);
            let link = document().create_element("a").ok()?;
            link.set_attribute("href", &permalink(&topic, &id)).ok()?;
            link.set_text_content(Some(&id));
            status.set_text_content(Some("Published as "));
            status.append_child(&link).ok()?;
        }
    }
    Some(())
}

/// Says what is wrong with a field; nothing where it is right.
fn say(form: &HtmlFormElement, field: &str, why: &str) {
    let find = |selector: String| form.query_selector(&selector).ok().flatten();
    if let Some(place) = find([".refused[data-for=", field, "]"].concat()) {
        place.set_text_content(Some(why));
    }
    if let Some(field) = find(["[name=", field, "]"].concat()) {
        let _ = match why.is_empty() {
            true => field.remove_attribute("aria-invalid"),
            false => field.set_attribute("aria-invalid", "true"),
        };
    }
}
