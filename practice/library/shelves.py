"""The folders of the enterprise's documents: texts with their dates, and papers made of texts."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from practice.library import office, papers
from practice.library.dates import age, dated

SOURCE = Path(__file__).parents[1] / "documents"
MADE = {
    "handbook.txt": "handbook.pdf",
    "onboarding.txt": "onboarding.docx",
    "rota.yaml": "on-call.xlsx",
}
"""What is made of a text of the handbook."""


def texts(collection: str) -> dict[str, str]:
    """Read the texts of a collection by path; `/` between the parts."""
    root = SOURCE / collection
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in files}


def shelve(collection: str, folder: Path, now: datetime) -> Path:
    """Write a collection's documents into a folder, each as old as it says."""
    for path, text in texts(collection).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        written = now - timedelta(days=age(text))
        if path in MADE:
            target = target.with_name(MADE[path])
            target.write_bytes(_made(path, text, now, written))
        else:
            target.write_text(dated(text, now), encoding="utf-8")
        os.utime(target, (written.timestamp(), written.timestamp()))
    return folder


def _made(path: str, text: str, now: datetime, written: datetime) -> bytes:
    if path.endswith(".yaml"):
        return office.excel(_rows(text, now))
    title = text.split("\n", 1)[0].lstrip("# ")
    return (
        papers.pdf(text, title)
        if MADE[path].endswith(".pdf")
        else office.word(text, title, written)
    )


def _rows(text: str, now: datetime) -> dict[str, list[list[str]]]:
    """Read sheets; a whole number is a day, told from the ground's minute."""
    sheets: dict[str, list[list[Any]]] = yaml.safe_load(text)
    return {
        name: [[_cell(cell, now) for cell in row] for row in rows] for name, rows in sheets.items()
    }


def _cell(cell: object, now: datetime) -> str:
    return (now + timedelta(days=cell)).date().isoformat() if isinstance(cell, int) else str(cell)
