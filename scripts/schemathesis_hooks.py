"""What JSON Schema and OpenAPI cannot say of the API, for scripts/schemathesis.sh.

Every rule here leaves a request alone where something in its query is meant to be wrong: the server has to
refuse it by itself.
"""

import itertools
from urllib.parse import urlencode

import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation

TURN = itertools.count()

SAY_IT_THEMSELVES = (
    "application/json",
    "application/x-ndjson",
    "application/x-www-form-urlencoded",
)


def is_wrong(case, location):
    """Whether a part of the request is meant to be refused."""
    component = case.meta.components.get(location) if case.meta else None
    return component is not None and component.mode.is_negative


def shorten_streams(case, query):
    """A stream has no end: what there is at once is asked for in its place."""
    if case.path == "/sse/time":
        query["count"] = "2"
        query["interval"] = "1"
    else:
        query["poll"] = "1"


# These answer as no document can say: a 503, a connection that breaks, another content type.
BREAK = ("cut", "cut-in-event", "cut-in-character", "unavailable", "content-type")

# What every stream with faults takes; the rest has an effect with some of them alone.
OF_ALL_FAULTS = ("count", "interval", "retry", "times", "seed", "run", "envelope")


def tame_faults(case, query):
    """A stream that is over at once, and that the document describes."""
    if case.path_parameters.get("scenario") in BREAK:
        case.path_parameters["scenario"] = "bom"
    for name in list(query):
        if name not in OF_ALL_FAULTS:
            del query[name]
    query["count"] = "2"
    query["interval"] = "0"


def agree_on_the_topic(case, query):
    """The topic in the address, or in the body: the other parameters stand where it does."""
    if case.media_type in SAY_IT_THEMSELVES and case.body is not NOT_SET:
        query.clear()
    else:
        query.setdefault("topic", "t")


def use_a_key_once(case, query):
    """The same key with another body is a 422, as it has to be."""
    if "key" in query:
        query["key"] = f"k{next(TURN)}"
    if isinstance(case.body, dict) and isinstance(case.body.get("key"), str):
        if not is_wrong(case, ParameterLocation.BODY):
            case.body["key"] = f"k{next(TURN)}"
    headers = case.headers or {}
    if "Idempotency-Key" in headers and not is_wrong(case, ParameterLocation.HEADER):
        # One key is enough, and arrays take none.
        del headers["Idempotency-Key"]


def write_whole_numbers_as_such(case):
    """To JSON Schema 1500.0 is an integer; a reconnection time is digits."""
    if is_wrong(case, ParameterLocation.BODY) or case.media_type != "application/json":
        return
    for event in case.body if isinstance(case.body, list) else [case.body]:
        if isinstance(event, dict) and isinstance(event.get("retry"), float):
            event["retry"] = int(event["retry"])


# Of a head's 16 KiB; the rest is for the other headers.
LONGEST_QUERY = 8 * 1024


def fit_into_a_head(query):
    """Each parameter has its bound, and all of them together may be more than a head holds: a 431."""
    for name in sorted(query, key=lambda name: len(urlencode({name: query[name]}, doseq=True)), reverse=True):
        while len(urlencode(query, doseq=True)) > LONGEST_QUERY:
            value = query[name]
            if not isinstance(value, (list, str)) or len(value) < 2:
                break
            query[name] = value[: len(value) // 2]


@schemathesis.hook
def before_call(context, case, kwargs):
    if is_wrong(case, ParameterLocation.QUERY):
        return
    query = dict(case.query or {})
    if case.method in ("GET", "HEAD") and case.path.startswith(("/events", "/sse")):
        shorten_streams(case, query)
    if case.path.startswith("/faults/"):
        tame_faults(case, query)
    if case.method in ("POST", "PUT"):
        if case.path in ("/events", "/lines"):
            agree_on_the_topic(case, query)
        use_a_key_once(case, query)
        write_whole_numbers_as_such(case)
    if case.path == "/api/topics" and "topic" in query:
        query = {"topic": query["topic"]}
    fit_into_a_head(query)
    case.query = query
