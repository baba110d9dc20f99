"""What each node chose, from what was read: the newest evidence wins where order can be known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from kubectl_calico_nic.calico.autodetection.methods import InvalidMethod, parse_method
from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.calico.log.reading import Decision, LogReading, Outcome, Stage
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.diagnosis.settings import ContainerEnv
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import bare, is_address, same_address
from kubectl_calico_nic.findings.case.choice import (
    ANNOTATION,
    ENDED,
    ENV,
    INVENTORY,
    LOG,
    PREVIOUS_LOG,
    Choice,
)
from kubectl_calico_nic.findings.case.setting import Mode, Setting
from kubectl_calico_nic.snapshot.snapshot import NodeFacts

_POLL_INTERVAL = "AUTODETECT_POLL_INTERVAL"
_TWO_POLLS = timedelta(minutes=2)
_MONITOR_SINCE = Version(3, 15, 2)
_FILE_LOGGING_IS_OFF = "CALICO_DISABLE_FILE_LOGGING"
_MONITOR_LOG_IS_COPIED = Version(3, 32, 0)
_NOTHING_CHOSEN = frozenset({Outcome.FAILED, Outcome.INVALID_METHOD, Outcome.INVALID_ADDRESS})


def choose(facts: NodeFacts, family: Family, env: ContainerEnv, version: Version) -> Choice:
    """Say what a node chose in ``family``, and what that rests on.

    The log of the current container comes first, that of the container before it when it keeps
    ending, then the annotation on the Node: it is the result of the newest decision, but says
    neither when nor how.
    """
    stored = _stored(facts, family)
    source, reading = _telling_log(facts, family)
    if reading is None:
        choice = _without_log(facts, family, env, stored, version)
    else:
        choice = _from_log(source, reading, family, stored)
        choice = _weighed(choice, reading, family, stored, facts, env, version)
    return _completed(choice, facts.inventory)


def _stored(facts: NodeFacts, family: Family) -> str | None:
    """The annotation; one that is no address of the family is ignored, as Calico does."""
    text = facts.node.stored.get(family) if facts.node else None
    return text if text is not None and is_address(text, family) else None


def _telling_log(facts: NodeFacts, family: Family) -> tuple[str, LogReading | None]:
    """The newest log with a decision about ``family``, and its name as evidence."""
    log, previous = facts.log, facts.previous_log
    if log is not None and log.latest(family) is not None:
        return LOG, log
    recovered = (log is not None and log.started) or (facts.pod is not None and facts.pod.ready)
    if previous is not None and previous.latest(family) is not None and not recovered:
        return PREVIOUS_LOG, previous
    return "", None


def _without_log(
    facts: NodeFacts, family: Family, env: ContainerEnv, stored: str | None, version: Version
) -> Choice:
    setting = env.setting(family)
    if not env.backend_is_none and _cannot_run(facts, setting, version):
        return Choice(True, Outcome.INVALID_METHOD, evidence=(ENV,), reason=setting.method)
    if stored is None:
        return Choice()
    return Choice(True, address=stored, evidence=(ANNOTATION,))


def _cannot_run(facts: NodeFacts, setting: Setting, version: Version) -> bool:
    """Whether the pod keeps ending because of a method that its Calico does not know.

    For those who may not read logs: the pod's own environment is proof enough.
    """
    pod = facts.pod
    if pod is None or pod.ready or not pod.container_state.restarts:
        return False
    if setting.mode is not Mode.AUTODETECT or setting.method is None:
        return False
    try:
        parse_method(setting.method, version)
    except InvalidMethod:
        return True
    return False


def _from_log(source: str, reading: LogReading, family: Family, stored: str | None) -> Choice:
    run = _unbroken_run(reading.decisions, family)
    newest = run[-1]
    address = None if newest.outcome in _NOTHING_CHOSEN else newest.address or stored
    named = (decision.interface for decision in reversed(run) if decision.interface)
    return Choice(
        decided=True,
        outcome=newest.outcome,
        address=address,
        interface=next(named, None) if address else None,
        evidence=(source,),
        since=rfc3339(run[0].first),
        reason=newest.reason,
        other_node=newest.other_node,
        method_word=newest.method,
    )


def _unbroken_run(decisions: Sequence[Decision], family: Family) -> list[Decision]:
    """The newest decision of ``family`` and those before it that came to the same, in order.

    The start-up and the re-detection after it are decisions of their own in a log; one choice
    that both make is unbroken.
    """
    mine = [decision for decision in decisions if decision.family is family]
    run = [mine.pop()]
    while mine and _came_to_the_same(mine[-1], run[0]):
        run.insert(0, mine.pop())
    return run


def _came_to_the_same(one: Decision, other: Decision) -> bool:
    if one.outcome is not other.outcome:
        return False
    if one.address is None or other.address is None:
        return one.address is other.address
    return same_address(one.address, other.address)


def _weighed(
    choice: Choice,
    reading: LogReading,
    family: Family,
    stored: str | None,
    facts: NodeFacts,
    env: ContainerEnv,
    version: Version,
) -> Choice:
    """Weigh the log against the annotation."""
    if stored is None or choice.address is None or choice.outcome in ENDED:
        return choice
    if same_address(stored, choice.address):
        address = choice.address if "/" in choice.address else stored
        return replace(choice, address=address, evidence=(*choice.evidence, ANNOTATION))
    if PREVIOUS_LOG in choice.evidence or _annotation_is_newer(
        reading, family, facts, env, version
    ):
        note = f"re-detected since {choice.address} was logged, without a line in the log"
        return Choice(True, address=stored, evidence=(ANNOTATION,), note=note)
    if _log_is_newer(reading, family, stored, facts):
        return choice
    return replace(choice, contradicted_by=stored)


def _annotation_is_newer(
    reading: LogReading, family: Family, facts: NodeFacts, env: ContainerEnv, version: Version
) -> bool:
    """Whether re-detection ran after the last decision in the log, without a line there.

    An operator's calico-node v3.21 to v3.31 re-detects into a file on the host, and the middle of
    a long log is not read: the log goes on for minutes, with no re-detection in it, though
    calico-node re-detects once a minute.
    """
    newest = reading.latest(family)
    if newest is None or newest.stage is not Stage.STARTUP or version < _MONITOR_SINCE:
        return False
    if env.setting(family).mode not in (Mode.AUTODETECT, Mode.UNKNOWN):
        return False
    if _redetects_into_a_file(env, version) and reading.started:
        # Its start stored the address long before the pod was Ready: what differs came later.
        return facts.pod is not None and facts.pod.ready
    if _POLL_INTERVAL in env.variables:
        return False
    decided, ended = _time(newest.last), _time(reading.last_time)
    return decided is not None and ended is not None and ended - decided > _TWO_POLLS


def _redetects_into_a_file(env: ContainerEnv, version: Version) -> bool:
    """Whether re-detection is known not to reach the container's log.

    Mirrors filesystem/etc/rc.local and monitor-addresses/log/run of calico-node.
    """
    told = env.text(_FILE_LOGGING_IS_OFF)
    return told is not None and told != "true" and version < _MONITOR_LOG_IS_COPIED


def _log_is_newer(reading: LogReading, family: Family, stored: str, facts: NodeFacts) -> bool:
    """Whether the line was logged after the annotation was read.

    That is so while a start is under way (it stores the address last), and for a single
    re-detection line that came after decisions that agree with the annotation.
    """
    mine = [decision for decision in reading.decisions if decision.family is family]
    newest = mine[-1]
    if newest.stage is Stage.STARTUP:
        return not reading.started and facts.pod is not None and not facts.pod.ready
    before = mine[-2].address if len(mine) > 1 else None
    return newest.count == 1 and before is not None and same_address(before, stored)


def _completed(choice: Choice, inventory: Inventory | None) -> Choice:
    """Look the NIC and the prefix length up in the inventory where the evidence lacks them."""
    if choice.address is None or inventory is None:
        return choice
    address = choice.address
    found = inventory.interface_with(bare(address))
    if found is None:
        return choice
    if "/" not in address:
        same = (item for item in found.addresses if same_address(item.address, address))
        address = next((item.cidr for item in same), address)
    if choice.interface is not None:
        return replace(choice, address=address)
    evidence = (*choice.evidence, INVENTORY)
    return replace(choice, address=address, interface=found.name, evidence=evidence)


def rfc3339(logged: str | None) -> str | None:
    """Turn a log's time (``2026-01-01 02:41:00.000``) into RFC 3339, whole seconds, UTC.

    calico-node logs its container's local time, which is UTC unless somebody set TZ.
    """
    time = _time(logged)
    return None if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(logged: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(logged or "")
    except ValueError:
        return None
