//! Who one is: a form for a token, and what may be done with the one that is kept.

use leptos::prelude::*;

use crate::{
    Reader,
    model::{Account, Rights, SignInData},
    ui::layout::Page,
};

/// The page, which works without JavaScript alone.
#[component]
pub(crate) fn SignIn(data: SignInData) -> impl IntoView {
    let account = use_context::<Reader>().unwrap_or_default().account;
    let why = data.why.clone().map(|why| {
        view! { <p class="closed" role="alert">{why}</p> }
    });
    let form = (account != Account::Anyone).then(|| view! { <TokenForm data=data /> });
    view! {
        <Page title="Sign in" lead="Who shows a token may do what it says.">
            <section class="panel sign-in">
                {why}
                <Standing account=account />
                {form}
            </section>
        </Page>
    }
}

#[component]
fn TokenForm(data: SignInData) -> impl IntoView {
    let is_refused = data.refused.is_some();
    let unkept = (!data.can_keep).then(|| {
        view! {
            <p class="note">
                "This page did not come over TLS, and browsers keep the cookie of a token only where it \
                does, or from this machine. Open it by https, or ask with "
                <code>"Authorization: Bearer …"</code> "."
            </p>
        }
    });
    view! {
        <form method="post" action="/sign-in">
            <input type="hidden" name="back" value=data.back />
            <label for="token">"Token"</label>
            <input
                id="token"
                name="token"
                type="password"
                autocomplete="off"
                spellcheck="false"
                required
                aria-invalid=is_refused.then_some("true")
                aria-describedby="token-refused"
            />
            <p id="token-refused" class="refused" role="alert">
                {data.refused}
            </p>
            {unkept}
            <button type="submit">"Sign in"</button>
        </form>
    }
}

/// Who someone is at the moment, and what that one may do.
#[component]
fn Standing(account: Account) -> impl IntoView {
    let (who, rights, is_known) = match account {
        Account::Anyone => {
            let open = "This server is open to all who reach it: there is nothing to sign in to.";
            return view! { <p>{open}</p> }.into_any();
        }
        Account::Nobody(rights) => (
            view! { "You are not signed in, and may do what everyone may." }.into_any(),
            rights,
            false,
        ),
        Account::Someone {
            name,
            rights,
            expires,
        } => {
            let name = name.unwrap_or_else(|| "someone without a name".into());
            let until = expires.map(|at| {
                view! { ", until " <time datetime=at.clone()>{at.clone()}</time> }
            });
            let who =
                view! { "You are signed in as " <strong><bdi>{name}</bdi></strong> {until} "." };
            (who.into_any(), rights, true)
        }
    };
    let leave = is_known.then(|| {
        view! {
            <form method="post" action="/sign-out">
                <button type="submit" class="small">"Sign out"</button>
            </form>
        }
    });
    let Rights {
        publish,
        subscribe,
        observe,
    } = rights;
    let observe = if observe { "yes" } else { "no" };
    view! {
        <p class="who">{who}</p>
        {leave}
        <dl class="rights">
            <dt>"Read"</dt>
            <dd><Selectors all=subscribe /></dd>
            <dt>"Publish"</dt>
            <dd><Selectors all=publish /></dd>
            <dt>"See what the hub does"</dt>
            <dd>{observe}</dd>
        </dl>
    }
    .into_any()
}

#[component]
fn Selectors(all: Vec<String>) -> impl IntoView {
    if all.is_empty() {
        return view! { "nothing" }.into_any();
    }
    let all = all.into_iter().map(|selector| {
        view! { <li><code><bdi>{selector}</bdi></code></li> }
    });
    view! { <ul class="selectors">{all.collect_view()}</ul> }.into_any()
}
