"""A container's effective environment, computed as the kubelet does.

Mirrors makeEnvironmentVariables of pkg/kubelet/kubelet_pods.go and
third_party/forked/golang/expansion/expand.go (Kubernetes v1.37).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_REFERENCE = re.compile(r"\$(?:\$|\(([^)]*)\))")
# A dollar before a character beyond ASCII too: kubelets before v1.37 cut that in two.
_ESCAPED = re.compile(r"\$(?=\(([^)]*)\)|[$(]|[^\x00-\x7f])")
# The names that the kubelet adds for Services: pkg/kubelet/envvars/envvars.go.
_SERVICE_VARIABLE = re.compile(r"[A-Z0-9_]+_(?:SERVICE_HOST|SERVICE_PORT\w*|PORT(?:_\d+_\w+)?)")


@dataclass(frozen=True, slots=True)
class EnvValue:
    """What one variable holds in the container.

    ``value`` is None when it is not ``known`` (a Secret, a ConfigMap that was not read, a field of
    the pod that nobody passed). ``source`` says where it comes from: ``value``,
    ``fieldRef status.hostIP``, ``configMapKeyRef calico-config/calico_backend``,
    ``envFrom configMapRef NAME``.
    """

    value: str | None
    known: bool
    source: str


def effective_env(
    container: Mapping[str, Any],
    config_maps: Mapping[str, Mapping[str, str]],
    namespace: str,
    fields: Mapping[str, str],
) -> dict[str, EnvValue]:
    """Compute what the process of ``container`` finds in its environment.

    Args:
        container: one container of a pod spec, raw JSON; broken parts count as absent.
        config_maps: ``NAMESPACE/NAME`` -> ``data`` of those that were read. One that is absent
            here was not read; one that is known not to exist is given as ``{}``.
        namespace: the pod's namespace.
        fields: the pod's fields by ``fieldPath`` (see ``pod_fields``).

    Returns:
        The variables that are set, by name. The variables that the kubelet adds for Services are
        left out.
    """
    resolver = _Resolver(
        config_maps, namespace, fields, bool(unread_sources(container, config_maps, namespace))
    )
    env: dict[str, EnvValue] = {}
    for source in _mappings(container.get("envFrom")):
        env.update(resolver.whole_source(source))
    for entry in _mappings(container.get("env")):
        name, found = entry.get("name"), resolver.entry(entry, env)
        if isinstance(name, str) and found is not None:
            env[name] = found
    return env


def plain(env: Mapping[str, EnvValue]) -> dict[str, str]:
    """The variables whose values are known, by name."""
    return {name: found.value for name, found in env.items() if found.value is not None}


def config_map_references(container: Mapping[str, Any]) -> frozenset[str]:
    """The names of the ConfigMaps that the env of ``container`` refers to."""
    whole = (_mapping(source.get("configMapRef")) for source in _mappings(container.get("envFrom")))
    keys = (
        _mapping(_mapping(entry.get("valueFrom")).get("configMapKeyRef"))
        for entry in _mappings(container.get("env"))
    )
    return frozenset(str(found["name"]) for found in (*whole, *keys) if found.get("name"))


def variables_from(container: Mapping[str, Any], config_map: str) -> tuple[str, ...]:
    """What the env of ``container`` takes from the ConfigMap of this name, in order.

    The names of variables; ``envFrom`` where it takes all keys.
    """
    whole = (_mapping(source.get("configMapRef")) for source in _mappings(container.get("envFrom")))
    found = ["envFrom" for reference in whole if reference.get("name") == config_map]
    for entry in _mappings(container.get("env")):
        reference = _mapping(_mapping(entry.get("valueFrom")).get("configMapKeyRef"))
        if reference.get("name") == config_map and not entry.get("value"):
            found.append(str(entry.get("name", "")))
    return tuple(found)


def values_written(container: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """What the env list of ``container`` says of the variable ``name``, each time that it does.

    The texts as they stand there, and ``fieldRef status.hostIP`` and the like where there is none.
    The last of several counts.
    """
    entries = (entry for entry in _mappings(container.get("env")) if entry.get("name") == name)
    return tuple(
        source_of(entry)
        if "valueFrom" in entry and not entry.get("value")
        else str(entry.get("value") or "")
        for entry in entries
    )


def unread_sources(
    container: Mapping[str, Any], config_maps: Mapping[str, Mapping[str, str]], namespace: str
) -> tuple[str, ...]:
    """The ``envFrom`` sources that were not read and may set any variable, as ``EnvValue.source``.

    One marked ``optional`` that was not read counts as missing: upstream's manifests carry such a
    ConfigMap (kubernetes-services-endpoint) that hardly any cluster has.
    """
    found = []
    for source in _mappings(container.get("envFrom")):
        kind = "configMapRef" if "configMapRef" in source else "secretRef"
        reference = _mapping(source.get(kind))
        read = kind == "configMapRef" and f"{namespace}/{reference.get('name')}" in config_maps
        if reference and not read and reference.get("optional") is not True:
            found.append(f"envFrom {kind} {reference.get('name')}")
    return tuple(found)


def pod_fields(
    *, node: str, namespace: str, host_ips: Iterable[str] = (), service_account: str | None = None
) -> dict[str, str]:
    """The fields of a host-networked pod that are known before it exists, by ``fieldPath``.

    ``host_ips`` are the Node's InternalIPs: the kubelet takes the first for ``status.hostIP``, and
    a pod on the host's network has it as its own (podFieldSelectorRuntimeValue).
    """
    fields = {"spec.nodeName": node, "metadata.namespace": namespace}
    if service_account:
        fields["spec.serviceAccountName"] = service_account
    if addresses := tuple(host_ips):
        fields |= {"status.hostIP": addresses[0], "status.podIP": addresses[0]}
    return fields


def references(text: str) -> tuple[str, ...]:
    """The names that ``text`` refers to as ``$(NAME)``, in order."""
    return tuple(match[1] for match in _REFERENCE.finditer(text) if match[1] is not None)


def expand(text: str, lookup: Callable[[str], str]) -> str:
    """Expand ``$(NAME)`` by ``lookup`` and ``$$`` to ``$``; anything else stays as it is.

    Mirrors Expand of third_party/forked/golang/expansion/expand.go.
    """
    return _REFERENCE.sub(lambda match: "$" if match[1] is None else lookup(match[1]), text)


def escape(text: str, keep: Iterable[str] = ()) -> str:
    """Write ``text`` so that ``expand`` gives it back; ``$(NAME)`` of the names to ``keep`` stays.

    Only what the kubelet would read otherwise is escaped: ``^bond4$`` stays as it is.
    """
    kept = frozenset(keep)
    return _ESCAPED.sub(lambda match: "$" if match[1] in kept else "$$", text)


@dataclass(frozen=True, slots=True)
class _Resolver:
    config_maps: Mapping[str, Mapping[str, str]]
    namespace: str
    fields: Mapping[str, str]
    is_open: bool
    """Whether a source that was not read may have set names that are not seen here."""

    def whole_source(self, source: Mapping[str, Any]) -> dict[str, EnvValue]:
        """The variables of one ``envFrom`` entry."""
        name = _mapping(source.get("configMapRef")).get("name")
        data = self.config_maps.get(f"{self.namespace}/{name}") or {}
        prefix = source.get("prefix") or ""
        origin = f"envFrom configMapRef {name}"
        return {f"{prefix}{key}": EnvValue(text, True, origin) for key, text in data.items()}

    def entry(self, entry: Mapping[str, Any], env: Mapping[str, EnvValue]) -> EnvValue | None:
        """The value of one ``env`` entry; None leaves what was set before it."""
        text = entry.get("value")
        if text is not None and not isinstance(text, str):
            return EnvValue(None, False, "value")
        if text:  # a value wins over valueFrom, an empty one does not
            return self._expanded(text, env)
        value_from = _mapping(entry.get("valueFrom"))
        if not value_from:
            return EnvValue("", True, "value")
        if "fieldRef" in value_from:
            return self._field(_mapping(value_from["fieldRef"]))
        if "configMapKeyRef" in value_from:
            return self._config_map_key(_mapping(value_from["configMapKeyRef"]))
        return EnvValue(None, False, source_of(entry))

    def _expanded(self, text: str, env: Mapping[str, EnvValue]) -> EnvValue:
        if "$" not in text:
            return EnvValue(text, True, "value")

        def lookup(name: str) -> str:
            found = env.get(name)
            return f"$({name})" if found is None or found.value is None else found.value

        if any(self._is_uncertain(name, env) for name in references(text)):
            return EnvValue(None, False, "value")
        return EnvValue(expand(text, lookup), True, "value")

    def _is_uncertain(self, name: str, env: Mapping[str, EnvValue]) -> bool:
        if name in env:
            return not env[name].known
        return self.is_open or _SERVICE_VARIABLE.fullmatch(name) is not None

    def _field(self, reference: Mapping[str, Any]) -> EnvValue:
        path = str(reference.get("fieldPath", ""))
        found = self.fields.get(path)
        return EnvValue(found, found is not None, f"fieldRef {path}")

    def _config_map_key(self, reference: Mapping[str, Any]) -> EnvValue | None:
        name, key = reference.get("name"), reference.get("key")
        data = self.config_maps.get(f"{self.namespace}/{name}")
        if data is not None and key not in data and reference.get("optional") is True:
            return None
        found = None if data is None else data.get(str(key))
        return EnvValue(found, found is not None, f"configMapKeyRef {name}/{key}")


def source_of(entry: Mapping[str, Any]) -> str:
    """Say where the ``env`` entry takes its value from, in the words of ``EnvValue.source``."""
    value_from = _mapping(entry.get("valueFrom"))
    if entry.get("value") or not value_from:
        return "value"
    kind = next(iter(value_from))
    reference = _mapping(value_from[kind])
    if kind in ("configMapKeyRef", "secretKeyRef"):
        return f"{kind} {reference.get('name')}/{reference.get('key')}"
    named = (reference.get(word) for word in ("fieldPath", "resource", "path"))
    return f"{kind} {next((str(found) for found in named if found), '')}".rstrip()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, (dict, Mapping)) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return (
        [item for item in value if isinstance(item, (dict, Mapping))]
        if isinstance(value, (list, tuple))
        else []
    )
