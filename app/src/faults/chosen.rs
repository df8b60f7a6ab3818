//! The stream that was chosen: its form, its address, and how to ask for it.

use leptos::{either::EitherOf3, prelude::*};

use crate::{
    address::encode,
    model::{FaultChosen, FaultField, FaultFieldKind, FaultLine},
    ui::code::Code,
};

/// The panel about one stream.
#[component]
pub(crate) fn Chosen(chosen: FaultChosen, catalogue: Vec<FaultLine>) -> impl IntoView {
    let FaultChosen {
        name,
        address,
        origin,
        fields,
    } = chosen;
    let url = format!("{origin}{address}");
    let line = catalogue.iter().find(|line| line.name == name).cloned();
    let FaultLine {
        title, does, right, ..
    } = line.unwrap_or_default();
    let others = catalogue.into_iter().filter(|line| line.name != name);
    let others = others.map(with).collect_view();
    let javascript = format!(
        "const source = new EventSource('{url}');\n\
         source.onopen = () => console.log('open');\n\
         source.onmessage = ({{ data, lastEventId }}) => console.log(lastEventId, data);\n\
         source.onerror = () => console.log(source.readyState === EventSource.CLOSED ? 'given up' : 'coming back');"
    );
    view! {
        <section class="panel fault" aria-labelledby="fault-title">
            <h2 id="fault-title">{title}</h2>
            <p>{does}</p>
            <p class="right">"A good client: " {right}</p>
            <Code text=format!("curl -N '{url}'") label="The stream in a terminal" />
            <Code
                text=format!("curl -N -H 'Last-Event-ID: faults-3' '{url}'")
                label="The same, from an id"
            />
            <Code text=javascript label="The stream in a page, of any origin" />
            <Code text=format!("tickertape inspect '{url}'") label="What is wrong with it" />
            <p>
                <a href=format!("/inspect?url={}", encode(&url))>"Look at it in the inspector"</a>
            </p>
            <form class="fault-form" method="get" action="/faults">
                <input type="hidden" name="scenario" value=name />
                <fieldset class="fields">
                    <legend>"How it is"</legend>
                    {fields.into_iter().map(field).collect_view()}
                </fieldset>
                <details>
                    <summary>"And with it"</summary>
                    <fieldset class="with">
                        <legend class="unseen">"What else is wrong"</legend>
                        {others}
                    </fieldset>
                </details>
                <button type="submit">"Make the address"</button>
            </form>
        </section>
    }
}

fn field(field: FaultField) -> impl IntoView {
    let FaultField {
        name,
        is,
        kind,
        value,
    } = field;
    let id = format!("fault-{name}");
    let input = match kind {
        FaultFieldKind::Number(least, most) => EitherOf3::A(view! {
            <input
                id=id.clone()
                type="number"
                name=name.clone()
                min=least.to_string()
                max=most.to_string()
                value=value
            />
        }),
        FaultFieldKind::OneOf(values) => {
            let option = |of: String| {
                let is_chosen = of == value;
                view! {
                    <option value=of.clone() selected=is_chosen>
                        {of.clone()}
                    </option>
                }
            };
            EitherOf3::B(view! {
                <select id=id.clone() name=name.clone()>
                    {values.into_iter().map(option).collect_view()}
                </select>
            })
        }
        FaultFieldKind::Text(most) => EitherOf3::C(view! {
            <input
                id=id.clone()
                name=name.clone()
                maxlength=most.to_string()
                value=value
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
            />
        }),
    };
    view! {
        <div>
            <label for=id>
                <code>{name}</code>
                " "
                {is}
            </label>
            {input}
        </div>
    }
}

fn with(line: FaultLine) -> impl IntoView {
    let FaultLine {
        name,
        title,
        is_with,
        ..
    } = line;
    view! {
        <label>
            <input type="checkbox" name="with" value=name checked=is_with />
            {title}
        </label>
    }
}
