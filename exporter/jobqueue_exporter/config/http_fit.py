"""What is said of an HTTP API and contradicts itself or can mean nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from jobqueue_exporter.config.nodes import Problem, Where

_NOT_PATHS = frozenset({"name", "path", "each", "statuses", "interval"})
_TEXT_OR_PATH = frozenset({"queue", "kind"})
_TELLS = ("jobs", "dead_letters", "recovery", "breakers", "kill_switch", "probes", "schedules")


def problems(http: Mapping[str, object], engine: object, where: Where) -> Iterator[Problem]:
    """The problems of `http:` of a source with this engine."""
    requests = http.get("requests")
    listed = requests if isinstance(requests, list) else []
    if engine == "http-json" and bool(http.get("preset")) is bool(listed):
        both = " and not both" if listed else ""
        yield Problem(where, f"engine http-json needs either `preset` or `requests`{both}")
    if engine == "http-json" and http.get("liveness"):
        yield Problem((*where, "liveness"), "`liveness` is for engine readiness; here a request says it by `probes`")
    if engine == "readiness":
        for key in ("preset", "requests"):
            if http.get(key):
                yield Problem((*where, key), f"`{key}` is for engine http-json; readiness knows what its answers mean")
    names: dict[object, int] = {}
    for index, request in enumerate(listed):
        if isinstance(request, dict):
            yield from _request(request, (*where, "requests", index), names)


def json_path(text: str) -> str | None:
    """What is wrong with a JSONPath; nothing is found where the library that knows them is not installed."""
    if not text.startswith("$"):
        return "expected a JSONPath that starts with $, as in $.queue.length"
    try:
        import jsonpath
    except ModuleNotFoundError:  # the engine itself says that it needs it
        return None
    try:
        jsonpath.compile(text)
    except (jsonpath.JSONPathError, RecursionError) as error:
        said = error.message if isinstance(error, jsonpath.JSONPathError) else "nested too deeply"
        return f"not a JSONPath: {said}"
    return None


def _request(request: Mapping[str, object], where: Where, names: dict[object, int]) -> Iterator[Problem]:
    name, index = request.get("name"), where[-1]
    assert isinstance(index, int)
    if isinstance(name, str) and (first := names.setdefault(name, index)) != index:
        yield Problem((*where, "name"), f"`{name}` is the name of requests[{first}] too; each request needs its own")
    if isinstance(path := request.get("path"), str) and _leads_away(path):
        yield Problem((*where, "path"), "expected what follows the address in `dsn`, as in api/queue/stats")
    if not any(request.get(key) for key in _TELLS):
        yield Problem(where, f"a request that tells nothing; it needs one of {', '.join(_TELLS)}")
    for place, text in _paths(request, where):
        if wrong := json_path(text):
            yield Problem(place, wrong)


def _leads_away(path: str) -> bool:
    try:
        url = urlsplit(path)
    except ValueError:
        return True
    return bool(url.scheme or url.netloc or url.fragment)


def _paths(node: object, where: Where) -> Iterator[tuple[Where, str]]:
    """Every string that is to be a JSONPath, and where it stands."""
    members: list[tuple[str | int, object]] = []
    if isinstance(node, dict):
        members = [(key, member) for key, member in node.items() if key not in _NOT_PATHS or _is_path(member)]
    elif isinstance(node, list):
        members = list(enumerate(node))
    for key, member in members:
        if isinstance(member, str) and (key not in _TEXT_OR_PATH or _is_path(member)):
            yield (*where, key), member
        elif not isinstance(member, str):
            yield from _paths(member, (*where, key))


def _is_path(member: object) -> bool:
    return isinstance(member, str) and member.startswith("$")
