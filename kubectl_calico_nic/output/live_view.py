"""Lines that are redrawn in place on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.output.escape import escape
from kubectl_calico_nic.output.screen import Line


class LiveView:
    """A block of lines at the bottom of the terminal."""

    def __init__(self, live: Any) -> None:
        self._live = live

    def show(self, lines: Sequence[Line]) -> None:
        """Replace the block; what does not fit on the screen is cut, on screen alone."""
        from rich.console import Group
        from rich.text import Text

        texts = [
            Text.assemble(*((escape(span.text), span.style) for span in spans), no_wrap=True)
            for spans in lines
        ]
        self._live.update(Group(*texts), refresh=True)

    def say(self, said: Line) -> None:
        """Print a line above the block, where it stays."""
        from rich.text import Text

        text = Text.assemble(*((escape(span.text), span.style) for span in said))
        self._live.console.print(text, soft_wrap=True)


@contextmanager
def live_view(environment: Environment) -> Iterator[LiveView]:
    """A live view on stderr while the block runs; it vanishes afterwards, also on Ctrl-C."""
    from rich.console import Console
    from rich.live import Live

    colour = None if environment.allows_colour else False
    console = Console(file=environment.stderr, highlight=False, no_color=colour is False)
    with Live(console=console, transient=True, auto_refresh=False) as live:
        yield LiveView(live)
