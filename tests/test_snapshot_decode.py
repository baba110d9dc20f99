"""Pods as the snapshot has them."""

from __future__ import annotations

import copy
from typing import Any

from kubectl_calico_nic.snapshot.decode import decode_pod


def pod(name: str, value: str = "autodetect") -> dict[str, Any]:
    container = {"name": "calico-node", "env": [{"name": "IP", "value": value}]}
    return {
        "metadata": {"namespace": "kube-system", "name": name, "uid": name},
        "spec": {"nodeName": name, "containers": [container]},
    }


def test_pods_of_one_template_share_their_container() -> None:
    first = decode_pod(pod("a"))
    second = decode_pod(pod("b"), like=first)

    assert second.container is first.container
    assert second == decode_pod(pod("b"))


def test_pods_of_different_templates_keep_their_own() -> None:
    first = decode_pod(pod("a"))
    second = decode_pod(pod("b", value="none"), like=first)

    assert second == decode_pod(pod("b", value="none"))
    assert first == decode_pod(copy.deepcopy(pod("a")))
