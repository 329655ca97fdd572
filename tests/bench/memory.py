"""How much memory the whole standing system takes: the proportional set size of the supervisor and all below it."""

from pathlib import Path

from tests.stack import Stack

MIB = 1024 * 1024


def run(stack: Stack) -> dict[str, float]:
    """MiB by process name, and `total`."""
    names = {pid: name for name, pid in stack.pids().items()}
    root = stack.facts()["supervisor"]["pid"]
    sizes: dict[str, float] = {}
    for pid in family(root):
        name = next((names[ancestor] for ancestor in line(pid) if ancestor in names), "supervisor")
        sizes[name] = sizes.get(name, 0) + pss_bytes(pid) / MIB
    return {**sizes, "total": sum(sizes.values())}


def family(root: int) -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if root in line(int(folder.name))]


def line(pid: int) -> list[int]:
    """The process and its ancestors, the nearest first."""
    found = []
    while pid > 1:
        found.append(pid)
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        except FileNotFoundError:
            break
    return found


def pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(text.split()[1]) * 1024 for text in lines if text.startswith("Pss:"))
