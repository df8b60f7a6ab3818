//! What one stream is to be like: its scenarios and their parameters, checked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::parameter::{COMMON, Parameter, Value};
use super::scenario::{Part, Scenario};
use crate::http::error::HttpError;
use crate::http::query::{Query, quoted};

/// What an address asks for.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The scenario that the path names.
    pub(crate) first: Scenario,
    all: BTreeSet<Scenario>,
    /// What was said, by name; as it was said.
    said: BTreeMap<&'static str, String>,
}

/// What becomes of a parameter of a scenario that is not among these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stray {
    /// It is an error: it would have no effect.
    Refused,
    /// It is passed over: a form may still have it.
    PassedOver,
}

impl Plan {
    /// Reads the parameters of a stream whose path names this scenario.
    ///
    /// # Errors
    /// 400 for a value that is none, for scenarios that exclude each other, and for a parameter of
    /// a scenario that is not among them.
    pub(crate) fn of(first: Scenario, query: &Query, stray: Stray) -> Result<Self, HttpError> {
        let mut plan = Self {
            first,
            all: BTreeSet::from([first]),
            said: BTreeMap::new(),
        };
        for name in query.all("with") {
            plan.add(name)?;
        }
        for parameter in Parameter::all() {
            let Some(value) = query.one(parameter.name)? else {
                continue;
            };
            if !plan.takes(parameter.name) {
                match stray {
                    Stray::Refused => return Err(has_no_effect(parameter.name)),
                    Stray::PassedOver => continue,
                }
            }
            // An empty field of a form says nothing.
            if value.is_empty() && stray == Stray::PassedOver {
                continue;
            }
            check(&parameter, value)?;
            plan.said.insert(parameter.name, value.to_owned());
        }
        Ok(plan)
    }

    /// A scenario as it is where nothing else is said.
    #[cfg(test)]
    pub(super) fn usual(first: Scenario) -> Self {
        Self {
            first,
            all: BTreeSet::from([first]),
            said: BTreeMap::new(),
        }
    }

    /// Whether a scenario is among them.
    pub(crate) fn has(&self, scenario: Scenario) -> bool {
        self.all.contains(&scenario)
    }

    /// Whether a parameter has an effect here.
    pub(crate) fn takes(&self, name: &str) -> bool {
        COMMON.contains(&name)
            || self
                .all
                .iter()
                .any(|known| known.about().takes.contains(&name))
    }

    /// The value of a parameter, as it was said, or as it is where nobody says.
    pub(crate) fn value(&self, name: &str) -> String {
        let said = self.said.get(name).cloned();
        let usual = || Parameter::named(name).map(|parameter| parameter.usual());
        said.or_else(usual).unwrap_or_default()
    }

    /// The name of the run, where it has one.
    pub(crate) fn run(&self) -> Option<&str> {
        self.said.get("run").map(String::as_str)
    }

    /// Gives the run a name where it has none.
    pub(crate) fn name_run(&mut self, name: &str) {
        self.said.entry("run").or_insert_with(|| name.to_owned());
    }

    /// Path and query of the stream, with nothing in it that need not be said.
    pub(crate) fn address(&self) -> String {
        let with = self.all.iter().filter(|known| **known != self.first);
        let with = with.map(|known| format!("with={known}"));
        let said = self.said.iter();
        let said = said.filter(|(name, value)| {
            Parameter::named(name).is_some_and(|parameter| parameter.usual() != **value)
        });
        let said = said.map(|(name, value)| format!("{name}={}", encode(value)));
        let query: Vec<_> = with.chain(said).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/faults/{}{mark}{}", self.first, query.join("&"))
    }

    /// A number; what is said was checked when it was read.
    pub(super) fn number(&self, name: &str) -> u64 {
        self.value(name).parse().unwrap_or_default()
    }

    pub(super) fn millis(&self, name: &str) -> Duration {
        Duration::from_millis(self.number(name))
    }

    /// The digits of `retry:`, where there are any.
    pub(super) fn retry(&self) -> Option<String> {
        let said = self.said.get("retry").cloned();
        said.or_else(|| self.has(Scenario::Retry).then(|| "0".to_owned()))
    }

    /// The scenario that ends a connection before its end.
    pub(super) fn end(&self) -> Option<Scenario> {
        let mut all = self.all.iter().copied();
        all.find(|known| known.about().part == Part::End)
    }

    fn add(&mut self, name: &str) -> Result<(), HttpError> {
        let Some(scenario) = Scenario::named(name) else {
            return Err(HttpError::bad_request(format!(
                "`with` is {}, which is no scenario; there are {}",
                quoted(name),
                Scenario::names()
            )));
        };
        let part = scenario.about().part;
        let excludes = |known: &&Scenario| {
            **known != scenario && part != Part::Any && known.about().part == part
        };
        if let Some(other) = self.all.iter().find(excludes) {
            return Err(HttpError::bad_request(format!(
                "`with={scenario}` does not go with `{other}`, as {}; choose one of them",
                match part {
                    Part::End => "a connection ends in one way",
                    Part::Answer => "there is one answer in place of a stream",
                    Part::Ids | Part::Any => "an event has one id",
                }
            )));
        }
        self.all.insert(scenario);
        Ok(())
    }
}

/// Whether the value of a parameter is one.
fn check(parameter: &Parameter, value: &str) -> Result<(), HttpError> {
    let is_digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let (is_right, right) = match &parameter.value {
        Value::Number(range, _) => (
            is_digits && value.parse().is_ok_and(|number| range.contains(&number)),
            format!("a whole number from {} to {}", range.start(), range.end()),
        ),
        Value::OneOf(values) => (
            values.contains(&value),
            format!("one of {}", values.join(", ")),
        ),
        Value::Digits(most) => (
            is_digits && value.len() <= *most,
            format!("1 to {most} digits"),
        ),
        Value::Name(most) => (
            (1..=*most).contains(&value.len())
                && value
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
            format!("1 to {most} letters, digits, `-` or `_`"),
        ),
    };
    if is_right {
        return Ok(());
    }
    Err(HttpError::bad_request(format!(
        "`{}` is {}; give {right}",
        parameter.name,
        quoted(value)
    )))
}

fn has_no_effect(name: &str) -> HttpError {
    let owners = Parameter::owners(name);
    let owners: Vec<_> = owners.iter().map(|known| format!("`{known}`")).collect();
    HttpError::bad_request(format!(
        "`{name}` has no effect here, as it belongs to {}; add one by `with=`, or leave it out",
        owners.join(", ")
    ))
}

/// A value may have a space, a slash and a semicolon, in a content type, and nothing else that is reserved.
fn encode(value: &str) -> String {
    value
        .replace('/', "%2F")
        .replace(';', "%3B")
        .replace('=', "%3D")
        .replace(' ', "%20")
}

#[cfg(test)]
mod tests {
    use super::super::PARAMETERS;
    use super::*;

    fn plan(first: Scenario, query: &str) -> Result<Plan, HttpError> {
        let uri = format!("/faults/x?{query}").parse().unwrap();
        Plan::of(first, &Query::of(&uri, &PARAMETERS)?, Stray::Refused)
    }

    fn refusal(first: Scenario, query: &str) -> String {
        plan(first, query).unwrap_err().to_string()
    }

    #[test]
    fn an_address_says_what_is_not_usual_and_is_read_back_as_it_was() {
        let query = "with=bom&with=content-type&after=5&count=20&type=text/event-stream;%20charset=utf-8&run=a-1";
        let plan = plan(Scenario::Cut, query).unwrap();
        let address = plan.address();
        assert_eq!(
            address,
            "/faults/cut?with=content-type&with=bom&after=5&run=a-1\
             &type=text%2Fevent-stream%3B%20charset%3Dutf-8"
        );
        let (_, query) = address.split_once('?').unwrap();
        let again = super::Plan::of(
            Scenario::Cut,
            &Query::of(&format!("/x?{query}").parse().unwrap(), &PARAMETERS).unwrap(),
            Stray::Refused,
        );
        assert_eq!(again.unwrap().address(), address);
        assert_eq!(Plan::usual(Scenario::Bom).address(), "/faults/bom");
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        for (query, name, right) in [
            ("after=0", "`after`", "1 to 10000"),
            ("after=+1", "`after`", "1 to 10000"),
            ("count=10001", "`count`", "1 to 10000"),
            ("interval=60001", "`interval`", "0 to 60000"),
            ("retry=-1", "`retry`", "digits"),
            ("retry=123456789012345678901", "`retry`", "20 digits"),
            ("run=a%20b", "`run`", "letters"),
            ("run=", "`run`", "letters"),
            ("seed=9007199254740992", "`seed`", "9007199254740991"),
            ("times=1001", "`times`", "0 to 1000"),
            ("envelope=2", "`envelope`", "0, 1"),
            ("bytes=1", "`bytes`", "`long-line`"),
            ("with=nothing", "`with`", "cut-in-event"),
            ("with=unfinished", "`cut`", "one way"),
            ("with=no-ids&with=nul-in-id", "`no-ids`", "one id"),
            ("with=long-line&bytes=8388609", "`bytes`", "8388608"),
            ("with=comments&comments=100001", "`comments`", "100000"),
            ("with=silence&silence=600001", "`silence`", "600000"),
            ("with=unavailable&status=200", "`status`", "503"),
            ("with=content-type&type=x/y", "`type`", "text/plain"),
            ("afterr=1", "afterr", "`after`"),
            ("after=1&after=2", "`after`", "once"),
        ] {
            let detail = refusal(Scenario::Cut, query);
            assert!(
                detail.contains(name) && detail.contains(right),
                "{query}: {detail}"
            );
        }
    }

    #[test]
    fn a_form_may_still_have_a_field_that_has_no_effect() {
        let uri = "/faults?bytes=1&after=&with=bom".parse().unwrap();
        let query = Query::of(&uri, &PARAMETERS).unwrap();
        let plan = Plan::of(Scenario::Cut, &query, Stray::PassedOver).unwrap();
        assert_eq!(plan.address(), "/faults/cut?with=bom");
    }
}
