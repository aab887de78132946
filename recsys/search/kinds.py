"""The kinds of index, by the names they are stored under."""

from __future__ import annotations

from dataclasses import dataclass

from recsys.errors import ArtifactError
from recsys.search.clustered import ClusteredIndex
from recsys.search.length_ordered import LengthOrderedIndex
from recsys.search.protocol import IndexReader, IndexWriter, VectorIndex, VectorSource

KINDS: dict[str, type[VectorIndex]] = {kind.kind: kind for kind in (LengthOrderedIndex, ClusteredIndex)}


@dataclass(frozen=True)
class StoredKind:
    """Which kind of index stands under a name."""

    kind: str


def write_index(index: VectorIndex, name: str, writer: IndexWriter) -> None:
    """Write an index, and of which kind it is."""
    writer.document(f"{name}.kind", StoredKind(index.kind))
    index.write(name, writer)


def read_index(
    name: str, reader: IndexReader, n_items: int, source: VectorSource | None = None
) -> VectorIndex:
    """Open what `write_index` wrote; ArtifactError where the kind is unknown.

    `source` gives the vectors to a kind that does not store them.
    """
    kind = reader.document(f"{name}.kind", StoredKind).kind
    if kind not in KINDS:
        raise ArtifactError(f"The index {name} is of the unknown kind {kind!r} (known: {', '.join(KINDS)}).")
    return KINDS[kind].read(name, reader, n_items, source)
