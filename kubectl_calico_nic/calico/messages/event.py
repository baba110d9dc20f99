"""The kinds of messages that calico-node logs, and what one message is made of."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Event(enum.Enum):
    """One kind of message; its wordings by version stand in ``wordings``.

    The value names it in tests. The comments name the fields that ``render`` takes and
    ``recognise`` returns; ``family`` is 4 or 6.
    """

    # Enum's own is a Python function, and each line of a log is looked up in several sets.
    __hash__ = object.__hash__

    # The frame of a start.
    LOG_LEVEL_SET = "log-level-set"  # level
    LOG_LEVEL_INVALID = "log-level-invalid"  # error
    NODENAME_UNSET = "nodename-unset"
    NODENAME_FROM_ENVIRONMENT = "nodename-from-environment"  # node (v3.18.0)
    NODENAME_FROM_FILE = "nodename-from-file"  # node (v3.18.0), path
    NODENAME_FROM_HOSTNAME = "nodename-from-hostname"  # node (v3.18.0)
    NODENAME_DETERMINED = "nodename-determined"  # node
    STARTING_NODE = "starting-node"  # node, version
    IN_CLUSTER_CONFIG = "in-cluster-config"
    DATASTORE_CHECKED = "datastore-checked"
    DATASTORE_RETRIED = "datastore-retried"  # error
    DATASTORE_UNAUTHORIZED = "datastore-unauthorized"  # error (v3.15.0)
    DATASTORE_VERIFIED = "datastore-verified"
    DATASTORE_READY = "datastore-ready"
    DATASTORE_SKIPPED = "datastore-skipped"
    DATASTORE_CONFIG_ERROR = "datastore-config-error"  # error
    DATASTORE_ACCESS_ERROR = "datastore-access-error"  # error
    KUBERNETES_NODE_UNREADABLE = "kubernetes-node-unreadable"  # error
    NODE_UNREADABLE = "node-unreadable"  # node, error
    NODE_QUERY_FATAL = "node-query-fatal"
    NODE_NEW = "node-new"  # node
    BGP_INITIALIZED = "bgp-initialized"
    AS_FROM_ENVIRONMENT = "as-from-environment"  # number
    AS_GLOBAL = "as-global"
    AS_FROM_NODE = "as-from-node"  # number
    POOLS_SKIPPED = "pools-skipped"
    NODE_UPDATE_FAILED = "node-update-failed"  # error
    NETWORK_UNAVAILABLE_SET = "network-unavailable-set"  # value: "true" or "false"
    NETWORK_UNAVAILABLE_FAILED = "network-unavailable-failed"  # error
    USING_NODE_NAME = "using-node-name"  # node
    TERMINATING = "terminating"

    # The result of a method.
    FIRST_FOUND = "first-found"  # family, interface, address
    FIRST_FOUND_FAILED = "first-found-failed"  # family, error
    INTERFACE = "interface"  # family, address, interface
    INTERFACE_FAILED = "interface-failed"  # family, items, error
    SKIP_INTERFACE = "skip-interface"  # family, interface, address
    SKIP_INTERFACE_FAILED = "skip-interface-failed"  # family, items, error
    CAN_REACH = "can-reach"  # family, address, destination
    CAN_REACH_FAILED = "can-reach-failed"  # family, destination, error
    CAN_REACH_SOURCE = "can-reach-source"  # destination, address (bare)
    CAN_REACH_INTERFACE = "can-reach-interface"  # interface
    CAN_REACH_CIDR = "can-reach-cidr"  # address
    CAN_REACH_MATCH = "can-reach-match"  # address
    CIDR = "cidr"  # family, address, interface, items
    CIDR_FAILED = "cidr-failed"  # family, items, error
    CIDR_INVALID = "cidr-invalid"  # item, method
    LOCAL_CIDR = "local-cidr"  # address
    LOCAL_CIDR_MISSING = "local-cidr-missing"  # address (bare)
    LOCAL_CIDR_FAILED = "local-cidr-failed"  # address, error
    INTERNAL_IP_UNPARSABLE = "internal-ip-unparsable"  # address, error
    INTERNAL_IP_OUTSIDE_KUBERNETES = "internal-ip-outside-kubernetes"
    METHOD_INVALID = "method-invalid"  # method
    REGEX_INVALID = "regex-invalid"  # error
    INTERFACES_UNREADABLE = "interfaces-unreadable"  # error
    INTERFACE_ADDRESSES_UNREADABLE = "interface-addresses-unreadable"  # error
    INTERFACE_ADDRESS_UNPARSABLE = "interface-address-unparsable"  # address, error

    # What became of it.
    NOT_DETECTED = "not-detected"  # family
    KEPT = "kept"  # family, address
    DISABLED = "disabled"  # family, address
    FROM_ENVIRONMENT = "from-environment"  # family, variable, address
    ENVIRONMENT_INVALID = "environment-invalid"  # family, variable, address
    STORED_UNPARSABLE = "stored-unparsable"  # address, error
    CONFIRMED = "confirmed"  # family, address (bare), interface
    UNCONFIRMED = "unconfirmed"  # family, address (bare)
    NO_HOST_INTERFACES = "no-host-interfaces"
    HOST_INTERFACES_UNREADABLE = "host-interfaces-unreadable"  # error
    CHANGED = "changed"  # family
    INTERFACES_CHANGED = "interfaces-changed"
    NODE_CHANGED = "node-changed"  # family, node, original, updated
    CONFLICT = "conflict"  # family, node, address (bare)
    CONFLICT_UNCHECKED = "conflict-unchecked"  # error
    PEER_UNPARSABLE = "peer-unparsable"  # family, address, node, error
    CLEARED = "cleared"  # family, address
    CLEAR_FAILED = "clear-failed"  # error
    NONE_ENABLED = "none-enabled"
    NONE_CONFIGURED = "none-configured"
    NONE_NEEDED = "none-needed"
    CONFIGURE_FAILED = "configure-failed"  # error

    # The monitor (and v3.32.0's node services, which it is one of).
    MONITOR_TICK = "monitor-tick"  # interval
    MONITOR_UPDATED = "monitor-updated"
    MONITOR_RETRIED = "monitor-retried"  # error
    MONITOR_INTERVAL_INVALID = "monitor-interval-invalid"  # interval, error
    MONITOR_SKIPPED = "monitor-skipped"
    SERVICE_STARTED = "service-started"  # service
    SERVICES_FAILED = "services-failed"  # error

    # The end of a start, and readiness.
    COMPLETE_WAITING = "complete-waiting"
    COMPLETE_NOT_READY = "complete-not-ready"  # reason
    COMPLETE_TIMED_OUT = "complete-timed-out"  # error
    COMPLETE_SKIPPED = "complete-skipped"
    COMPLETE = "complete"
    BGP_PEERS = "bgp-peers"  # count
    NODE_STARTED = "node-started"
    NODE_NOT_STARTED = "node-not-started"
    NODENAME_FILE_MISSING = "nodename-file-missing"
    BGP_DAEMON = "bgp-daemon"  # backend, action
    NOT_READY = "not-ready"  # reason


@dataclass(frozen=True, slots=True)
class Message:
    """One message as logged.

    ``level`` is as printed (``INFO``, ``WARNING``), empty for a line that a shell script prints
    without Calico's format. ``component`` is the prefix of the file name, None before v3.14.0.
    ``text`` includes logrus' fields (``key="value"``).
    """

    level: str
    component: str | None
    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a message text says: its kind, and the values in it by name."""

    event: Event
    fields: Mapping[str, str]
