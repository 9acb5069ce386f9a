"""Resident memory of a process, now and at its peak (proc(5))."""

from pathlib import Path


def resident(pid: int, what: str = "VmRSS") -> int:
    """Return resident KiB of a process, now or at its peak (`VmHWM`)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))


def forget_peak(pid: int) -> None:
    """Let the peak start anew (clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
