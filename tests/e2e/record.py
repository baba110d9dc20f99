"""Makes the project's own recordings from its model: ``python -m tests.e2e.record``.

They hold what the tests of this directory let calico-node do; ``test_recordings.py`` compares them
with the recordings of the real calico-node where those are at hand.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator, Mapping

from .hosts import Host, incident_hosts
from .model import modelled_run
from .recordings import ADDRESS_ANNOTATIONS, OWN_DIRECTORY, Annotations, Run

VERSIONS = ("v3.24.6", "v3.34.0-0.dev")
_METHODS = (
    "first-found",
    "interface=bond4",
    "interface=bond3",
    "interface=bond9",
    "skip-interface=bond3",
    "can-reach=172.16.10.1",
    "cidr=172.16.10.0/24",
    "kubernetes-internal-ip",
    "bond4",
)
_ENVIRONMENTS: tuple[Mapping[str, str], ...] = (
    {"IP": "autodetect"},
    *({"IP": "autodetect", "IP_AUTODETECTION_METHOD": method} for method in _METHODS),
    {"IP_AUTODETECTION_METHOD": "interface=bond4"},
)


def main() -> int:
    """Write one file for each version."""
    for version in VERSIONS:
        path = OWN_DIRECTORY / f"{version}.json"
        path.write_text(_document(version))
        sys.stdout.write(f"{path}\n")
    return 0


def _document(version: str) -> str:
    """The recording as JSON, one run on each line."""
    hosts = incident_hosts()
    nodes = {name: _node(host) for name, host in hosts.items()}
    runs = ",\n".join(json.dumps(run.to_json()) for run in _runs(hosts, version))
    return (
        f'{{"calico": {json.dumps(version)},\n"nodes": {json.dumps(nodes, indent=1)},\n'
        f'"runs": [\n{runs}\n]}}\n'
    )


def _runs(hosts: Mapping[str, Host], version: str) -> Iterator[Run]:
    for host, env in itertools.product(hosts.values(), _ENVIRONMENTS):
        for stored in _possible_annotations(host):
            yield modelled_run(host, env, stored, {}, version)


def _possible_annotations(host: Host) -> Iterator[Annotations]:
    """Nothing stored, or the address of either bond."""
    number = host.name[-1]
    yield {}
    yield {ADDRESS_ANNOTATIONS[0]: f"172.16.10.2{number}/24"}
    yield {ADDRESS_ANNOTATIONS[0]: f"172.16.16.2{number}/23"}


def _node(host: Host) -> Mapping[str, object]:
    return {
        "ip_o_addr_show": host.network.addresses,
        "ip_o_link_show": host.network.links,
        "internal_ips": host.internal_ips,
        "ip_route_get": host.routes,
    }


if __name__ == "__main__":
    sys.exit(main())
