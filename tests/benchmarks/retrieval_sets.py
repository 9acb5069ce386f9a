"""Questions whose right documents are known: a BEIR folder, or a small set that is made up."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from bailiwick_retrieval import evaluating
from tests.parts.served import ROOT

VARIABLE = "PRACTICE_LABELLED"
LEAST = {"anthropic_docs": 0.99}
"""The share of questions with a right document among five, for sets on which it is agreed."""
_USUAL = ROOT.parent / "shared" / "eval" / "anthropic_docs"
_LONGEST = 60
_SERVICES = (
    "billing", "checkout", "inventory", "payments", "search", "shipping", "sign-in", "wishlist",
)  # fmt: skip
_TOPICS = {
    "Restarting": (
        "Drain the node first, then bring the processes up again one by one.",
        "how do I bounce {} without dropping requests?",
    ),
    "Capacity": (
        "At peak each instance takes four hundred requests a second; add one for every spike.",
        "how much traffic can one replica of {} handle?",
    ),
    "Certificates": (
        "TLS keys are renewed every sixty days; a failed renewal pages whoever is on call.",
        "when do the TLS keys of {} expire?",
    ),
    "Backups": (
        "A snapshot is taken each night and kept for thirty days; restoring one takes an hour.",
        "can I get the data of {} from last week back?",
    ),
    "Escalation": (
        "After fifteen minutes without an answer the pager goes to the head of the team.",
        "who is called when nobody responds for {}?",
    ),
    "Rolling back": (
        "Choose the last healthy release and deploy it again; migrations only ever add columns.",
        "a release of {} went wrong, how is the earlier one put back?",
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the files with a right answer."""

    text: str
    right: frozenset[str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Documents as Markdown by file name, questions, and the least share of hits (0: none)."""

    name: str
    files: Mapping[str, str]
    questions: Sequence[Question]
    least: float = 0.0

    def write(self, folder: Path) -> None:
        """Write the documents, one file each."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")


def chosen(named: Path | None) -> Labelled:
    """Take the set that is named, or the usual one where it is there, or make one up."""
    if named is None and (told := os.environ.get(VARIABLE)):
        named = Path(told)
    if named is None and _USUAL.is_dir():
        named = _USUAL
    return made() if named is None else read(named)


def read(folder: Path) -> Labelled:
    """Read a BEIR folder."""
    labels = evaluating.labelled(folder)
    files: dict[str, str] = {}
    names: dict[str, str] = {}
    for line in (folder / "corpus.jsonl").read_bytes().splitlines():
        each = orjson.loads(line)
        name = names[each["_id"]] = _name(each["_id"], files)
        files[name] = _markdown(each.get("title") or each["_id"], each["text"])
    questions = [
        Question(
            text.replace('"', " "),  # a phrase in quotes would have to occur word for word
            frozenset(names[d] for d, grade in labels.right[key].items() if grade and d in names),
        )
        for key, text in labels.questions.items()
    ]
    return Labelled(folder.name, files, questions, LEAST.get(folder.name, 0.0))


def made() -> Labelled:
    """Make up a handbook: a page for each topic of each service."""
    files: dict[str, str] = {}
    questions: list[Question] = []
    for service in _SERVICES:
        for topic, (answer, question) in _TOPICS.items():
            name = _name(f"{service}-{topic}", files)
            files[name] = _markdown(f"{topic}: {service}", f"This is about {service}. {answer}")
            questions.append(Question(question.format(service), frozenset({name})))
    return Labelled("made up", files, questions)


def _name(key: str, taken: Mapping[str, str]) -> str:
    """Make a file name that no other document has, of what an id ends with."""
    plain = re.sub(r"[^a-z0-9]+", "-", key.lower().rpartition("/")[2]).strip("-")[-_LONGEST:]
    plain = plain.strip("-") or "document"
    name, number = f"{plain}.md", 1
    while name in taken:
        number += 1
        name = f"{plain}-{number}.md"
    return name


def _markdown(title: str, text: str) -> str:
    """Put the title above, once."""
    body = text.strip().removeprefix(title).strip()
    return f"# {title}\n\n{body}\n"
