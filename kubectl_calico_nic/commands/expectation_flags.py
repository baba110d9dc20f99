"""What the flags ask about, as values for collection and diagnosis."""

from __future__ import annotations

from kubectl_calico_nic.collection.collect import Scope
from kubectl_calico_nic.diagnosis.diagnose import Question
from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.flags.definition import Parsed
from kubectl_calico_nic.go.net import parse_cidr


def families(parsed: Parsed) -> tuple[Family, ...] | None:
    """The families of ``--family``; None when it was not given."""
    text = parsed.text("family")
    return None if text is None else tuple(Family(int(digit)) for digit in text)


def question(parsed: Parsed) -> Question:
    """Turn the flags into the question that a diagnosis answers.

    Raises:
        UsageError: an ``--expect-cidr`` that is no network, an ``--expect-interface`` that is no
            name, a ``--daemonset`` that is not ``[NAMESPACE/]NAME``.
    """
    cidrs = parsed.all("expect-cidr")
    for cidr in cidrs or ([""] if parsed.given("expect-cidr") else ()):
        _require_cidr(cidr)
    if parsed.given("expect-interface") and not all(parsed.all("expect-interface") or ("",)):
        raise UsageError('invalid argument "" for "--expect-interface" flag: names a NIC')
    _require_daemon_set(parsed.text("daemonset"))
    return Question(
        families=families(parsed),
        expect_cidrs=cidrs,
        expect_interfaces=parsed.all("expect-interface"),
        nodes=tuple(dict.fromkeys(argument.removeprefix("node/") for argument in parsed.arguments)),
        daemon_set=parsed.text("daemonset"),
    )


def _require_cidr(text: str) -> None:
    if parse_cidr(text) is None:
        raise UsageError(
            f'invalid argument "{text}" for "--expect-cidr" flag: invalid CIDR address: {text}'
        )


def _require_daemon_set(text: str | None) -> None:
    if text is not None and (not all(text.split("/")) or text.count("/") > 1):
        raise UsageError(
            f'invalid argument "{text}" for "--daemonset" flag: must be [NAMESPACE/]NAME'
        )


def scope(
    parsed: Parsed, asked: Question, *, revisions: bool = False, partial: bool = False
) -> Scope:
    """What collection looks at; the context's own namespace does not narrow it, ``-n`` does."""
    return Scope(
        namespace=parsed.text("namespace"),
        daemon_set=parsed.text("daemonset"),
        nodes=asked.nodes,
        revisions=revisions,
        partial=partial,
    )
