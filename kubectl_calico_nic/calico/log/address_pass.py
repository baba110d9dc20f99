"""What one pass of calico-node over its addresses decided, read from its messages.

A pass is one run of ``configureAndCheckIPAddressSubnets`` (node/pkg/lifecycle/startup/startup.go):
IPv4 first, then IPv6, then the search for conflicts, then what is stored. The start-up makes one,
the monitor one per interval.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from kubectl_calico_nic.calico.autodetection.network_address_bug import stored_internal_ip
from kubectl_calico_nic.calico.log.reading import Decision, Outcome, Stage
from kubectl_calico_nic.calico.messages import Event, Recognised
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family, family_of

_FOUND = {
    Event.FIRST_FOUND: "first-found",
    Event.INTERFACE: "interface",
    Event.SKIP_INTERFACE: "skip-interface",
    Event.CAN_REACH: "can-reach",
    Event.CIDR: "cidr",
}
_FAILED = {
    Event.FIRST_FOUND_FAILED: "first-found",
    Event.INTERFACE_FAILED: "interface",
    Event.SKIP_INTERFACE_FAILED: "skip-interface",
    Event.CAN_REACH_FAILED: "can-reach",
    Event.CIDR_FAILED: "cidr",
    Event.CIDR_INVALID: "cidr",
    Event.INTERNAL_IP_UNPARSABLE: "kubernetes-internal-ip",
    Event.INTERNAL_IP_OUTSIDE_KUBERNETES: "kubernetes-internal-ip",
}
_DECIDED = {
    Event.NOT_DETECTED: Outcome.FAILED,
    Event.KEPT: Outcome.KEPT,
    Event.DISABLED: Outcome.DISABLED,
    Event.FROM_ENVIRONMENT: Outcome.EXPLICIT,
    Event.ENVIRONMENT_INVALID: Outcome.INVALID_ADDRESS,
}
_INVALID = {
    Event.METHOD_INVALID: Outcome.INVALID_METHOD,
    Event.NONE_ENABLED: Outcome.INVALID_ADDRESS,
    Event.NONE_CONFIGURED: Outcome.FAILED,
}
_NOT_STORED = frozenset(
    {
        Event.NODE_UPDATE_FAILED,
        Event.MONITOR_RETRIED,
        Event.CONFLICT_UNCHECKED,
        Event.PEER_UNPARSABLE,
        Event.STORED_UNPARSABLE,
        Event.HOST_INTERFACES_UNREADABLE,
        Event.CLEAR_FAILED,
    }
)
"""Errors after which nothing that the pass found reaches the Node."""
_AS_NUMBERS = frozenset({Event.AS_FROM_ENVIRONMENT, Event.AS_GLOBAL, Event.AS_FROM_NODE})
_ENDED = frozenset(
    {Outcome.FAILED, Outcome.CONFLICT, Outcome.INVALID_METHOD, Outcome.INVALID_ADDRESS}
)
_NEED_STORING = frozenset({Outcome.DETECTED, Outcome.EXPLICIT})
_FAILED_AN_IPV = re.compile(r"autodetect an IPv([46]) address")
_CONFLICT_OF_IPV = re.compile(r"conflicting node detected: IPv([46]) address")
_NONE_CONFIGURED = "no IPv4 or IPv6 addresses configured or detected, required"


@dataclass(slots=True)
class _Evidence:
    """What the lines since the last decision say about the next one.

    ``failure`` is the message of what failed, ``method`` its grammar word.
    """

    failure: str | None = None
    method: str | None = None
    checked_interface: str | None = None
    reached_interface: str | None = None


class AddressPass:
    """Takes the messages of one pass, in order, and says what was decided.

    ``version`` is calico-node's, None where the log does not name it.
    """

    def __init__(self, stage: Stage, version: Version | None = None) -> None:
        self.stage = stage
        self._version = version
        self._evidence = _Evidence()
        self._looked_up: Decision | None = None
        self._decisions: dict[Family, Decision] = {}
        self._cleared: dict[Family, str] = {}
        self._stored = True
        self._as_configured = False

    def successor(self) -> AddressPass:
        """Return the next pass of the same process; evidence not used up yet is its own."""
        after = AddressPass(self.stage, self._version)
        after._evidence = self._evidence
        return after

    def is_followed_by(self, said: Recognised) -> bool:
        """Whether ``said`` decides what this pass has decided already: the next one has begun."""
        family = self._decided_by(said)
        decided = self._families()
        return family in decided or (family is Family.IPV4 and Family.IPV6 in decided)

    def is_check_alone(self, said: Recognised) -> bool:
        """Whether ``said`` checks an address that no message of this pass decided.

        So it is where ``IP`` is unset and an address stored, or where the log starts or the log
        level is such that the deciding message is missing.
        """
        is_check = said.event in (Event.CONFIRMED, Event.UNCONFIRMED)
        return is_check and self._checked_by(said) is None

    def take(self, said: Recognised, text: str, time: str) -> None:
        """Take one of ``ADDRESS_EVENTS``: what it says, its whole text, its time as logged."""
        if not self._is_looked_up(said):
            self._settle()
        _HANDLERS[said.event](self, said, text, time)

    def terminate(self) -> None:
        """Say that the start-up ended its process here.

        The Node is updated after the AS number was configured: without that line nothing of what
        was found was stored, unless clearing one family stored the other.
        """
        if not self._as_configured and not self._cleared:
            self._stored = False

    def decisions(self) -> tuple[Decision, ...]:
        """Return what was decided and stored so far, IPv4 first."""
        decided = dict(self._decisions)
        if self._looked_up is not None:
            decided[self._looked_up.family] = self._found_internal_ip(self._looked_up)
        ended = [each for each in decided.values() if each.outcome in _ENDED]
        for family, time in self._cleared.items():
            if family not in decided or decided[family].outcome not in _ENDED:
                reason = ended[0].reason if ended else None
                decided[family] = Decision(
                    family, Outcome.FAILED, self.stage, time, time, reason=reason
                )
        return tuple(
            decided[family]
            for family in sorted(decided)
            if self._stored or decided[family].outcome not in _NEED_STORING
        )

    def _families(self) -> frozenset[Family]:
        looked_up = () if self._looked_up is None else (self._looked_up.family,)
        return frozenset((*self._decisions, *looked_up))

    def _decided_by(self, said: Recognised) -> Family | None:
        """Return the family that ``said`` decides, None when it decides none by itself."""
        if self._is_looked_up(said):
            return None
        if said.event in _FOUND or said.event in _DECIDED:
            return _family(said)
        if said.event is Event.LOCAL_CIDR:
            return family_of(said.fields["address"])
        return _family(said) if self.is_check_alone(said) else None

    def _is_looked_up(self, said: Recognised) -> bool:
        """Whether ``said`` is the explicit address whose prefix length was looked up before."""
        if said.event is not Event.FROM_ENVIRONMENT or self._looked_up is None:
            return False
        return self._looked_up.address == said.fields["address"]

    def _checked_by(self, said: Recognised) -> Decision | None:
        """Return the decision whose address ``said`` (un)confirms, None when it stands alone."""
        decision = self._decisions.get(_family(said))
        if decision is None or decision.outcome is Outcome.DETECTED or decision.address is None:
            return None
        if decision.unconfirmed or decision.interface is not None:
            return None
        bare = decision.address.partition("/")[0]
        return decision if bare == said.fields["address"] else None

    def _settle(self) -> None:
        """Take a looked up address as decided: no explicit address came behind it."""
        if self._looked_up is not None:
            found = self._found_internal_ip(self._looked_up)
            self._decisions[found.family] = found
            self._looked_up = None

    def _found_internal_ip(self, looked_up: Decision) -> Decision:
        assert looked_up.address is not None  # set by _take_looked_up
        return replace(looked_up, address=stored_internal_ip(looked_up.address, self._version))

    def _decide(self, decision: Decision) -> None:
        self._decisions[decision.family] = decision
        self._evidence = _Evidence()
        if decision.outcome in _ENDED:
            self._stored = False

    def _take_found(self, said: Recognised, _text: str, time: str) -> None:
        interface = said.fields.get("interface", self._evidence.reached_interface)
        self._decide(
            Decision(
                _family(said),
                Outcome.DETECTED,
                self.stage,
                time,
                time,
                address=said.fields["address"],
                interface=interface,
                method=_FOUND[said.event],
            )
        )

    def _take_looked_up(self, said: Recognised, _text: str, time: str) -> None:
        address = said.fields["address"]
        family = family_of(address)
        if family is not None:
            self._evidence = _Evidence()
            self._looked_up = Decision(
                family,
                Outcome.DETECTED,
                self.stage,
                time,
                time,
                address=address,
                method="kubernetes-internal-ip",
            )

    def _take_reach_detail(self, said: Recognised, _text: str, _time: str) -> None:
        if said.event is Event.CAN_REACH_INTERFACE:
            self._evidence.checked_interface = said.fields["interface"]
        else:
            self._evidence.reached_interface = self._evidence.checked_interface

    def _take_missing(self, _said: Recognised, text: str, _time: str) -> None:
        self._evidence = _Evidence(failure=text)

    def _take_failure(self, said: Recognised, text: str, _time: str) -> None:
        method = _FAILED[said.event]
        # "Unable to find matching host interface" says more than the "invalid CIDR" behind it.
        cause = self._evidence.failure if said.event is Event.INTERNAL_IP_UNPARSABLE else None
        self._evidence = _Evidence(failure=cause or text, method=method)

    def _take_decided(self, said: Recognised, text: str, time: str) -> None:
        outcome = _DECIDED[said.event]
        family = _family(said)
        if outcome is Outcome.INVALID_ADDRESS:
            self._decide(Decision(family, outcome, self.stage, time, time, reason=text))
            return
        self._looked_up = None
        failed = outcome in (Outcome.FAILED, Outcome.KEPT)
        self._decide(
            Decision(
                family,
                outcome,
                self.stage,
                time,
                time,
                address=said.fields.get("address"),
                method=self._evidence.method if failed else None,
                reason=self._evidence.failure if failed else None,
            )
        )

    def _take_check(self, said: Recognised, _text: str, time: str) -> None:
        family = _family(said)
        decision = self._checked_by(said) or Decision(
            family, Outcome.DISABLED, self.stage, time, time, address=said.fields["address"]
        )
        self._decisions[family] = replace(
            decision,
            interface=said.fields.get("interface"),
            unconfirmed=said.event is Event.UNCONFIRMED,
        )

    def _take_invalid(self, said: Recognised, text: str, time: str) -> None:
        """Take a message about the whole configuration; its text names no family.

        An invalid method is IPv6's when IPv4 was decided before, IPv4's otherwise: it could be
        IPv6's still if IPv4 was passed over silently (``IP`` unset with an address stored).
        """
        method = said.event is Event.METHOD_INVALID
        family = Family.IPV6 if method and Family.IPV4 in self._decisions else Family.IPV4
        outcome = _INVALID[said.event]
        self._decide(Decision(family, outcome, self.stage, time, time, reason=text))

    def _take_conflict(self, said: Recognised, text: str, time: str) -> None:
        family = _family(said)
        known = self._decisions.get(family)
        if known is None:
            known = Decision(
                family, Outcome.CONFLICT, self.stage, time, time, address=said.fields["address"]
            )
        self._decisions[family] = replace(
            known,
            outcome=Outcome.CONFLICT,
            reason=known.reason if known.outcome is Outcome.CONFLICT else text,
            other_node=known.other_node or said.fields["node"],
        )
        self._stored = False

    def _take_cleared(self, said: Recognised, _text: str, time: str) -> None:
        self._cleared[_family(said)] = time
        self._stored = True

    def _take_error(self, said: Recognised, text: str, time: str) -> None:
        """Take the error that the whole pass ended with (v3.32.0 and later)."""
        error = said.fields["error"]
        failed = _FAILED_AN_IPV.search(error)
        conflict = _CONFLICT_OF_IPV.search(error)
        if failed is not None:
            self._end(Family(int(failed[1])), Outcome.FAILED, text, time)
        elif conflict is not None:
            self._end(Family(int(conflict[1])), Outcome.CONFLICT, text, time)
        elif _NONE_CONFIGURED in error:
            failure = Decision(Family.IPV4, Outcome.FAILED, self.stage, time, time, reason=error)
            self._decide(failure)
        else:
            self._take_not_stored(said, text, time)

    def _end(self, family: Family, outcome: Outcome, text: str, time: str) -> None:
        """Record what an error says, unless the warnings before it said it already."""
        known = self._decisions.get(family)
        if known is not None and known.outcome is outcome:
            return
        reason = self._evidence.failure or text
        method = self._evidence.method
        self._decide(
            Decision(family, outcome, self.stage, time, time, reason=reason, method=method)
        )

    def _take_not_stored(self, said: Recognised, _text: str, _time: str) -> None:
        self._stored = False
        if said.event is Event.CLEAR_FAILED:
            self._cleared.clear()

    def _take_stored(self, _said: Recognised, _text: str, _time: str) -> None:
        self._stored = True

    def _take_as_number(self, _said: Recognised, _text: str, _time: str) -> None:
        self._as_configured = True


def _family(said: Recognised) -> Family:
    return Family(int(said.fields["family"]))


_Handler = Callable[[AddressPass, Recognised, str, str], None]

_HANDLERS: Mapping[Event, _Handler] = {
    **dict.fromkeys(_FOUND, AddressPass._take_found),
    **dict.fromkeys(_FAILED, AddressPass._take_failure),
    **dict.fromkeys(_DECIDED, AddressPass._take_decided),
    **dict.fromkeys(_NOT_STORED, AddressPass._take_not_stored),
    **dict.fromkeys(_AS_NUMBERS, AddressPass._take_as_number),
    Event.LOCAL_CIDR: AddressPass._take_looked_up,
    Event.LOCAL_CIDR_MISSING: AddressPass._take_missing,
    Event.CAN_REACH_INTERFACE: AddressPass._take_reach_detail,
    Event.CAN_REACH_MATCH: AddressPass._take_reach_detail,
    Event.CONFIRMED: AddressPass._take_check,
    Event.UNCONFIRMED: AddressPass._take_check,
    **dict.fromkeys(_INVALID, AddressPass._take_invalid),
    Event.CONFLICT: AddressPass._take_conflict,
    Event.CLEARED: AddressPass._take_cleared,
    Event.CONFIGURE_FAILED: AddressPass._take_error,
    Event.SERVICES_FAILED: AddressPass._take_error,
    Event.MONITOR_UPDATED: AddressPass._take_stored,
}
ADDRESS_EVENTS = frozenset(_HANDLERS)
"""The messages that a pass is made of."""
