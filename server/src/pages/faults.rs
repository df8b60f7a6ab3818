//! `/faults`: the catalogue of streams with faults, one of them, and who is there.

use std::time::SystemTime;

use app::model::{
    FaultChosen, FaultField, FaultFieldKind, FaultLine, FaultsData, Page, RunLine, VisitLine,
};
use axum::{
    extract::{Request, State},
    http::{StatusCode, Uri},
    response::Response,
};
use hub::rfc3339;

use super::{origin, render};
use crate::{
    auth::Caller,
    http::{
        error::HttpError,
        faults::{PARAMETERS, Parameter, Plan, Run, Scenario, Stray, Value, Visit, VisitState},
        query::{Query, quoted},
    },
    state::AppState,
};

/// `GET /faults?scenario=NAME&…`: the page, with the stream that these ask for.
pub(super) async fn page(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Response {
    let (plan, refused) = match Asked::of(request.uri()) {
        Ok(plan) => (plan, None),
        Err(refused) => (None, Some(refused.detail())),
    };
    let sees_all = caller.may_observe().is_ok();
    let run = plan.as_ref().and_then(Plan::run);
    let runs = match (sees_all, run) {
        (true, _) => state.faults.runs_of(None),
        (false, Some(name)) => state.faults.runs_of(Some(name)),
        (false, None) => Vec::new(),
    };
    let data = FaultsData {
        is_on: state.config.demo,
        catalogue: catalogue(plan.as_ref()),
        here: plan.as_ref().map_or_else(|| "/faults".to_owned(), page_of),
        chosen: plan.as_ref().map(|plan| chosen(plan, origin(&request))),
        runs: runs.iter().map(line).collect(),
        sees_all,
        refused,
    };
    let status = match (&data.refused, data.is_on) {
        (Some(_), _) => StatusCode::BAD_REQUEST,
        (None, true) => StatusCode::OK,
        (None, false) => StatusCode::NOT_FOUND,
    };
    let mut response = render(&state, &caller, request, Page::Faults(Box::new(data))).await;
    *response.status_mut() = status;
    response
}

/// What an address of the page asks for.
struct Asked;

impl Asked {
    /// The stream; none where no scenario is named.
    fn of(uri: &Uri) -> Result<Option<Plan>, HttpError> {
        let known: Vec<_> = PARAMETERS.iter().copied().chain(["scenario"]).collect();
        let query = Query::leniently(uri, &known)?;
        let Some(name) = query.one("scenario")? else {
            return Ok(None);
        };
        let Some(scenario) = Scenario::named(name) else {
            return Err(HttpError::bad_request(format!(
                "there is no scenario {}; those that there are stand below",
                quoted(name)
            )));
        };
        let mut plan = Plan::of(scenario, &query, Stray::PassedOver)?;
        // By this name those who follow the address that is shown are found again.
        plan.name_run(&format!("{:08x}", rand::random::<u32>()));
        Ok(Some(plan))
    }
}

/// The page about a stream, as its address.
fn page_of(plan: &Plan) -> String {
    let address = plan.address();
    let (path, query) = address.split_once('?').unwrap_or((&address, ""));
    let name = path.trim_start_matches("/faults/");
    format!("/faults?scenario={name}&{query}")
}

fn catalogue(plan: Option<&Plan>) -> Vec<FaultLine> {
    let line = |scenario: Scenario| {
        let about = scenario.about();
        FaultLine {
            name: about.name.to_owned(),
            title: about.title.to_owned(),
            does: about.does.to_owned(),
            right: about.right.to_owned(),
            is_with: plan.is_some_and(|plan| plan.has(scenario)),
        }
    };
    Scenario::ALL.into_iter().map(line).collect()
}

fn chosen(plan: &Plan, origin: String) -> FaultChosen {
    let parameters = Parameter::all().into_iter();
    let fields = parameters.filter(|parameter| plan.takes(parameter.name));
    let field = |parameter: Parameter| FaultField {
        value: plan.value(parameter.name),
        name: parameter.name.to_owned(),
        is: parameter.is.to_owned(),
        kind: match parameter.value {
            Value::Number(range, _) => FaultFieldKind::Number(*range.start(), *range.end()),
            Value::OneOf(values) => {
                FaultFieldKind::OneOf(values.iter().map(ToString::to_string).collect())
            }
            Value::Digits(most) | Value::Name(most) => FaultFieldKind::Text(most),
        },
    };
    FaultChosen {
        name: plan.first.name().to_owned(),
        address: plan.address(),
        origin,
        fields: fields.map(field).collect(),
    }
}

fn line(run: &Run) -> RunLine {
    let mut before: Option<&Visit> = None;
    let visits = run.visits.iter().map(|visit| {
        let ended = before.and_then(|before| before.ended);
        before = Some(visit);
        visited(visit, ended)
    });
    RunLine {
        visits: visits.collect(),
        address: run.address.clone(),
        from: run.from.map(|from| from.to_string()).unwrap_or_default(),
        agent: run.agent.clone(),
        count: run.count,
    }
}

/// One connection; `before`: when the one before it ended.
fn visited(visit: &Visit, before: Option<SystemTime>) -> VisitLine {
    let after = before.and_then(|ended| visit.at.duration_since(ended).ok());
    let state = match (visit.status, visit.state) {
        (200, VisitState::Open) => "connected",
        (200, VisitState::Ended) => "ended",
        (200, VisitState::Cut) => "cut by the server",
        (200, VisitState::Left) => "left",
        (200, VisitState::TooMuch) => "ended for its cost",
        (204, _) => "told to stay away",
        _ => "refused",
    };
    VisitLine {
        number: visit.number,
        at: rfc3339(visit.at),
        after: after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
        came_with: visit.came_with.clone(),
        status: visit.status,
        events: visit.events,
        bytes: visit.bytes,
        last: visit.last,
        state: state.to_owned(),
        is_open: visit.state == VisitState::Open,
    }
}
