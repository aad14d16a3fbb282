"""Checks passwords against bcrypt hashes, off the loop, so that floods of wrong ones delay nobody else."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping
from enum import Enum, auto

import bcrypt

MOST_WAITING = 8
MOST_KNOWN = 256
BCRYPT_BYTES = 72


class Answer(Enum):
    """Whether a client may come in. BUSY: it has asked for too many checks at once."""

    YES = auto()
    NO = auto()
    BUSY = auto()


class Passwords:
    """Remembers which passwords were right, by a keyed hash of them, and checks one at a time else."""

    def __init__(self) -> None:
        self._secret = os.urandom(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._checks: dict[bytes, asyncio.Task[bool]] = {}
        self._waiting: Counter[str] = Counter()
        self._turns: dict[str, asyncio.Lock] = {}
        self._bcrypt = asyncio.Lock()

    async def check(self, user: str, password: bytes, users: Mapping[str, bytes], client: str) -> Answer:
        """Whether `password` is the one of `user`. `client` is an address: each has its own queue."""
        hashed = users.get(user) or _decoy(users)
        key = self._key(user, password, hashed)
        if key in self._right:
            self._right.move_to_end(key)
            return Answer.YES
        if key not in self._checks:
            if self._waiting[client] >= MOST_WAITING:
                return Answer.BUSY
            self._begin(key, password, hashed, client)
        task = self._checks[key]
        await asyncio.wait([task])
        if not task.result() or user not in users:
            return Answer.NO
        self._remember(key)
        return Answer.YES

    def _begin(self, key: bytes, password: bytes, hashed: bytes, client: str) -> None:
        self._waiting[client] += 1
        task = asyncio.create_task(self._in_turn(password, hashed, client))
        self._checks[key] = task

        def done(_: object) -> None:
            del self._checks[key]
            self._waiting -= Counter([client])
            if client not in self._waiting:
                self._turns.pop(client, None)

        task.add_done_callback(done)

    async def _in_turn(self, password: bytes, hashed: bytes, client: str) -> bool:
        # A client that asks for many checks waits for its own ones; others wait for one of them at most.
        async with self._turns.setdefault(client, asyncio.Lock()), self._bcrypt:
            return await _compare(password, hashed)

    def _remember(self, key: bytes) -> None:
        self._right[key] = None
        while len(self._right) > MOST_KNOWN:
            self._right.popitem(last=False)

    def _key(self, user: str, password: bytes, hashed: bytes) -> bytes:
        digest = hashlib.blake2b(key=self._secret)
        for part in (user.encode(), password, hashed):
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.digest()


async def _compare(password: bytes, hashed: bytes) -> bool:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[bool] = loop.create_future()

    def compare() -> None:
        # Longer passwords are cut off, as bcrypt always did; the library leaves that to us.
        same = bcrypt.checkpw(password[:BCRYPT_BYTES], hashed)
        loop.call_soon_threadsafe(done.set_result, same)

    # A daemon: a hash of high cost takes many seconds, and must not keep the process from ending.
    threading.Thread(target=compare, name="bcrypt", daemon=True).start()
    return await done


def _decoy(users: Mapping[str, bytes]) -> bytes:
    """A hash that no password has, as dear to check as the dearest: unknown users take as long to refuse."""
    cost = max((hashed[4:6] for hashed in users.values()), default=b"10")
    return b"$2b$%b$%b" % (cost, b"." * 53)
