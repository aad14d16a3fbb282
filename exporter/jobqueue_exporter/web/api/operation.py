"""What can be asked: each path with its parameters and answers, from which routes and their description are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType
from starlette.requests import Request

from jobqueue_exporter.web.api.listings import Listings
from jobqueue_exporter.web.once import Once
from jobqueue_exporter.web.site import Site
from jobqueue_exporter.web.web_config import WebConfig


class Query(Struct, frozen=True, kw_only=True):
    """Every parameter that there is."""

    source: Annotated[str, Meta(description="The name of one source; without it, all of them.")] | UnsetType = UNSET
    detail: Annotated[Literal["0", "1"], Meta(description="1: with every check.")] = "0"
    limit: Annotated[int, Meta(ge=1, le=100, description="How many at most.")] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request. `known`: who asks has shown who they are, and may be told why things fail."""

    site: Site
    listings: Listings
    once: Once[bytes]
    access: WebConfig
    request: Request
    query: Query
    known: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The sources that it is about."""
        return self.site.sources if self.query.source is UNSET else (self.query.source,)


class Trouble(Exception):
    """There is no answer but this status, and why."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; a document may be written already."""

    document: Struct | Raw
    status: int = 200


class Password(Enum):
    """When a password is asked for, where there are users."""

    ALWAYS = auto()
    FOR_PARAMETERS = auto()
    NEVER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What can be asked at one path; `answers` has the type of each answer by status, and in words what it means."""

    path: str
    name: str
    summary: str
    description: str
    answer: Callable[[Asked], Awaitable[Reply]]
    answers: Mapping[int, tuple[type[Struct], str]]
    parameters: tuple[str, ...] = ()
    password: Password = Password.ALWAYS
