"""The ways to say which cluster and who: each is given to kubectl and to our own code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubectl_calico_nic.cluster.kubeconfig.overrides import ConnectionFlags
from tests.cluster_kubectl import listed
from tests.cluster_server import kubeconfig, unused_port
from tests.cluster_world import World


@dataclass(frozen=True)
class Case:
    """``files`` by name below home; ``{url}`` in an error is the secure server's URL."""

    files: Callable[[World], Mapping[str, Any]]
    flags: ConnectionFlags = field(default_factory=ConnectionFlags)
    environ: Mapping[str, str] = field(default_factory=dict)


CERTIFICATE = {"client-certificate": "pki/alice.crt", "client-key": "pki/alice.key"}
TWO = {"KUBECONFIG": listed(["one", "two"])}


def one(user: Mapping[str, Any], **parts: Any) -> Callable[[World], Mapping[str, Any]]:
    return lambda world: {".kube/config": world.trusted(user, **parts)}


KUBERC = """\
apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
credentialPluginPolicy: """
PLUGIN_USER = {
    "exec": {
        "apiVersion": "client.authentication.k8s.io/v1",
        "interactiveMode": "Never",
        "command": "./plugin",
    }
}
# What it was called with becomes the token, and so is compared.
PLUGIN = """#!/bin/sh
info=$(echo "$KUBERNETES_EXEC_INFO" | base64 | tr -d '\n')
version=$(echo "$KUBERNETES_EXEC_INFO" | sed 's/.*"apiVersion":"\\([^"]*\\)".*/\\1/')
cat <<END
{"apiVersion": "$version", "kind": "ExecCredential",
 "status": {"token": "$1-$2-$EXTRA-$(pwd | wc -c)-$info"}}
END
"""

CASES = {
    "token": Case(one({"token": "t0"})),
    "token and certificate": Case(one({"token": "t0", **CERTIFICATE})),
    "certificate files beside the kubeconfig": Case(one(CERTIFICATE)),
    "certificate as data": Case(
        lambda w: {
            ".kube/config": kubeconfig(
                w.secure.url,
                cluster={"certificate-authority-data": w.data("ca.crt")},
                user={
                    "client-certificate-data": w.data("bob.crt"),
                    "client-key-data": w.data("bob.key"),
                },
            )
        }
    ),
    "basic auth": Case(one({"username": "ä", "password": "p:w"})),
    "token file beats token": Case(
        lambda w: {**one({"token": "t0", "tokenFile": "tok"})(w), ".kube/tok": " from-file\n"}
    ),
    "token flag and token file": Case(
        lambda w: {**one({"tokenFile": "tok"})(w), ".kube/tok": "from-file"},
        ConnectionFlags(token="flag"),
    ),
    "token file is missing, token is not": Case(one({"token": "t0", "tokenFile": "nope"})),
    "impersonation from the file": Case(
        one({"token": "t", "as": "jo", "as-uid": "7", "as-groups": ["a", "b"],
             "as-user-extra": {"Scope/x": ["1", "2"], "ö%": ["3"]}})
    ),
    "impersonation from flags": Case(
        one({"token": "t", "as": "jo", "as-groups": ["a"],
             "as-user-extra": {"k": ["v"], "l": ["w"]}}),
        ConnectionFlags(
            impersonate="flo",
            impersonate_groups=("g1", "g2"),
            impersonate_uid="9",
            impersonate_user_extra=("k=1", "k=2", "junk"),
        ),
    ),
    "groups without a user": Case(one({"token": "t"}), ConnectionFlags(impersonate_groups=("g",))),
    "user flag": Case(
        lambda w: {".kube/config": {**w.trusted({"token": "t0"}), "users": [
            {"name": "u", "user": {"token": "t0"}}, {"name": "v", "user": {"token": "t1"}}]}},
        ConnectionFlags(user="v"),
    ),
    "certificate flags replace data": Case(
        one({"client-certificate-data": "eA==", "client-key-data": "eA=="}),
        ConnectionFlags(client_certificate="pki/bob.crt", client_key="pki/bob.key"),
    ),
    "ca flag replaces data and the insecure flag": Case(
        lambda w: {".kube/config": kubeconfig(w.secure.url, user={"token": "t"}, cluster={
            "insecure-skip-tls-verify": True})},
        ConnectionFlags(certificate_authority="pki/ca.crt"),
    ),
    "insecure flag replaces the ca": Case(
        one({"token": "t"}, cluster={"certificate-authority": "nope"}),
        ConnectionFlags(insecure_skip_tls_verify=True),
    ),
    "insecure and ca": Case(one({"token": "t"}, cluster={"insecure-skip-tls-verify": True})),
    "ca file and data": Case(one({"token": "t"}, cluster={"certificate-authority-data": "eA=="})),
    "ca file missing": Case(one({"token": "t"}, cluster={"certificate-authority": "nope"})),
    "ca is no certificate": Case(
        lambda w: {".kube/config": kubeconfig(w.secure.url, user={"token": "t"}, cluster={
            "certificate-authority-data": "eA=="})}
    ),
    "wrong server name": Case(one({"token": "t"}, cluster={"tls-server-name": "localhost"})),
    "server flag clears the server name": Case(
        lambda w: {**one({"token": "t"}, cluster={"tls-server-name": "elsewhere"})(w)},
        ConnectionFlags(server="{url}"),
    ),
    "credentials are not sent over plain http": Case(
        lambda w: {".kube/config": kubeconfig(w.plain.url, user={"token": "t", "as": "jo"})}
    ),
    "bare host and port mean plain http": Case(
        lambda w: {".kube/config": kubeconfig(w.plain.host, user={"token": "t"})}
    ),
    "path prefix": Case(
        lambda w: {".kube/config": kubeconfig(
            w.secure.url + "/k8s/clusters/c-1/?q=1", user={"token": "t"},
            cluster={"certificate-authority": str(w.authority.ca_file)})}
    ),
    "no compression": Case(one({"token": "t"}, cluster={"disable-compression": True})),
    "token and basic auth": Case(one({"token": "t", "username": "u"})),
    "token file and basic auth": Case(
        lambda w: {**one({"tokenFile": "tok", "username": "u"})(w), ".kube/tok": "x"}
    ),
    "key missing": Case(one({"client-certificate": "pki/alice.crt"})),
    "certificate file missing": Case(
        one({"client-certificate": "nope", "client-key": "pki/alice.key"})
    ),
    "key of somebody else": Case(
        one({"client-certificate": "pki/alice.crt", "client-key": "pki/bob.key"})
    ),
    "certificate is a key": Case(
        one({"client-certificate": "pki/alice.key", "client-key": "pki/alice.key"})
    ),
    "key is a certificate": Case(
        one({"client-certificate": "pki/alice.crt", "client-key": "pki/alice.crt"})
    ),
    "certificate data is no certificate": Case(
        one({"client-certificate-data": "eA==", "client-key-data": "eA=="})
    ),
    "token file missing": Case(one({"tokenFile": "nope"})),
    "header that cannot be sent": Case(one({"token": "a\nb"})),
    "gcp auth provider": Case(one({"auth-provider": {"name": "gcp"}})),
    "unknown auth provider": Case(one({"auth-provider": {"name": "nope"}})),
    "oidc auth provider with a token": Case(one({"token": "t", "auth-provider": {
        "name": "oidc", "config": {"idp-issuer-url": "https://x", "client-id": "y"}}})),
    "unknown context": Case(one({"token": "t"}), ConnectionFlags(context="nope")),
    "unknown context with a namespace": Case(
        one({"token": "t"}), ConnectionFlags(context="nope", namespace="n")
    ),
    "unknown current context": Case(
        lambda w: {".kube/config": {**w.trusted({"token": "t"}), "current-context": "gone"}}
    ),
    "unknown user": Case(one({"token": "t"}), ConnectionFlags(user="nope")),
    "unknown cluster": Case(one({"token": "t"}), ConnectionFlags(cluster="nope")),
    "unknown cluster with a namespace": Case(
        one({"token": "t"}), ConnectionFlags(cluster="nope", namespace="n")
    ),
    "several problems": Case(
        one({"token": "t", "username": "u", "as-uid": "1"}, cluster={"proxy-url": "ftp://p"})
    ),
    "bad request timeout": Case(one({"token": "t"}), ConnectionFlags(request_timeout="5 parsecs")),
    "explicit file is missing": Case(one({"token": "t"}), ConnectionFlags(kubeconfig="nope")),
    "explicit file is alone": Case(
        lambda w: {**one({"token": "home"})(w), "other": w.trusted({"token": "other"})},
        ConnectionFlags(kubeconfig="other"),
        {"KUBECONFIG": "nope"},
    ),
    "refused": Case(
        lambda w: {".kube/config": kubeconfig(
            f"https://127.0.0.1:{unused_port()}", user={"token": "t"})}
    ),
    "unknown scheme": Case(
        lambda w: {".kube/config": kubeconfig("ftp://host.invalid", user={"token": "t"})}
    ),
    "server of another authority": Case(
        lambda w: {".kube/config": kubeconfig(w.secure.url, user={"token": "t"})}
    ),
    "path without a scheme": Case(lambda w: {".kube/config": kubeconfig("host/path")}),
    "first file wins the whole entry": Case(
        lambda w: {
            "one": w.trusted({"token": "one"}),
            "two": {**w.trusted({"username": "two", "as": "jo"}), "current-context": "y"},
        },
        environ=TWO,
    ),
    "missing and empty files are passed over": Case(
        lambda w: {"empty": b"", "comment": b"# nothing\n", "two": w.trusted({"token": "two"})},
        environ={"KUBECONFIG": listed(["nope", "empty", "", "comment", "two", "two"])},
    ),
    "first current context that is set": Case(
        lambda w: {
            "one": {"users": [{"name": "u", "user": {"token": "first"}}], "current-context": ""},
            "two": w.trusted({"token": "two"}),
        },
        environ=TWO,
    ),
    "relative paths belong to their file": Case(
        lambda w: {
            "deep/down/one": {"users": [{"name": "u", "user": {"tokenFile": "../tok"}}]},
            "deep/tok": "deep",
            "two": w.trusted({"token": "two"}),
        },
        environ={"KUBECONFIG": listed(["deep/down/one", "two"])},
    ),
    "a directory and a broken file": Case(
        lambda w: {"one/x": b"", "two": b"a: b: c"}, environ=TWO
    ),
    "server flag alone over http": Case(lambda w: {}, ConnectionFlags(server="{plain}")),
    "KUBERNETES_MASTER": Case(lambda w: {}, environ={"KUBERNETES_MASTER": "{plain}"}),
    "flags alone": Case(
        lambda w: {},
        ConnectionFlags(server="{url}", token="t", certificate_authority="pki/ca.crt"),
    ),
    "exec plugin": Case(one({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
        "command": "./plugin", "args": ["a", "b c"], "env": [{"name": "EXTRA", "value": "x"}],
    }})),
    "exec plugin with cluster information": Case(one({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1beta1", "command": "./plugin",
        "provideClusterInfo": True, "args": ["a", "b c"],
    }}, cluster={"tls-server-name": "localhost", "disable-compression": True, "extensions": [
        {"name": "client.authentication.k8s.io/exec", "extension": {"audience": ["x", 1]}}]})),
    "token suppresses the exec plugin": Case(one({"token": "t", "exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
        "command": "./plugin"}})),
    "exec plugin is missing": Case(one({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "IfAvailable",
        "command": "no-such-plugin", "installHint": "brew\x1b[1m it\n"}})),
    "exec plugin with a path is missing": Case(one({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
        "command": "./nope"}})),
    "exec plugin fails": Case(one({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
        "command": "sh", "args": ["-c", "exit 7"]}})),
    "exec plugin needs a terminal": Case(one({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Always",
        "command": "./plugin"}})),
    "exec plugin answers in another version": Case(one({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1beta1", "command": "echo", "args": [
            "apiVersion: client.authentication.k8s.io/v1\nkind: ExecCredential"]}})),
    "exec plugin answers without status": Case(one({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1beta1", "command": "echo", "args": [
            "apiVersion: client.authentication.k8s.io/v1beta1\nkind: ExecCredential"]}})),
    "exec plugin answers with an empty status": Case(one({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1beta1", "command": "echo", "args": [
            '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential",'
            '"status":{}}']}})),
    "exec plugin answers with half a pair": Case(one({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1beta1", "command": "echo", "args": [
            '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential",'
            '"status":{"clientKeyData":"x"}}']}})),
    "exec plugin of an old version": Case(one({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1alpha1", "command": "./plugin"}})),
    "exec plugin half configured": Case(one({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "env": [{"name": "", "value": "x"}]}})),
    "exec plugin with an unknown mode": Case(one({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "x",
        "interactiveMode": "Often"}})),
    "exec plugin and auth provider": Case(one({"auth-provider": {"name": "gcp"}, "exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "x",
        "interactiveMode": "Never"}})),
    "kuberc forbids plugins": Case(
        lambda w: {".kube/kuberc": KUBERC + "DenyAll\n", **one(PLUGIN_USER)(w)}
    ),
    "kuberc allows another plugin": Case(
        lambda w: {
            ".kube/kuberc": KUBERC + "Allowlist\ncredentialPluginAllowlist: [{command: aws}]\n",
            **one(PLUGIN_USER)(w),
        }
    ),
    "kuberc allows the plugin": Case(
        lambda w: {
            ".kube/kuberc": KUBERC + "Allowlist\ncredentialPluginAllowlist: [{command: sh}]\n",
            **one({"exec": {**PLUGIN_USER["exec"], "command": "sh", "args": ["./plugin"]}})(w),
            "plugin": PLUGIN,
        }
    ),
    "kuberc with an empty allowlist": Case(
        lambda w: {
            ".kube/kuberc": KUBERC + "Allowlist\ncredentialPluginAllowlist: []\n",
            **one(PLUGIN_USER)(w),
        }
    ),
    "kuberc with an unknown policy": Case(
        lambda w: {".kube/kuberc": KUBERC + "Sometimes\n", **one(PLUGIN_USER)(w)}
    ),
    "kuberc flag forbids plugins": Case(
        lambda w: {"rc": KUBERC + "DenyAll\n", **one(PLUGIN_USER)(w)},
        ConnectionFlags(kuberc="rc"),
    ),
    "kuberc flag before the variable": Case(
        lambda w: {"rc": KUBERC + "DenyAll\n", "other": KUBERC + "AllowAll\n",
                   **one(PLUGIN_USER)(w)},
        ConnectionFlags(kuberc="rc"),
        environ={"KUBERC": "other"},
    ),
    "kuberc flag names no file": Case(one(PLUGIN_USER), ConnectionFlags(kuberc="nope")),
    "kuberc flag names no file, and no plugin asks": Case(
        one({"token": "t0"}), ConnectionFlags(kuberc="nope")
    ),
    "kuberc variable names no file, and no plugin asks": Case(
        one({"token": "t0"}), environ={"KUBERC": "nope"}
    ),
    "kuberc flag names nothing": Case(one({"token": "t0"}), ConnectionFlags(kuberc="")),
    "kuberc flag names no file, and there is no kubeconfig": Case(
        lambda w: {}, ConnectionFlags(kuberc="nope", kubeconfig="gone")
    ),
    "kuberc of the home directory is broken, and no plugin asks": Case(
        lambda w: {".kube/kuberc": "{", **one({"token": "t0"})(w)}
    ),
    "kuberc with an unknown policy, and no plugin asks": Case(
        lambda w: {".kube/kuberc": KUBERC + "Sometimes\n", **one({"token": "t0"})(w)}
    ),
    "kuberc flag names a directory": Case(one({"token": "t0"}), ConnectionFlags(kuberc=".")),
    "kuberc flag, and no plugin asks": Case(
        lambda w: {"rc": KUBERC + "DenyAll\n", **one({"token": "t0"})(w)},
        ConnectionFlags(kuberc="rc"),
    ),
    "kuberc is off, and a flag": Case(
        lambda w: {"rc": KUBERC + "AllowAll\n", **one(PLUGIN_USER)(w)},
        ConnectionFlags(kuberc="rc"),
        environ={"KUBERC": "off"},
    ),
    "kuberc is off": Case(
        lambda w: {".kube/kuberc": KUBERC + "DenyAll\n", **one(PLUGIN_USER)(w)},
        environ={"KUBERC": "off"},
    ),
}  # fmt: skip
