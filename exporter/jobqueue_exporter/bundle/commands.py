"""The calls of `jobqueue` in a block of shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

_BETWEEN = frozenset({"|", "||", "&&", ";", ";;", "&", "|&", "(", ")"})
_KEYWORDS = frozenset({"do", "then", "else", "elif", "if", "while", "until", "!", "{", "time"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_REDIRECTION = re.compile(r"[<>]+&?|&>+")
_WRAPPERS = frozenset({"kubectl", "docker", "docker-compose", "podman", "sudo", "ssh", "env", "timeout", "watch"})
_RUNS = frozenset({"exec", "run"})


def calls(block: str) -> Iterator[tuple[int, str]]:
    """Each call as a line of its own, with the line of the block that it begins on, from 0; those in $( ), in loops
    and behind docker, kubectl and sudo too. Raises ValueError where a quote is left open."""
    number = 0
    for whole, count in _joined(block):
        for part in _parts(whole):
            for words in _programs(part):
                if ours := _ours(words):
                    yield number, shlex.join(ours)
        number += count


def _joined(block: str) -> Iterator[tuple[str, int]]:
    """Lines with those that they go on in, and of how many lines each was made."""
    whole, count = "", 0
    for line in block.splitlines():
        count += 1
        whole += line.rstrip().removesuffix("\\")
        if not line.rstrip().endswith("\\"):
            yield whole, count
            whole, count = "", 0
    if whole:
        yield whole, count


def _parts(line: str) -> Iterator[str]:
    """What stands in $( ), then the line with a word in its place."""
    start = _opening(line)
    while start >= 0:
        end = _closing(line, start + 2)
        yield from _parts(line[start + 2 : end])
        line = f"{line[:start]}X{line[end + 1 :]}"
        start = _opening(line)
    yield line


def _opening(line: str) -> int:
    """Where the first $( is that is not in single quotes; -1 where there is none."""
    quote = ""
    for index, character in enumerate(line):
        if character in "'\"" and quote in ("", character):
            quote = "" if quote else character
        elif quote != "'" and line.startswith("$(", index):
            return index
    return -1


def _closing(line: str, start: int) -> int:
    """Where the bracket ends that was opened before `start`; the end of the line if nowhere."""
    depth, quote = 1, ""
    for index in range(start, len(line)):
        character = line[index]
        if character in "'\"" and quote in ("", character):
            quote = "" if quote else character
        elif not quote:
            depth += (character == "(") - (character == ")")
            if not depth:
                return index
    return len(line)


def _programs(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    tokens = iter(lexer)
    for token in tokens:
        if token in _BETWEEN:
            yield words
            words = []
        elif _REDIRECTION.fullmatch(token):
            next(tokens, None)
            words = words[:-1] if words[-1:] in (["1"], ["2"]) else words  # as in 2>/dev/null
        elif words or not (token in _KEYWORDS or _ASSIGNMENT.match(token)):
            words.append(token)
    yield words


def _ours(words: list[str]) -> list[str]:
    """The call from `jobqueue` on; empty where there is none."""
    if words[:1] == ["jobqueue"]:
        return words
    if not words or words[0] not in _WRAPPERS or "jobqueue" not in words[:-1]:
        return []
    if words[0] in ("kubectl", "docker", "docker-compose", "podman") and not _RUNS & set(words):
        return []
    last = max(index for index, word in enumerate(words[:-1]) if word == "jobqueue")
    return words[last:]
