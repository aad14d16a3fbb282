"""A configuration with an alert and a runbook of one's own beside it, all of it right."""

from __future__ import annotations

from pathlib import Path

SPEC = """\
title: Mine
alerts:
  JobQueueMine:
    severity: warning
    alert_type: cause
    by: [source]
    thresholds: {threshold: 10m, many: 3}
    for: 1m
    expr: '[= gauge("jobqueue_recovery_oldest_age_seconds") =] > [= t.threshold =] * [= t.many =]'
    summary: Mine.
    description: '{{ $labels.source }}: {{ $value | humanizeDuration }} is more than [= t.threshold | span =].'
"""
PAGE = """\
# Mine

About mine. See [it](#jobqueuemine).

## JobQueueMine

### What it means

More than [= t.threshold =] times [= t.many =], for [= for =]; `jobqueue_recovery_oldest_age_seconds` says it.

### Impact

Some.

### First two minutes

```sh {check}
jobqueue jobs stats
```

### Decide

Nothing.

### Mitigate

```sh {mitigate}
jobqueue dlq requeue-all --yes
```

### Verify

```sh {verify}
jobqueue ready | head
```

### False positives and tuning

None.

### Escalate

[= contacts =]
"""


def write(directory: Path, *alerts: str) -> Path:
    """The configuration file, `alerts` in it beside the folder."""
    (directory / "mine").mkdir()
    (directory / "mine/mine.yaml").write_text(SPEC)
    (directory / "mine/mine.md").write_text(PAGE)
    lines = ["sources: [{name: shop, dsn: '${NOT_SET_HERE}'}]", "alerts:", "  extra_dir: mine", *alerts, ""]
    file = directory / "jobqueue.yml"
    file.write_text("\n".join(lines))
    return file
