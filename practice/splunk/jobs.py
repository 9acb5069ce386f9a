"""Search jobs: each runs in a thread of its own at a pace that makes asking again worthwhile."""

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice

from practice.splunk.accounts import Account
from practice.splunk.spl.context import Watch
from practice.splunk.spl.engine import Ready
from practice.splunk.spl.values import Malformed, Row
from practice.splunk.spool import Spool

AT_ONCE = 8
"""Jobs that run side by side; the others are queued."""
TTL = 600.0
PARSING = 0.03
FAILURE = "The search process ended before its time: the practice ground was told so."
BAD = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, re.error)
"""What running a search may raise: it fails, and says so."""
ENDED = {"DONE", "FAILED"}


SID = re.compile(r"(?!\.+\Z)[\w.@:-]{1,200}", re.ASCII)
"""What a client may choose for a sid: it names a folder and is a part of a path."""


class Cancelled(Exception):
    """A job is no longer wanted."""


@dataclass(frozen=True)
class Wish:
    """What a client asked for, as it asked, and the limits that it set; zero is no limit."""

    search: str
    asked: dict[str, str]
    max_count: int = 500_000
    max_time: float = 0
    auto_cancel: float = 0
    ttl: float = TTL
    name: str = ""
    app: str = "search"
    fate: str = ""
    id: str = ""
    """The sid that the client chose; empty where it leaves that to the double."""


@dataclass
class Job:
    """A search that runs, ran or will; times are `time.monotonic` but for `created`."""

    sid: str
    account: Account
    wish: Wish
    created: float
    pace: float
    watch: Watch = field(default_factory=lambda: Watch(lambda _: True))
    ready: Ready | None = None
    state: str = "QUEUED"
    scanned: int = 0
    total: int = 0
    finalized: bool = False
    saved: bool = False
    began: float = 0.0
    ended: float = 0.0
    touched: float = field(default_factory=time.monotonic)
    ttl: float = TTL
    spool: Spool = field(default_factory=Spool)
    finished: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)
    _cancelled: bool = False

    @property
    def done(self) -> bool:
        """Tell whether nothing more will come."""
        return self.state in ENDED

    @property
    def lasted(self) -> float:
        """Give the seconds that it has run."""
        return (self.ended or time.monotonic()) - self.began if self.began else 0.0

    @property
    def progress(self) -> float:
        """Give how much of it is done, from 0 to 1."""
        if self.done:
            return 1.0
        return min(0.99, self.scanned / self.total) if self.total else 0.0

    def scan(self, rows: int) -> bool:
        """Take note of rows read, at the job's pace; tell whether to read on."""
        self.scanned += rows
        due = self.began + self.scanned * self.pace / 1e6
        self._stop.wait(max(0.0, due - time.monotonic()))
        self._obey()
        late = self.wish.max_time and time.monotonic() - self.began > self.wish.max_time
        if late:
            self.finalized = True
        return not self.finalized

    def _obey(self) -> None:
        if self._cancelled:
            raise Cancelled

    def cancel(self) -> None:
        """End it at once."""
        self._cancelled = True
        self._stop.set()

    def finalize(self) -> None:
        """Let it end with what it has."""
        self.finalized = True
        self._stop.set()

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than it is wanted."""
        self._stop.wait(seconds)
        self._obey()

    def run(self, make: Callable[["Job"], Ready]) -> None:
        """Go through all its states."""
        self.began, self.state = time.monotonic(), "PARSING"
        try:
            self.pause(PARSING)
            self.ready = make(self)
            self.total = self.ready.total()
            self.state = "RUNNING"
            for row in self.rows(self.ready):
                self.spool.add(row)
            self.state = "FINALIZING"
            self.pause(0)
            self.ended, self.state = time.monotonic(), "DONE"
        except BAD as wrong:
            self.fail(str(wrong))
        except Cancelled:
            self.fail("Search job cancelled.")
            self.spool.close()
        finally:
            self.finished.set()

    def rows(self, ready: Ready) -> Iterator[Row]:
        """Run the search itself, as far as it goes and is let."""
        if self.wish.fate == "fail":
            raise Malformed(FAILURE)
        while self.wish.fate == "hang" and not self.finalized:
            self.pause(60)
        yield from islice(ready.rows(), self.wish.max_count or None)
        self._obey()

    def fail(self, text: str) -> None:
        """End it badly."""
        self.watch.say("FATAL", text)
        self.ended, self.state = time.monotonic(), "FAILED"


class Jobs:
    """The jobs that are known, by their sid."""

    def __init__(self, pace: float) -> None:
        self.pace = pace
        self._known: dict[str, Job] = {}
        self._turn = threading.Semaphore(AT_ONCE)
        self._numbers = count(1)

    def new(self, account: Account, wish: Wish, now: float) -> Job:
        """Take a wish down under a sid of its own, or the one chosen, or raise `Malformed`."""
        number = next(self._numbers)
        sid = wish.id or f"{int(now)}.{number}"
        if wish.id and not SID.fullmatch(sid):
            raise Malformed(f"Invalid sid '{sid}'.")
        if wish.id and sid in self._known:
            raise Malformed(f"Search job with sid '{sid}' already exists.")
        if wish.name and not wish.id:
            mark = hashlib.md5(wish.name.encode(), usedforsecurity=False).hexdigest()[:16]
            sid = f"{account.name}__nobody__{wish.app}__RMD5{mark}_at_{int(now)}_{number}"
        job = Job(sid, account, wish, now, self.pace, ttl=wish.ttl)
        job.watch.scan = job.scan
        self._known[sid] = job
        return job

    def begin(self, job: Job, make: Callable[[Job], Ready]) -> None:
        """Run a job beside everything else."""

        def work() -> None:
            with self._turn:
                job.run(make)

        threading.Thread(target=work, name=job.sid, daemon=True).start()

    def find(self, sid: str, account: Account) -> Job | None:
        """Give a job of the account's and take note that it is still wanted."""
        self.purge()
        job = self._known.get(sid)
        if job is None or not (account.admin or job.account == account):
            return None
        job.touched = time.monotonic()
        return job

    def known(self, account: Account | None = None) -> Iterable[Job]:
        """Give the jobs that an account may see, or all, the newest first."""
        self.purge()
        found = reversed(self._known.values())
        return [job for job in found if account is None or account.admin or job.account == account]

    def remove(self, job: Job) -> None:
        """End a job and forget it."""
        job.cancel()
        self._known.pop(job.sid, None)
        if job.done:
            job.spool.close()

    def purge(self) -> None:
        """Forget the jobs that no one has asked for in time."""
        now = time.monotonic()
        for job in list(self._known.values()):
            idle = now - job.touched
            unwanted = job.wish.auto_cancel and idle > job.wish.auto_cancel and not job.done
            if unwanted or (job.done and not job.saved and idle > job.ttl):
                self.remove(job)

    def clear(self) -> None:
        """End all."""
        for job in list(self._known.values()):
            self.remove(job)
