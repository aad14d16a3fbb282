from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import pytest

from jobqueue_exporter import paths

ROOT = Path(__file__).resolve().parents[1]
Folder = Literal["alerts", "grafana", "runbooks"]


@pytest.mark.parametrize("folder", get_args(Folder))
def test_a_checkout_reads_the_folders_that_people_edit(folder: Folder) -> None:
    here = paths.data(folder) / "README.md"
    assert here.read_text() == (ROOT / folder / "README.md").read_text()


@pytest.mark.parametrize("folder", get_args(Folder))
def test_a_checkout_holds_no_second_copy_of_the_folders(folder: Folder) -> None:
    assert Path(str(paths.data(folder))) == ROOT / folder
