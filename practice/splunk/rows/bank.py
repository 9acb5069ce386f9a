"""What the bank's services log, with secrets in it that are none: cards and passwords of no one."""

import orjson

from practice.incident import HISTORY, OTHERS, Clock
from practice.splunk.rows.source import Line, Place, Source, Steady, mix, share, stamp
from practice.splunk.spl.values import Row

CARDS = (
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111111111111111",
    "4111.1111.1111.1111",
    "4111 1111\u00a01111\u20111111",
    "ref 994111111111111111771",
)
"""The card number that stands for a card everywhere, in every spelling that was ever seen."""
PASSWORD = "practice-fake-password"  # noqa: S105 -- says itself that it is none
SECRETS = (
    f'password="{PASSWORD}"',
    f"login failed, tried {PASSWORD}",
    "Authorization: Bearer practice-fake-token-0000",
    f"postgres://ledger:{PASSWORD}@db.practice.example/ledger",
)


class Service:
    """A service of the bank: what it writes of a booking."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.seed = seed

    def write(self, slot: int, moment: float) -> Line:
        """Write a booking down; one in ten names a card, one in forty a secret."""
        fields: Row = {
            "time": stamp(moment),
            "level": "INFO",
            "service": self.name,
            "account": f"PR{mix(self.seed, slot) % 10**8:08d}",
            "amount": mix(self.seed + 1, slot) % 500_000 / 100,
            "duration_ms": 5 + mix(self.seed + 2, slot) % 60,
            "message": self._message(slot),
        }
        return orjson.dumps(fields).decode(), fields

    def _message(self, slot: int) -> str:
        chance, pick = share(self.seed + 3, slot), mix(self.seed + 4, slot)
        if chance < 0.1:
            return f"card {CARDS[pick % len(CARDS)]} charged"
        if chance < 0.125:
            return f"debug dump: {SECRETS[pick % len(SECRETS)]}"
        return "booking stored"


def sources(clock: Clock) -> tuple[Source, ...]:
    """Give what the index `bank` is fed by."""
    began = (clock.now - HISTORY).timestamp()
    return tuple(
        Steady(
            Place("bank", f"bank:{name}:json", f"/var/log/pods/bank/{name}.log", (host,)),
            began,
            5.0,
            200 + number,
            Service(name, 210 + 10 * number).write,
        )
        for number, (name, host) in enumerate(
            zip(OTHERS["bank"], ("node-11", "node-12"), strict=True)
        )
    )
