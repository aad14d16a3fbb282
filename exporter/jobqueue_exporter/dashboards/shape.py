"""Whether a rendered dashboard is what Grafana's own types say that one is: no unknown key, no wrong type."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft7Validator

Data = Mapping[str, Any]
_FOLDER = "schema"
_LONGEST = 200
# what Grafana's data source for Prometheus reads of an annotation beside what all data sources have
_OF_PROMETHEUS = {"titleFormat": str, "textFormat": str, "tagKeys": str, "useValueForTime": bool}


def problems(dashboard: Data) -> Iterator[tuple[int | None, str]]:
    """All violations, each with the id of the panel that it is in, None for the dashboard itself."""
    panels = dashboard.get("panels", [])
    bare = {**dashboard, "panels": [], "annotations": {"list": []}}
    yield from ((None, text) for text in _found("dashboard", "Dashboard", bare))
    for annotation in dashboard.get("annotations", {}).get("list", []):
        yield from ((None, text) for text in _annotation(annotation))
    for panel in panels:
        number = panel.get("id") if isinstance(panel, dict) else None
        yield from ((number, text) for text in _panel(panel))


def _panel(panel: Data) -> Iterator[str]:
    kind = str(panel.get("type", ""))
    if kind == "row":
        yield from _found("dashboard", "RowPanel", panel)
        return
    yield from _found("dashboard", "Panel", panel)
    name = kind.replace("-", "")
    if not (_schemas() / f"{name}.options.schema.json").is_file():
        yield f"there is no schema of panels of the type {kind}"
        return
    yield from _found(f"{name}.options", "Options", panel.get("options", {}), "options")
    if (_schemas() / f"{name}.field.schema.json").is_file():
        custom = panel.get("fieldConfig", {}).get("defaults", {}).get("custom", {})
        yield from _found(f"{name}.field", "FieldConfig", custom, "fieldConfig.defaults.custom")
        yield from _overrides(name, panel, custom)
    elif panel.get("fieldConfig", {}).get("defaults", {}).get("custom"):
        yield f"panels of the type {kind} have no fieldConfig.defaults.custom"
    for index, target in enumerate(panel.get("targets", [])):
        yield from _found("query", "PrometheusQuery", target, f"targets[{index}]")


def _overrides(name: str, panel: Data, custom: Data) -> Iterator[str]:
    """What overrides say of fields, by the same types as `custom`, which is said of all."""
    for index, override in enumerate(panel.get("fieldConfig", {}).get("overrides", [])):
        where = f"fieldConfig.overrides[{index}]"
        for each in override.get("properties", []):
            key, value = str(each.get("id", "")), each.get("value")
            if key.startswith("custom."):
                yield from _found(f"{name}.field", "FieldConfig", {**custom, key.removeprefix("custom."): value}, where)
            else:
                yield from _found("dashboard", "FieldConfig", {key: value}, where)


def _annotation(annotation: Data) -> Iterator[str]:
    where = f"annotation {annotation.get('name')}"
    for key, kind in _OF_PROMETHEUS.items():
        if key in annotation and not isinstance(annotation[key], kind):
            yield f"{where}: {key}: {annotation[key]!r} is not a {kind.__name__}"
    core = {key: value for key, value in annotation.items() if key not in (*_OF_PROMETHEUS, "target")}
    yield from _found("dashboard", "AnnotationQuery", core, where)
    yield from _found("query", "AnnotationTarget", annotation.get("target", {}), f"{where}: target")


def _found(file: str, definition: str, value: object, where: str = "") -> Iterator[str]:
    for error in _validator(file, definition).iter_errors(value):
        inner = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        path = f"{where}{inner}".removeprefix(".")
        yield f"{path}: {error.message[:_LONGEST]}" if path else error.message[:_LONGEST]


@cache
def _validator(file: str, definition: str) -> Draft7Validator:
    schema = json.loads((_schemas() / f"{file}.schema.json").read_text(encoding="utf-8"))
    return Draft7Validator({"$ref": f"#/definitions/{definition}", "definitions": schema["definitions"]})


def _schemas() -> resources.abc.Traversable:
    return resources.files("jobqueue_exporter.dashboards") / _FOLDER
