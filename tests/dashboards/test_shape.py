from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobqueue_exporter.dashboards import rendering, shape
from tests.dashboards.made import bundle, source


# Any: a dashboard as JSON.
@pytest.fixture
def rendered(tmp_path: Path) -> Any:
    read = source(tmp_path)
    return rendering.dashboard(read, [read], bundle())


def test_a_rendered_dashboard_is_what_grafanas_types_say(rendered: Any) -> None:
    assert list(shape.problems(rendered)) == []


def test_an_unknown_key_of_a_dashboard_is_told(rendered: Any) -> None:
    rendered["titel"] = "x"
    assert list(shape.problems(rendered)) == [(None, "Additional properties are not allowed ('titel' was unexpected)")]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("fieldConfg",), {}, "'fieldConfg' was unexpected"),
        (("gridPos", "w"), "12", "gridPos.w: '12' is not of type 'number'"),
        (("fieldConfig", "defaults", "min"), "0", "fieldConfig.defaults.min: '0' is not of type 'number'"),
        (("options", "tooltip", "mode"), "all", "options.tooltip.mode: 'all' is not one of"),
        (("options", "sparkline"), True, "options: Additional properties"),
        (("fieldConfig", "defaults", "custom", "lineWidht"), 1, "fieldConfig.defaults.custom: Additional properties"),
        (("fieldConfig", "overrides", 0, "properties", 0, "value"), {"fill": "wavy"}, "fieldConfig.overrides[0]"),
        (("fieldConfig", "overrides", 0, "properties", 0, "id"), "custom.lineStile", "'lineStile' was unexpected"),
        (("fieldConfig", "overrides", 0, "properties", 0, "id"), "colour", "'colour' was unexpected"),
        (("targets", 0, "legend"), "x", "targets[0]: Additional properties"),
        (("targets", 0, "format"), "csv", "targets[0].format: 'csv' is not one of"),
        (("type",), "piechart3d", "there is no schema of panels of the type piechart3d"),
    ],
)
def test_what_differs_from_grafanas_types_in_a_panel_is_told(
    rendered: Any, path: tuple[str | int, ...], value: object, expected: str
) -> None:
    panel = at = rendered["panels"][1]
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    found = list(shape.problems(rendered))
    assert {number for number, _ in found} == {panel["id"]}
    assert any(expected in text for _, text in found), found


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("textFormat",), 3, "textFormat: 3 is not a str"),
        (("expr",), "up", "'expr' was unexpected"),
        (("target", "expr"), "", "target.expr"),
    ],
)
def test_what_differs_in_an_annotation_is_told(
    rendered: Any, path: tuple[str, ...], value: object, expected: str
) -> None:
    at = rendered["annotations"]["list"][0]
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    ((number, text),) = shape.problems(rendered)
    assert number is None
    assert expected in text.replace(": expr", ".expr")
