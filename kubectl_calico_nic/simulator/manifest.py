"""What ``kubectl apply -f calico.yaml`` brings: the DaemonSet and the ConfigMap of Calico.

Written in the form of upstream's manifest; volumes and mounts are left out where nothing here
depends on them.
"""

from __future__ import annotations

from kubectl_calico_nic.simulator.store import Object

NAMESPACE = "kube-system"
DAEMON_SET = "calico-node"
CONFIG_MAP = "calico-config"

_ENDPOINT = {"configMapRef": {"name": "kubernetes-services-endpoint", "optional": True}}
_PRIVILEGED = {"privileged": True}


def calico_config() -> Object:
    """The ConfigMap ``calico-config``."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CONFIG_MAP, "namespace": NAMESPACE},
        "data": {"typha_service_name": "none", "calico_backend": "bird", "veth_mtu": "0"},
    }


def calico_daemon_set(version: str) -> Object:
    """The DaemonSet ``calico-node`` for a Calico ``version`` (``v3.24.6``)."""
    labels = {"k8s-app": DAEMON_SET}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": DAEMON_SET, "namespace": NAMESPACE, "labels": dict(labels)},
        "spec": {
            "selector": {"matchLabels": dict(labels)},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "template": {
                "metadata": {"labels": dict(labels)},
                "spec": _pod_spec(version),
            },
        },
    }


def _pod_spec(version: str) -> Object:
    return {
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "hostNetwork": True,
        "tolerations": [
            {"effect": "NoSchedule", "operator": "Exists"},
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"effect": "NoExecute", "operator": "Exists"},
        ],
        "serviceAccountName": "calico-node",
        "terminationGracePeriodSeconds": 0,
        "priorityClassName": "system-node-critical",
        "initContainers": _init_containers(version),
        "containers": [_calico_node(version)],
        "volumes": [
            _host_path("lib-modules", "/lib/modules"),
            _host_path("var-run-calico", "/var/run/calico"),
            _host_path("var-lib-calico", "/var/lib/calico"),
            _host_path("xtables-lock", "/run/xtables.lock", "FileOrCreate"),
            _host_path("cni-bin-dir", "/opt/cni/bin"),
            _host_path("cni-net-dir", "/etc/cni/net.d"),
            _host_path("host-local-net-dir", "/var/lib/cni/networks"),
        ],
    }


def _init_containers(version: str) -> list[Object]:
    cni = f"docker.io/calico/cni:{version}"
    return [
        {
            "name": "upgrade-ipam",
            "image": cni,
            "command": ["/opt/cni/bin/calico-ipam", "-upgrade"],
            "envFrom": [dict(_ENDPOINT)],
            "env": [
                _field("KUBERNETES_NODE_NAME", "spec.nodeName"),
                _setting("CALICO_NETWORKING_BACKEND", "calico_backend"),
            ],
            "securityContext": dict(_PRIVILEGED),
            "volumeMounts": [
                _mount("host-local-net-dir", "/var/lib/cni/networks"),
                _mount("cni-bin-dir", "/host/opt/cni/bin"),
            ],
        },
        {
            "name": "install-cni",
            "image": cni,
            "command": ["/opt/cni/bin/install"],
            "envFrom": [dict(_ENDPOINT)],
            "env": [
                {"name": "CNI_CONF_NAME", "value": "10-calico.conflist"},
                _field("KUBERNETES_NODE_NAME", "spec.nodeName"),
                _setting("CNI_MTU", "veth_mtu"),
                {"name": "SLEEP", "value": "false"},
            ],
            "securityContext": dict(_PRIVILEGED),
            "volumeMounts": [
                _mount("cni-bin-dir", "/host/opt/cni/bin"),
                _mount("cni-net-dir", "/host/etc/cni/net.d"),
            ],
        },
        {
            "name": "mount-bpffs",
            "image": f"docker.io/calico/node:{version}",
            "command": ["calico-node", "-init", "-best-effort"],
            "securityContext": dict(_PRIVILEGED),
            "volumeMounts": [_mount("var-run-calico", "/var/run/calico")],
        },
    ]


def _calico_node(version: str) -> Object:
    probe = {"periodSeconds": 10, "timeoutSeconds": 10}
    return {
        "name": "calico-node",
        "image": f"docker.io/calico/node:{version}",
        "envFrom": [dict(_ENDPOINT)],
        "env": [
            {"name": "DATASTORE_TYPE", "value": "kubernetes"},
            {"name": "WAIT_FOR_DATASTORE", "value": "true"},
            _field("NODENAME", "spec.nodeName"),
            _setting("CALICO_NETWORKING_BACKEND", "calico_backend"),
            {"name": "CLUSTER_TYPE", "value": "k8s,bgp"},
            {"name": "IP", "value": "autodetect"},
            {"name": "CALICO_IPV4POOL_IPIP", "value": "Always"},
            {"name": "CALICO_IPV4POOL_VXLAN", "value": "Never"},
            {"name": "CALICO_IPV6POOL_VXLAN", "value": "Never"},
            _setting("FELIX_IPINIPMTU", "veth_mtu"),
            _setting("FELIX_VXLANMTU", "veth_mtu"),
            _setting("FELIX_WIREGUARDMTU", "veth_mtu"),
            {"name": "CALICO_DISABLE_FILE_LOGGING", "value": "true"},
            {"name": "FELIX_DEFAULTENDPOINTTOHOSTACTION", "value": "ACCEPT"},
            {"name": "FELIX_IPV6SUPPORT", "value": "false"},
            {"name": "FELIX_HEALTHENABLED", "value": "true"},
        ],
        "securityContext": dict(_PRIVILEGED),
        "resources": {"requests": {"cpu": "250m"}},
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/calico-node", "-shutdown"]}}},
        "livenessProbe": {
            **probe,
            "exec": {"command": ["/bin/calico-node", "-felix-live", "-bird-live"]},
            "initialDelaySeconds": 10,
            "failureThreshold": 6,
        },
        "readinessProbe": {
            **probe,
            "exec": {"command": ["/bin/calico-node", "-felix-ready", "-bird-ready"]},
        },
        "volumeMounts": [
            _mount("cni-net-dir", "/host/etc/cni/net.d"),
            {**_mount("lib-modules", "/lib/modules"), "readOnly": True},
            _mount("xtables-lock", "/run/xtables.lock"),
            _mount("var-run-calico", "/var/run/calico"),
            _mount("var-lib-calico", "/var/lib/calico"),
        ],
    }


def _field(name: str, path: str) -> Object:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def _setting(name: str, key: str) -> Object:
    return {"name": name, "valueFrom": {"configMapKeyRef": {"name": CONFIG_MAP, "key": key}}}


def _mount(name: str, path: str) -> Object:
    return {"mountPath": path, "name": name}


def _host_path(name: str, path: str, kind: str = "") -> Object:
    return {"name": name, "hostPath": {"path": path, **({"type": kind} if kind else {})}}
