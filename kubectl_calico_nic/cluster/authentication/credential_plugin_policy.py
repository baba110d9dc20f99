"""Which exec credential plugins the user lets run: ``credentialPluginPolicy`` of the kuberc file.

Mirrors kubectl (pkg/kuberc) and client-go (plugin/pkg/client/auth/exec/exec.go,
ValidatePluginPolicy and checkAllowlistLocked).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kubectl_calico_nic.cluster.errors import PreferencesError
from kubectl_calico_nic.cluster.kubeconfig.validation import go_os_error
from kubectl_calico_nic.cluster.kubeconfig.yaml_document import load_document

_GROUP = "kubectl.config.k8s.io/"


@dataclass(frozen=True, slots=True)
class PluginPolicy:
    """``type`` is "", ``AllowAll``, ``DenyAll`` or ``Allowlist``; "" allows all.

    ``allowed`` holds the commands of the allowlist, None when there is no list. ``unknown`` says
    why the file in the home directory cannot be understood, "" when it can.
    """

    type: str = ""
    allowed: tuple[str, ...] | None = None
    unknown: str = ""

    def require_known(self) -> None:
        """Before a plugin runs: kubectl has warned, and lets every one; we let none.

        Raises:
            PreferencesError: the policy is not known.
        """
        if self.unknown:
            raise PreferencesError(self.unknown)

    def refusal(self, command: str, path: str | None) -> str:
        """Why a plugin may not run; "" when it may.

        Args:
            command: the command as it is configured, its path cleaned.
            path: where PATH finds it; None when it does not.
        """
        if self.type in ("", "AllowAll"):
            return ""
        if self.type == "DenyAll":
            return f'plugin "{command}" not allowed: policy set to "DenyAll"'
        allowed = self.allowed or ()
        found = {shutil.which(entry) for entry in allowed}
        if command in allowed or (path and (path in allowed or path in found)):
            return ""
        if path is None or not os.path.exists(path):
            return (
                f'plugin path "{path or command}" cannot be resolved for credential plugin '
                f"allowlist check: {_not_found(command)}"
            )
        return (
            f'plugin path "{path or command}" is not permitted by the credential plugin allowlist'
        )

    def problem(self) -> str:
        """Why the policy cannot be obeyed; "" when it can. Mirrors ValidatePluginPolicy."""
        if self.type in ("", "AllowAll", "DenyAll"):
            if self.allowed is not None:
                return (
                    "misconfigured credential plugin allowlist: plugin policy is "
                    f'"{self.type}" but allowlist is non-nil'
                )
            return ""
        if self.type != "Allowlist":
            return f'unknown plugin policy: "{self.type}"'
        if not self.allowed:
            what = "unspecified" if self.allowed is None else 'empty; use "DenyAll" policy instead'
            return f'credential plugin policy set to "Allowlist", but allowlist is {what}'
        for entry in self.allowed:
            if not entry or os.path.normpath(entry) != entry:
                return f'non-normalized file path: "{entry}"'
        return ""


def _not_found(command: str) -> str:
    """What Go's exec.LookPath says of a command that is nowhere."""
    if os.path.basename(command) == command:
        return f'exec: "{command}": executable file not found in $PATH'
    return f'exec: "{command}": stat {command}: no such file or directory'


def read_plugin_policy(
    environ: Mapping[str, str], home: str, explicit: str | None = None
) -> PluginPolicy:
    """Reads the policy from ``explicit`` (``--kuberc``), ``$KUBERC`` or ``~/.kube/kuberc``.

    Without a file all may run. Of a file that is not named, and cannot be understood, the policy
    is ``unknown``. Mirrors Apply and DefaultGetPreferences of pkg/kuberc/kuberc.go.

    Raises:
        PreferencesError: a named file cannot be understood; a policy cannot be obeyed.
    """
    if environ.get("KUBECTL_KUBERC", "").lower() == "false":
        return PluginPolicy()
    if explicit == "":
        raise PreferencesError("kuberc file is not found")
    if environ.get("KUBERC") == "off":
        if explicit:
            raise PreferencesError(
                "kuberc error disabling kuberc via KUBERC=off and passing kuberc flag are mutually "
                "exclusive"
            )
        return PluginPolicy()
    named = explicit or environ.get("KUBERC")
    policy = _policy_in(named or os.path.join(home, ".kube", "kuberc"), is_named=bool(named))
    if named:
        policy.require_known()
    if policy.problem():
        raise PreferencesError(policy.problem())
    return policy


def _policy_in(path: str, *, is_named: bool) -> PluginPolicy:
    try:
        return _first_preference(path)
    except FileNotFoundError as error:
        if not is_named:
            return PluginPolicy()
        reason = go_os_error("open", path, error)
    except OSError as error:
        operation = "read" if isinstance(error, IsADirectoryError) else "open"
        reason = go_os_error(operation, path, error)
    except ValueError as error:
        reason = str(error)
    return PluginPolicy(unknown=f"kuberc error kuberc: {reason}")


def _first_preference(path: str) -> PluginPolicy:
    """What the first preference of a file says; a ValueError where none can be understood."""
    with open(path, "rb") as file:
        text = file.read()
    documents = [*filter(lambda document: document is not None, _documents(text))]
    for document in documents:
        if isinstance(document, dict) and _is_preference(document):
            policy = _policy(document)
            if policy is not None:
                return policy
    if documents:
        raise ValueError(f"no valid preferences found in {path}")
    return PluginPolicy()


def _documents(text: bytes) -> Iterator[Any]:
    for part in re.split(rb"^---.*$", text, flags=re.MULTILINE):
        try:
            yield load_document(part)
        except ValueError:
            yield "not YAML"


def _is_preference(document: Mapping[str, Any]) -> bool:
    version = document.get("apiVersion")
    is_ours = isinstance(version, str) and version.startswith(_GROUP)
    return is_ours and document.get("kind") == "Preference"


def _policy(document: Mapping[str, Any]) -> PluginPolicy | None:
    """None for fields of other types: kubectl passes over such a document."""
    policy = document.get("credentialPluginPolicy") or ""
    entries = document.get("credentialPluginAllowlist")
    if not isinstance(policy, str) or not isinstance(entries, list | None):
        return None
    if entries is None:
        return PluginPolicy(policy)
    commands = (
        (entry.get("command") or entry.get("name") or "") if isinstance(entry, dict) else ""
        for entry in entries
    )
    return PluginPolicy(policy, tuple(str(command) for command in commands))
