"""What the flags ask about, as values for collection and diagnosis."""

from __future__ import annotations

from kubectl_calico_nic.collection.collect import Scope
from kubectl_calico_nic.diagnosis.diagnose import Question
from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.flags.definition import Parsed


def families(parsed: Parsed) -> tuple[Family, ...] | None:
    """The families of ``--family``; None when it was not given."""
    text = parsed.text("family")
    return None if text is None else tuple(Family(int(digit)) for digit in text)


def question(parsed: Parsed) -> Question:
    """Turn the flags into the question that a diagnosis answers.

    Raises:
        UsageError: an ``--expect-cidr`` that is no network.
    """
    cidrs = parsed.all("expect-cidr")
    for cidr in cidrs:
        _require_cidr(cidr)
    return Question(
        families=families(parsed),
        expect_cidrs=cidrs,
        expect_interfaces=parsed.all("expect-interface"),
        nodes=tuple(dict.fromkeys(argument.removeprefix("node/") for argument in parsed.arguments)),
        daemon_set=parsed.text("daemonset"),
    )


def _require_cidr(text: str) -> None:
    from netaddr import AddrFormatError, IPNetwork

    try:
        IPNetwork(text)
    except (AddrFormatError, ValueError):
        raise UsageError(
            f'invalid argument "{text}" for "--expect-cidr" flag: invalid CIDR address: {text}'
        ) from None


def scope(parsed: Parsed, asked: Question, *, revisions: bool = False) -> Scope:
    """What collection looks at; the context's own namespace does not narrow it, ``-n`` does."""
    return Scope(
        namespace=parsed.text("namespace"),
        daemon_set=parsed.text("daemonset"),
        nodes=asked.nodes,
        revisions=revisions,
    )
