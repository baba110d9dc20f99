"""One kubeconfig file: its text as typed entries, with client-go's words for what does not fit.

Mirrors the decoding of k8s.io/client-go (tools/clientcmd/api/v1) and the path rules of its
tools/clientcmd/loader.go (ResolveLocalPaths).
"""

from __future__ import annotations

import base64
import binascii
import os.path
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from kubectl_calico_nic.cluster.kubeconfig.entries import (
    ClusterEntry,
    ContextEntry,
    ExecConfig,
    Kubeconfig,
    UserEntry,
)
from kubectl_calico_nic.cluster.kubeconfig.yaml_document import load_document

T = TypeVar("T")

_EXEC_EXTENSION = "client.authentication.k8s.io/exec"
_INTERACTIVE_BY_DEFAULT = (
    "client.authentication.k8s.io/v1beta1",
    "client.authentication.k8s.io/v1alpha1",
)
_NO_KIND = (
    "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go value of type "
    'struct {{ APIVersion string "json:\\"apiVersion,omitempty\\""; '
    'Kind string "json:\\"kind,omitempty\\"" }}'
)


class KubeconfigDecodeError(ValueError):
    """The file is not a kubeconfig; the message is client-go's and holds no secret."""


def read_kubeconfig(path: str) -> Kubeconfig:
    """Reads one file; relative paths in it become absolute, against the file's directory.

    Raises:
        OSError: the file cannot be read.
        ValueError: what it holds is no kubeconfig, in client-go's words.
    """
    with open(path, "rb") as file:
        data = file.read()
    return _with_absolute_paths(decode_kubeconfig(data), os.path.dirname(os.path.abspath(path)))


def decode_kubeconfig(data: bytes) -> Kubeconfig:
    """Decodes the text of a kubeconfig, its paths as they are written.

    Raises:
        ValueError: it is no kubeconfig, in client-go's words.
    """
    document = load_document(data) if data else None
    if document is None:
        return Kubeconfig()
    if not isinstance(document, dict):
        raise KubeconfigDecodeError(_NO_KIND.format(_json_type(document)))
    config = _Fields(document, "Config", "")
    version, kind = config.text("apiVersion") or "v1", config.text("kind") or "Config"
    if (version, kind) != ("v1", "Config"):
        raise KubeconfigDecodeError(f'no kind "{kind}" is registered for version "{version}"')
    return Kubeconfig(
        clusters=dict(_named(config, "clusters", "NamedCluster", "cluster", _cluster)),
        users=dict(_named(config, "users", "NamedAuthInfo", "user", _user)),
        contexts=dict(_named(config, "contexts", "NamedContext", "context", _context)),
        current_context=config.text("current-context"),
    )


class _Fields:
    """One object of the document, with its Go struct and its path, which Go's errors name."""

    def __init__(self, values: Mapping[str, Any], struct: str, path: str) -> None:
        self.values = values
        self.struct = struct
        self.path = path

    def text(self, key: str) -> str:
        return self._typed(key, str, "string") or ""

    def flag(self, key: str) -> bool:
        return bool(self._typed(key, bool, "bool"))

    def data(self, key: str) -> bytes:
        text = self._typed(key, str, "[]uint8") or ""
        return _decode_base64(text.replace("\n", "").replace("\r", ""))

    def texts(self, key: str) -> tuple[str, ...]:
        items = self._typed(key, list, "[]string") or []
        for item in items:
            if item is not None and not isinstance(item, str):
                raise self.mismatch(item, key, "string")
        return tuple(item or "" for item in items)

    def objects(self, key: str, struct: str) -> Iterator[_Fields]:
        for item in self._typed(key, list, f"[]v1.{struct}") or []:
            if item is not None and not isinstance(item, dict):
                raise self.mismatch(item, key, f"v1.{struct}")
            yield _Fields(item or {}, struct, self._at(key))

    def object(self, key: str, struct: str) -> _Fields | None:
        value = self._typed(key, dict, struct)
        return None if value is None else _Fields(value, struct.removeprefix("v1."), self._at(key))

    def mismatch(self, value: Any, key: str, go_type: str) -> KubeconfigDecodeError:
        return KubeconfigDecodeError(
            f"json: cannot unmarshal {_json_type(value)} into Go struct field "
            f"{self.struct}.{self._at(key)} of type {go_type}"
        )

    def _typed(self, key: str, kind: type[T], go_type: str) -> T | None:
        value = self.values.get(key)
        if value is None or isinstance(value, kind):
            return value
        raise self.mismatch(value, key, go_type)

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def _named(
    config: _Fields, key: str, struct: str, inner: str, decode: Callable[[_Fields], T]
) -> Iterator[tuple[str, T]]:
    """The entries of one of the three lists; a name may stand in it only once."""
    seen = set()
    for entry in config.objects(key, struct):
        name = entry.text("name")
        go_type = "v1." + struct.removeprefix("Named")
        fields = entry.object(inner, go_type) or _Fields({}, go_type, "")
        if name in seen:
            # client-go prints the whole list here, with the tokens in it; we do not.
            api_type = struct.removeprefix("Named")
            raise KubeconfigDecodeError(
                f"error converting *[]{struct} into *map[string]*api.{api_type}: "
                f'duplicate name "{name}" in list'
            )
        seen.add(name)
        yield name, decode(fields)


def _cluster(fields: _Fields) -> ClusterEntry:
    extensions = {
        extension.text("name"): extension.values.get("extension")
        for extension in fields.objects("extensions", "NamedExtension")
    }
    return ClusterEntry(
        server=fields.text("server"),
        tls_server_name=fields.text("tls-server-name"),
        insecure_skip_tls_verify=fields.flag("insecure-skip-tls-verify"),
        certificate_authority=fields.text("certificate-authority"),
        certificate_authority_data=fields.data("certificate-authority-data"),
        proxy_url=fields.text("proxy-url"),
        disable_compression=fields.flag("disable-compression"),
        exec_config=extensions.get(_EXEC_EXTENSION),
    )


def _user(fields: _Fields) -> UserEntry:
    provider = fields.object("auth-provider", "v1.AuthProviderConfig")
    plugin = fields.object("exec", "v1.ExecConfig")
    extra = fields.object("as-user-extra", "map[string][]string")
    return UserEntry(
        client_certificate=fields.text("client-certificate"),
        client_certificate_data=fields.data("client-certificate-data"),
        client_key=fields.text("client-key"),
        client_key_data=fields.data("client-key-data"),
        token=fields.text("token"),
        token_file=fields.text("tokenFile"),
        impersonate=fields.text("as"),
        impersonate_uid=fields.text("as-uid"),
        impersonate_groups=fields.texts("as-groups"),
        impersonate_user_extra={key: extra.texts(key) for key in extra.values} if extra else {},
        username=fields.text("username"),
        password=fields.text("password"),
        auth_provider=None if provider is None else provider.text("name"),
        exec=None if plugin is None else _exec(plugin),
    )


def _exec(fields: _Fields) -> ExecConfig:
    api_version = fields.text("apiVersion")
    default = "IfAvailable" if api_version in _INTERACTIVE_BY_DEFAULT else ""
    return ExecConfig(
        command=fields.text("command"),
        args=fields.texts("args"),
        env=tuple(
            (variable.text("name"), variable.text("value"))
            for variable in fields.objects("env", "ExecEnvVar")
        ),
        api_version=api_version,
        install_hint=fields.text("installHint"),
        provide_cluster_info=fields.flag("provideClusterInfo"),
        interactive_mode=fields.text("interactiveMode") or default,
    )


def _context(fields: _Fields) -> ContextEntry:
    return ContextEntry(
        cluster=fields.text("cluster"),
        user=fields.text("user"),
        namespace=fields.text("namespace"),
    )


def _with_absolute_paths(config: Kubeconfig, directory: str) -> Kubeconfig:
    def absolute(path: str) -> str:
        if not path or os.path.isabs(path):
            return path
        return os.path.normpath(os.path.join(directory, path))

    def of_user(user: UserEntry) -> UserEntry:
        plugin = user.exec
        # A command without a separator is looked up in PATH.
        if plugin is not None and os.sep in plugin.command:
            plugin = replace(plugin, command=absolute(plugin.command))
        return replace(
            user,
            client_certificate=absolute(user.client_certificate),
            client_key=absolute(user.client_key),
            token_file=absolute(user.token_file),
            exec=plugin,
        )

    return replace(
        config,
        clusters={
            name: replace(cluster, certificate_authority=absolute(cluster.certificate_authority))
            for name, cluster in config.clusters.items()
        },
        users={name: of_user(user) for name, user in config.users.items()},
    )


def _decode_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        good = len(text) - len(text.lstrip(_BASE64))
    raise KubeconfigDecodeError(f"illegal base64 data at input byte {good}")


_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _json_type(value: Any) -> str:
    """What Go's JSON errors call a value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
