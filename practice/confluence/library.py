"""The space as it is now: its pages, what restricts them, and who sees which."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from practice.confluence.accounts import ADMINISTRATORS, Account
from practice.incident import Clock

DATA = Path(__file__).with_name("space.yaml")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Readers(_Strict):
    """A restriction: users and groups, one of which is enough. Nobody named is no restriction."""

    users: list[str] = []
    groups: list[str] = []

    def allow(self, account: Account) -> bool:
        """Tell whether a user passes."""
        if not self.users and not self.groups:
            return True
        return account.name in self.users or bool(account.groups & set(self.groups))


class Page(_Strict):
    """A page. `days` is its age, `under` the page above it."""

    id: str
    title: str
    body: str
    under: str = ""
    days: float = 0
    version: int = 1
    labels: list[str] = []
    readers: Readers = Readers()
    type: str = "page"
    status: str = "current"


class Space(_Strict):
    """A space and its pages, those above before those below."""

    key: str
    name: str
    pages: list[Page]


@cache
def _written() -> Space:
    return TypeAdapter(Space).validate_python(yaml.safe_load(DATA.read_text(encoding="utf-8")))


@dataclass
class Library:
    """One space at the clock's minute."""

    clock: Clock
    key: str
    name: str
    pages: dict[str, Page] = field(default_factory=dict[str, Page])

    @classmethod
    def of(cls, clock: Clock) -> "Library":
        """Read the space that is shipped."""
        space = _written().model_copy(deep=True)
        return cls(clock, space.key, space.name, {each.id: each for each in space.pages})

    def above(self, page: Page) -> list[Page]:
        """Give the pages above one, the topmost first."""
        found: list[Page] = []
        while page.under in self.pages:
            page = self.pages[page.under]
            found.insert(0, page)
        return found

    def sees(self, account: Account, page: Page) -> bool:
        """Tell whether a user sees a page: each level has to allow it."""
        if ADMINISTRATORS in account.groups:
            return True
        return all(each.readers.allow(account) for each in (page, *self.above(page)))

    def when(self, page: Page) -> datetime:
        """Say when a page's version was made."""
        return self.clock.now - timedelta(days=page.days)

    def change(self, number: str, said: Mapping[str, Any]) -> None:
        """Change a page, or add one; new content makes a new version."""
        before = self.pages.get(number)
        if before is None:
            self.pages[number] = Page.model_validate({"id": number, **said})
            return
        more = {"version": before.version + 1, "days": 0.0} if {"body", "title"} & set(said) else {}
        self.pages[number] = Page.model_validate({**before.model_dump(), **more, **said})

    def delete(self, number: str) -> None:
        """Delete a page; what was below it comes to stand below the page above."""
        gone = self.pages.pop(number)
        for each in self.pages.values():
            if each.under == number:
                each.under = gone.under

    def listed(self, kind: str, status: str, title: str) -> Iterator[Page]:
        """Give the pages that a listing selects, in the order in which they were made."""
        for each in self.pages.values():
            fits = each.type == kind and status in (each.status, "any")
            if fits and (not title or each.title == title):
                yield each
