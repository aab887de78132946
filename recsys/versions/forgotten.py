"""The people who asked to be deleted: builds leave their ratings out.

`forgotten.json` in the artifacts folder holds a hash of each id, and not the id. Who has both the file
and a list of ids can tell which of them are on it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from recsys.arrays import Rows
from recsys.data.ids import IdTable
from recsys.errors import ArtifactError, reading, writing
from recsys.versions import durable

NAME = "forgotten.json"


class _Stored(msgspec.Struct):
    salt: str
    hashes: list[str]


@dataclass(frozen=True)
class Forgotten:
    """The list of an artifacts folder; change it under the lock of the store."""

    root: Path

    @property
    def _path(self) -> Path:
        return self.root / NAME

    def __len__(self) -> int:
        return len(self._read().hashes)

    def __contains__(self, user_id: str) -> bool:
        stored = self._read()
        return _hash(stored.salt, user_id.encode()) in stored.hashes

    def rows(self, users: IdTable) -> Rows:
        """The rows of those users who are on the list, int64, ascending."""
        stored = self._read()
        if not stored.hashes:
            return np.zeros(0, dtype=np.int64)
        known = set(stored.hashes)
        ids = (users.id(row).encode() for row in range(len(users)))
        found = [row for row, one_id in enumerate(ids) if _hash(stored.salt, one_id) in known]
        return np.array(found, dtype=np.int64)

    def add(self, user_id: str) -> None:
        """Put a person on the list."""
        stored = self._read()
        hashes = {*stored.hashes, _hash(stored.salt, user_id.encode())}
        self._write(_Stored(stored.salt, sorted(hashes)))

    def remove(self, user_id: str) -> None:
        """Take a person off the list: later builds take their ratings again."""
        stored = self._read()
        hashes = {*stored.hashes} - {_hash(stored.salt, user_id.encode())}
        self._write(_Stored(stored.salt, sorted(hashes)))

    def _read(self) -> _Stored:
        with reading(self._path):
            try:
                content = self._path.read_bytes()
            except FileNotFoundError:
                return _Stored(secrets.token_hex(16), [])
        try:
            return msgspec.json.decode(content, type=_Stored)
        except msgspec.DecodeError as error:
            raise ArtifactError(
                f"{self._path} is damaged: {error}. Bring it back from a backup: it says whose ratings must"
                " not be used."
            ) from error

    def _write(self, stored: _Stored) -> None:
        fresh = self._path.with_suffix(".new")
        with writing(self._path):
            durable.write(fresh, msgspec.json.encode(stored) + b"\n")
            fresh.replace(self._path)
            durable.sync_folder(self.root)


def _hash(salt: str, user_id: bytes) -> str:
    return hashlib.blake2b(user_id, key=bytes.fromhex(salt), digest_size=16).hexdigest()
