from pathlib import Path

import orjson
import pytest

from bailiwick.audit.checkpoint import checkpoint, load, read_head
from tests.shared.audit.conftest import Open

pytestmark = pytest.mark.anyio


async def test_a_checkpoint_is_one_line_with_every_stream(journal: Path, opens: Open) -> None:
    for _ in range(2):
        async with opens():
            pass
    line = checkpoint(journal, "cluster-eu", "2026-11-24T14:00:00.000000Z")
    assert line.count(b"\n") == 1
    pinned = load(line)
    assert pinned.origin == "cluster-eu"
    assert [seq for seq, _ in pinned.streams.values()] == [2, 2]
    for name, (seq, h) in pinned.streams.items():
        head = read_head(journal / name)
        assert (head.seq, head.h) == (seq, h)


async def test_a_checkpoint_that_was_touched_is_refused(journal: Path, opens: Open) -> None:
    async with opens():
        pass
    fields = orjson.loads(checkpoint(journal, "here", "now"))
    (name,) = fields["streams"]
    fields["streams"][name][0] = 1
    with pytest.raises(ValueError, match="root"):
        load(orjson.dumps(fields))
    with pytest.raises(ValueError, match="origin"):
        load(b"{}")
