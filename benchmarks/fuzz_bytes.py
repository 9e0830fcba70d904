"""Documents that atheris makes of bytes, more of those that reach new code.

It is a process of its own, because libFuzzer ends the one that it runs in.
"""

from collections.abc import Iterator
from dataclasses import asdict
import json
import os
from pathlib import Path
from random import Random
import sys
from time import process_time

import atheris

from benchmarks.fuzz_found import Found

# Only what is imported here for the first time is watched.
with atheris.instrument_imports(include=["custom_components.glucose_follow.cgm"]):
    from custom_components.glucose_follow.cgm.transport import Json
    from tests.cgm.fuzz import DECODERS, Target, bears, size
    from tests.cgm.fuzz_documents import ODD

_DEEPEST = 3
_LONGEST = 2048
"""Bytes that one answer is made of at most."""

_FIRST = 200
"""Answers to begin with, of bytes by chance."""

_MOST = 12
"""Documents in an answer."""

_RUNS = 10**9
"""More than ever happens: the documents are what counts."""


class Maker:
    """Makes answers of bytes."""

    def __init__(self, target: Target) -> None:
        """Remember what real documents look like."""
        self._is_list = target.is_list
        self._templates = [json.dumps(each) for each in target.templates]

    def made(self, data: bytes) -> Json:
        """Return the answer that bytes stand for."""
        self._bytes = atheris.FuzzedDataProvider(data)
        if not self._templates or self._below(16) == 0:
            return self._anything()
        if not self._is_list:
            return self._spoiled()
        return list(self._documents())

    def _below(self, count: int) -> int:
        """Return a number from nought."""
        return int(self._bytes.ConsumeIntInRange(0, count - 1))

    def _documents(self) -> Iterator[Json]:
        """Yield documents, most of them like real ones."""
        for _ in range(self._below(_MOST + 1)):
            yield self._spoiled() if self._below(8) else self._anything()

    def _spoiled(self) -> Json:
        """Return a real document, a few fields of which are something else."""
        template = self._templates[self._below(len(self._templates))]
        document: Json = json.loads(template)
        for _ in range(self._below(5)):
            self._spoil(document)
        return document

    def _spoil(self, where: Json) -> None:
        """Change one field, however deep."""
        while isinstance(where, dict | list) and where:
            keys = list(where) if isinstance(where, dict) else range(len(where))
            key = keys[self._below(len(keys))]
            inner = where[key]  # type: ignore[index]  # a key or a place of it
            if not (isinstance(inner, dict | list) and inner and self._below(2)):
                where[key] = self._anything()  # type: ignore[index]  # a key or a place of it
                return
            where = inner

    def _anything(self, depth: int = 0) -> Json:
        """Return whatever JSON can say."""
        kind = self._below(8 if depth < _DEEPEST else 6)
        if kind == 6:
            return [self._anything(depth + 1) for _ in range(self._below(5))]
        if kind == 7:
            return {
                self._bytes.ConsumeUnicode(8): self._anything(depth + 1)
                for _ in range(self._below(5))
            }
        return self._leaf(kind)

    def _leaf(self, kind: int) -> Json:
        """Return a number, a text or something odd."""
        if kind == 0:
            return int(self._bytes.ConsumeInt(8))
        if kind == 1:
            return float(self._bytes.ConsumeFloat())
        if kind == 2:
            return str(self._bytes.ConsumeUnicode(12))
        if kind == 3:
            return str(self._bytes.ConsumeUnicodeNoSurrogates(24))
        # Decoded again, so that nobody's changes stay in it.
        odd: Json = json.loads(_ODD[self._below(len(_ODD))])
        return odd


_ODD = [json.dumps(each) for each in ODD]


class Counted:
    """Decodes what is made of bytes until there was enough of it."""

    def __init__(self, name: str, count: int) -> None:
        """Begin."""
        target = DECODERS[name]
        self._decode, self._maker = target.decode, Maker(target)
        self._count, self._began = count, process_time()
        self._found = Found()

    def one(self, data: bytes) -> None:
        """Decode one answer; never returns from the last."""
        found, told = self._found, self._maker.made(data)
        found.documents += size(told)
        found.answers += 1
        try:
            found.refused += not bears(self._decode, told)
        except Exception as err:  # noqa: BLE001 - it is what is looked for
            found.failure = f"{type(err).__name__}: {err} of {told!r}"[:2000]
        if found.failure or found.documents >= self._count:
            self._end()

    def _end(self) -> None:
        """Tell what came of it, and leave before libFuzzer says more."""
        self._found.seconds = round(process_time() - self._began, 1)
        print(json.dumps(asdict(self._found)), flush=True)
        os._exit(0)


def main() -> None:
    """Fuzz one decoder: its name, how many documents, a seed, an empty folder."""
    name, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rng = Random(f"{name} {seed}")
    folder = Path(sys.argv[4])
    for each in range(_FIRST):
        first = rng.randbytes(rng.randrange(_LONGEST))
        (folder / str(each)).write_bytes(first)
    options = [f"-seed={rng.getrandbits(31)}", f"-max_len={_LONGEST}"]
    options += ["-len_control=0", f"-runs={_RUNS}", "-verbosity=0", str(folder)]
    atheris.Setup([sys.argv[0], *options], Counted(name, count).one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
