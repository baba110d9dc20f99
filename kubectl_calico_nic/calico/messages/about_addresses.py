"""How Calico words what its methods found and what became of the address.

Mirrors startup.go (autodetection_methods.go from v3.22.0), reachaddr.go and interfaces.go of
calico-node, and libcalico-go/lib/logutils for the form of logrus' fields.
"""

from __future__ import annotations

from kubectl_calico_nic.calico.messages.event import Event
from kubectl_calico_nic.calico.messages.message_definition import Source, wordings

_METHODS = (
    *wordings(
        "INFO",
        Source.METHODS,
        (
            Event.FIRST_FOUND,
            "Using autodetected IPv{family} address on interface {interface}: {address}",
        ),
        (
            Event.INTERFACE,
            "Using autodetected IPv{family} address {address} on matching interface {interface}",
        ),
        (
            Event.SKIP_INTERFACE,
            "Using autodetected IPv{family} address on interface {interface}: {address}"
            " while skipping matching interfaces",
        ),
        (
            Event.CAN_REACH,
            "Using autodetected IPv{family} address {address}, detected by connecting to"
            " {destination}",
        ),
        (
            Event.CIDR,
            "Using autodetected IPv{family} address {address} on interface {interface}"
            " matching cidrs [{items}]",
            "v3.16.0",
        ),
        (
            Event.LOCAL_CIDR,
            "Including CIDR information from host interface. CIDR={address:q}",
            "v3.18.0",
        ),
    ),
    *wordings(
        "WARNING",
        Source.METHODS,
        (Event.FIRST_FOUND_FAILED, "Unable to auto-detect an IPv{family} address: {error}"),
        (
            Event.INTERFACE_FAILED,
            "Unable to auto-detect an IPv{family} address using interface regexes [{items}]:"
            " {error}",
        ),
        (
            Event.SKIP_INTERFACE_FAILED,
            "Unable to auto-detect an IPv{family} address while excluding [{items}]: {error}",
        ),
        (
            Event.CAN_REACH_FAILED,
            "Unable to auto-detect IPv{family} address by connecting to {destination}: {error}",
        ),
        (
            Event.CIDR_FAILED,
            "Unable to auto-detect an IPv{family} address using interface cidr [{items}]: {error}",
            "v3.16.0",
        ),
        (
            Event.LOCAL_CIDR_MISSING,
            "Unable to find matching host interface for IP {address}",
            "v3.18.0",
        ),
    ),
    *wordings(
        "ERROR",
        Source.METHODS,
        (
            Event.CIDR_INVALID,
            "Invalid CIDR {item:q} for IP autodetection method: {method}",
            "v3.16.0",
        ),
        (Event.INTERNAL_IP_UNPARSABLE, "Unable to parse CIDR {address} : {error}", "v3.22.0"),
        (
            Event.INTERNAL_IP_OUTSIDE_KUBERNETES,
            "Cannot use method 'kubernetes-internal-ip' when not running on a Kubernetes cluster",
            "v3.22.0",
        ),
        (Event.METHOD_INVALID, "Invalid IP autodection method: {method}", "v3.0.0", "v3.8.9"),
        (Event.METHOD_INVALID, "Invalid IP autodetection method: {method}", "v3.9.0"),
    ),
    *wordings(
        "INFO",
        Source.REACH,
        (
            Event.CAN_REACH_SOURCE,
            "Auto-detected address by connecting to remote Destination={destination:q}"
            " IP={address}",
        ),
        (
            Event.CAN_REACH_INTERFACE,
            "Checking interface CIDRs Name={interface:q}",
            "v3.0.0",
            "v3.20.6",
        ),
        (Event.CAN_REACH_CIDR, "Checking CIDR CIDR={address:q}", "v3.0.0", "v3.20.6"),
        (
            Event.CAN_REACH_MATCH,
            "Found matching interface CIDR CIDR={address:q}",
            "v3.0.0",
            "v3.20.6",
        ),
    ),
    *wordings(
        "DEBUG",
        Source.REACH,
        (Event.CAN_REACH_INTERFACE, "Checking interface CIDRs Name={interface:q}", "v3.21.0"),
        (Event.CAN_REACH_CIDR, "Checking CIDR CIDR={address:q}", "v3.21.0"),
        (Event.CAN_REACH_MATCH, "Found matching interface CIDR CIDR={address:q}", "v3.21.0"),
    ),
    *wordings(
        "WARNING",
        Source.INTERFACES,
        (Event.REGEX_INVALID, "Invalid interface regex error={error}"),
        (Event.INTERFACES_UNREADABLE, "Failed to enumerate interfaces error={error}"),
        (Event.INTERFACE_ADDRESSES_UNREADABLE, "Cannot get interface address(es): {error}"),
        (
            Event.INTERFACE_ADDRESS_UNPARSABLE,
            "Failed to parse CIDR Address={address:q} error={error}",
        ),
    ),
)

_OUTCOMES = (
    *wordings(
        "INFO",
        Source.STARTUP,
        (
            Event.DISABLED,
            "Autodetection for IPv{family} disabled, keeping existing value: {address}",
            "v3.16.0",
        ),
        (
            Event.FROM_ENVIRONMENT,
            "Using IPv{family} address from environment: {variable}={address}",
        ),
        (
            Event.CONFIRMED,
            "IPv{family} address {address} discovered on interface {interface}",
            "v3.0.0",
            "v3.16.10",
        ),
        (Event.NO_HOST_INTERFACES, "No interfaces found for validating IP configuration"),
        (Event.CHANGED, "Node IPv{family} changed, will check for conflicts"),
        (Event.INTERFACES_CHANGED, "Node interfaces changed", "v3.31.0"),
        (
            Event.CLEARED,
            "Clearing out-of-date IPv{family} address from this node IP={address:q}",
            "v3.0.2",
        ),
        (
            Event.NONE_NEEDED,
            "No IPv4 or IPv6 addresses configured or detected. Some features may not work"
            " properly.",
            "v3.24.0",
        ),
    ),
    *wordings(
        "DEBUG",
        Source.STARTUP,
        (
            Event.CONFIRMED,
            "IPv{family} address {address} discovered on interface {interface}",
            "v3.17.0",
        ),
    ),
    *wordings(
        "WARNING",
        Source.STARTUP,
        (
            Event.NOT_DETECTED,
            "Couldn't autodetect an IPv{family} address. If auto-detecting, choose a different"
            " autodetection method. Otherwise provide an explicit address.",
        ),
        (
            Event.KEPT,
            "Autodetection of IPv{family} address failed, keeping existing value: {address}",
        ),
        (
            # Logged with Warn, not Warnf: the verbs stay and the values are glued behind them.
            Event.ENVIRONMENT_INVALID,
            "Environment does not contain a valid IPv%d address: %s=%s{family}{variable}{address}",
            "v3.0.0",
            "v3.4.4",
        ),
        (
            Event.ENVIRONMENT_INVALID,
            "Environment does not contain a valid IPv{family} address: {variable}={address}",
            "v3.5.0",
        ),
        (
            Event.LOCAL_CIDR_FAILED,
            "Attempt to get the local CIDR: {address} failed, {error}",
            "v3.18.0",
        ),
        (
            Event.UNCONFIRMED,
            "Unable to confirm IPv{family} address {address} is assigned to this host",
        ),
        (
            Event.NODE_CHANGED,
            "IPv{family} address has changed. This could happen if there are multiple nodes with"
            " the same name. node={node:q} original={original:q} updated={updated:q}",
        ),
        (
            Event.CONFLICT,
            "Calico node '{node}' is already using the IPv{family} address {address}.",
        ),
        (Event.CLEAR_FAILED, "Failed to clear node addresses error={error}", "v3.0.2"),
        (
            Event.NONE_ENABLED,
            "No IP Addresses configured, and autodetection is not enabled",
            "v3.2.0",
            "v3.16.2",
        ),
        (
            Event.NONE_NEEDED,
            "No IPv4 or IPv6 addresses configured or detected. Some features may not work"
            " properly.",
            "v3.16.3",
            "v3.23.5",
        ),
    ),
    *wordings(
        "ERROR",
        Source.STARTUP,
        (Event.STORED_UNPARSABLE, "Failed to parse autodetected CIDR '{address}' error={error}"),
        (Event.HOST_INTERFACES_UNREADABLE, "Unable to query host interfaces error={error}"),
        (
            Event.CONFLICT_UNCHECKED,
            "Unable to query node confguration error={error}",
            "v3.0.0",
            "v3.8.9",
        ),
        (Event.CONFLICT_UNCHECKED, "Unable to query node configuration error={error}", "v3.9.0"),
        (
            Event.PEER_UNPARSABLE,
            "Error parsing IPv{family} CIDR '{address}' for node '{node}' error={error}",
        ),
        (
            Event.NONE_CONFIGURED,
            "No IPv4 or IPv6 addresses configured or detected, required for Calico networking",
            "v3.16.3",
            "v3.31.7",
        ),
        (Event.CONFIGURE_FAILED, "Failed to configure IP addresses error={error}", "v3.32.0"),
    ),
)

ADDRESS_WORDINGS = (*_METHODS, *_OUTCOMES)
"""Every wording about an address."""
