from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.bundle import specs
from jobqueue_exporter.errors import ConfigError
from tests.cli.own_alerts import SPEC


def test_a_file_of_no_topic_among_ours_is_told_with_the_topics(tmp_path: Path) -> None:
    (tmp_path / "backlog.yaml").write_text(SPEC)
    assert [spec.topic for spec in specs.of_topics(tmp_path)] == ["backlog"]
    (tmp_path / "backlg.yaml").write_text(SPEC)
    with pytest.raises(ConfigError) as refused:
        specs.of_topics(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path}/backlg.yaml: there is no topic backlg; the topics are backlog, workers, failures, "
        "dead-letter-queue, objectives, schedules, readiness, exporter, and alerts of your own are in the folder that "
        "alerts.extra_dir names"
    )


def test_files_of_topics_are_read_in_the_order_of_topics(tmp_path: Path) -> None:
    for topic in ("failures", "backlog", "workers"):
        (tmp_path / f"{topic}.yaml").write_text(SPEC)
    assert [spec.topic for spec in specs.of_topics(tmp_path)] == ["backlog", "workers", "failures"]
