"""The errors that reach the user, each already worded; ``cli`` prints them and nothing else."""

from __future__ import annotations


class CalicoNicError(Exception):
    """Something that could not be asked or done: printed as ``error: TEXT``, exit status 1.

    The text says what happened, to which object, and what to do next.
    """

    prefix = "error: "

    @property
    def text(self) -> str:
        """The whole message as kubectl would word it, without a newline at the end."""
        return indented(f"{self.prefix}{self}")


class UsageError(CalicoNicError):
    """Wrong flags or arguments, found before anything is sent; ``see`` is a line below that."""

    def __init__(self, text: str, see: str = "") -> None:
        super().__init__(text)
        self.see = see

    @property
    def text(self) -> str:
        """The whole message, without a newline at the end."""
        return "\n".join(filter(None, (super().text, self.see)))


def indented(text: str) -> str:
    """``text`` with its further lines indented: none of the cluster's passes for one of ours."""
    return text.replace("\n", "\n  ")
