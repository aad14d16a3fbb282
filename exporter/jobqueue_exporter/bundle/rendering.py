"""Every file that `make alerts` writes, by its path in the folder of alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jobqueue_exporter.bundle import alertmanager, configured, judged, rules, written
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.bundle.spec import Spec
from jobqueue_exporter.config.alert_types import Owner
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.errors import ConfigError


def of(config: Config, path: Path | None, scale: float = 1.0) -> dict[str, str]:
    """The text of each file for a configuration, which was read from `path`. Raises ConfigError: all that is wrong with
    alerts, and with what the configuration says of them."""
    try:
        bundle = configured.bundle(config, scale=scale)
        problems = [*judged.specs(bundle), *judged.changes(bundle, config)]
        if problems:
            raise ConfigError(*dict.fromkeys(problems))
        return files(bundle.specs, bundle.settings, bundle.owners)
    except ConfigError as error:
        raise configured.placed(error, path) from None


def files(specs: Sequence[Spec], settings: Settings, owners: Mapping[str, Owner]) -> dict[str, str]:
    """The text of each file. Raises ConfigError."""
    groups = rules.groups(specs, settings)
    keep, scale = settings.alerts.keep_labels, settings.scale
    made = {
        f"prometheus/{topic}.rules.yml": written.text({"groups": [{"name": topic, "rules": found}]}, topic=topic)
        for topic, found in groups.items()
    }
    rendered = {str(rule["alert"]) for found in groups.values() for rule in found}
    there = [spec for spec in specs if spec.name in rendered]
    config = alertmanager.config(there, keep, owners, scale=scale)
    made["alertmanager/alertmanager.yml"] = written.text(config)
    made["alertmanager/inhibit_rules.yml"] = written.text({"inhibit_rules": config["inhibit_rules"]})
    made["alertmanager/route.yml"] = written.text({"routes": [alertmanager.route(keep, owners, scale=scale)]})
    made["kubernetes/prometheusrule.yaml"] = written.text(_kubernetes(groups))
    return made


def _kubernetes(groups: Mapping[str, Sequence[rules.Rule]]) -> dict[str, object]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "jobqueue", "labels": {"app.kubernetes.io/name": "jobqueue-exporter"}},
        "spec": {"groups": [{"name": f"jobqueue-{topic}", "rules": found} for topic, found in groups.items()]},
    }
