"""Writing messages: what a version of calico-node logs for an event."""

from __future__ import annotations

from kubectl_calico_nic.calico.log.reading import Stage
from kubectl_calico_nic.calico.messages.about_addresses import ADDRESS_WORDINGS
from kubectl_calico_nic.calico.messages.about_the_process import FRAME_WORDINGS
from kubectl_calico_nic.calico.messages.event import Event, Message
from kubectl_calico_nic.calico.messages.line_numbers import line_number
from kubectl_calico_nic.calico.messages.message_definition import FIELD, Source, Wording
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.go.quoting import quote

_WORDINGS = {
    event: tuple(each for each in (*ADDRESS_WORDINGS, *FRAME_WORDINGS) if each.event is event)
    for event in Event
}

_COMPONENTS_SINCE = Version(3, 14, 0)
_UTILS_SINCE = Version(3, 20, 0)
_METHODS_FILE_SINCE = Version(3, 22, 0)
_MONITOR_SINCE = Version(3, 15, 2)
_NODE_SINCE = Version(3, 29, 0)
_COMPLETE_SINCE = Version(3, 31, 0)
_SERVICES_SINCE = Version(3, 32, 0)


def render(
    event: Event, version: Version, /, *, stage: Stage = Stage.STARTUP, **fields: object
) -> Message | None:
    """Return the message that ``version`` logs for ``event``, None where it logs none.

    ``fields`` are those that ``Event`` names; a tuple is printed as Go prints a slice, its items
    with a blank between. ``stage`` says which process logs it, where both do. Raises KeyError
    when a field is missing.
    """
    wording = _wording(event, version)
    if wording is None or (stage is Stage.MONITOR and version < _MONITOR_SINCE):
        return None
    return Message(
        level=wording.level,
        component=_component(wording.source, version, stage),
        file=_file(wording.source, version),
        line=line_number(event, version, _printed(fields.get("family", ""))),
        text=FIELD.sub(
            lambda field: _printed(fields[field[1]], quoted=field[2] is not None),
            wording.template,
        ),
    )


def _wording(event: Event, version: Version) -> Wording | None:
    return next((each for each in _WORDINGS[event] if each.covers(version)), None)


def _printed(value: object, *, quoted: bool = False) -> str:
    if isinstance(value, tuple | list):
        value = " ".join(map(str, value))
    text = format(value)  # not str: that of an IntEnum is its name in Python 3.10
    return quote(text) if quoted else text


def _component(source: Source, version: Version, stage: Stage) -> str | None:
    """Return the prefix of the file name; which processes exist changed over the versions."""
    if source is Source.SHELL or version < _COMPONENTS_SINCE:
        return None
    if source is Source.HEALTH:
        return "node" if version >= _NODE_SINCE else "confd"
    in_services = version >= _SERVICES_SINCE
    if source in (Source.COMPLETE, Source.CONDITION):
        if version < _COMPLETE_SINCE:
            return "startup"
        return "node-services" if in_services else "complete-startup"
    if source in (Source.MONITOR, Source.SERVICES) or stage is Stage.MONITOR:
        return "node-services" if in_services else "monitor-addresses"
    return "startup"


def _file(source: Source, version: Version) -> str:
    """Return the file name; code moved out of startup.go over the versions."""
    if source is Source.SHELL:
        return ""
    if source in (Source.NODENAME, Source.CONDITION) and version < _UTILS_SINCE:
        return "startup.go"
    if source is Source.METHODS and version < _METHODS_FILE_SINCE:
        return "startup.go"
    name: str = source.value
    return name.partition(",")[0]
