"""What an HTTP API answered: its status, and its body as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from jobqueue_exporter.errors import Refused

Json = None | bool | int | float | str | list[Any] | dict[str, Any]
_WHY = {
    401: "check the credentials: `http.headers`, or user and password in the address",
    403: "check the credentials and their rights: `http.headers`, or user and password in the address",
    404: "there is no such path; check the address",
    405: "it takes no GET; check the address",
    429: "too many requests; scrape less often, or raise `max_age`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, whole. `place` is its address for messages, `clock` the sender's time in Unix seconds.

    The body may hold anything, secrets of others too, and is never shown.
    """

    place: str
    status: int
    body: bytes = field(repr=False)
    clock: float | None = None
    leads_to: str = ""

    @property
    def is_page(self) -> bool:
        """Whether it is a web page, as a login or an app that answers so to any path."""
        return self.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")

    def accepted(self, *also: int) -> Answer:
        """This answer, if its status is one of success or of `also`. Raises Refused."""
        if 200 <= self.status < 300 or self.status in also:
            return self
        if 300 <= self.status < 400:
            raise Refused(f"{self.place}: answers {self.status} and points to {self.leads_to}, which is not followed")
        why = _WHY.get(self.status, "")
        raise Refused(f"{self.place}: answers {self.status}{': ' if why else ''}{why}")

    def json(self) -> Json:
        """The body as JSON; of keys given twice the last counts. Raises Refused."""
        if self.is_page:
            raise Refused(f"{self.place}: answers with a web page instead of JSON; check the path and the credentials")
        if not self.body.strip():
            raise Refused(f"{self.place}: the answer is empty")
        try:
            found: Json = json.loads(self.body, parse_constant=_not_finite)
        except json.JSONDecodeError as error:
            ends_early = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
            wrong = "is cut off" if ends_early else f"is none, at character {error.pos}"
            raise Refused(f"{self.place}: the JSON of the answer {wrong}") from None
        except UnicodeDecodeError:
            raise Refused(f"{self.place}: the answer is no text in UTF-8") from None
        except RecursionError:
            raise Refused(f"{self.place}: the JSON of the answer is nested too deeply") from None
        except ValueError:
            raise Refused(f"{self.place}: the JSON of the answer holds NaN, Infinity or a number too long") from None
        return found


def _not_finite(word: str) -> float:
    raise ValueError(word)
