"""What a person sees of a start: steps with their times, the address, and what went wrong."""

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.markup import escape
from rich.status import Status

LOG_LINE_EVERY_S = 10.0


class Screen:
    """One console: a terminal sees moving status lines, a log file plain ones."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[Callable[[str], None]]:
        """Shows `what` while it lasts, and the time it took; the yielded function tells what is still waited for."""
        began = time.monotonic()
        with self._console.status(what) as status:
            yield self._detail_writer(status, what)
        self.done(f"{what} [dim]{time.monotonic() - began:.1f} s[/dim]")

    def done(self, what: str) -> None:
        self._console.print(f"[green]✓[/green] {what}")

    def announce(self, what: str) -> None:
        """A screen that is gone, or a file on a full disk, ends nothing."""
        with contextlib.suppress(OSError):
            self._console.print(f"[yellow]![/yellow] {time.strftime('%H:%M:%S')} {escape(what)}")

    def failed(self, why: str) -> None:
        self._console.print(f"[red]✗[/red] {escape(why)}")

    def ready(self, address: str, *, sign_in: str | None) -> None:
        self._console.print(f"\n[bold]Squiggle runs at {address}[/bold]")
        if sign_in:
            self._console.print("Open the demo (the link signs you in, once):")
            self._console.print(f"  [bold]{escape(sign_in)}[/bold]")
        self._console.print("[dim]Ctrl-C stops everything.[/dim]")

    def _detail_writer(self, status: Status, what: str) -> Callable[[str], None]:
        """A terminal's line is rewritten; a log file gets a line now and then."""
        last_line_at = time.monotonic()

        def write(detail: str) -> None:
            nonlocal last_line_at
            line = f"{what}: {escape(detail.strip())}" if detail.strip() else what
            status.update(line)
            if not self._console.is_terminal and time.monotonic() - last_line_at > LOG_LINE_EVERY_S:
                last_line_at = time.monotonic()
                self._console.print(f"… {line}")

        return write
