"""Generated ways to say which cluster and who: files, command line and environment of each.

A case is decided by its number alone, on every Python: ``generated(17)`` is always the same. What
differs between runs, such as ports, stands in braces and is filled in by ``cluster_differential``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import yaml

from tests.cluster_generated_flags import FAULTS, PROXIES, SERVER_NAMES, Draw, Weighted, words

NAMES = ("a", "b")


@dataclass(frozen=True)
class Generated:
    """``files`` by name below home; ``before`` and ``after`` stand around the subcommand."""

    number: int
    files: Mapping[str, str]
    before: tuple[str, ...]
    after: tuple[str, ...]
    environ: Mapping[str, str]

    @property
    def text(self) -> str:
        """All of it, for a failure's report and for what it needs of the machine."""
        parts = (self.files, self.before, self.after, self.environ)
        return json.dumps(parts, indent=1, ensure_ascii=False)


def generated(number: int) -> Generated:
    """The case of that number."""
    draw = Draw(Random(number))
    files, environ = _files(draw)
    drawn = words(draw)
    # What is wrong stays behind the subcommand, which it may hide.
    right = next((i for i, spelt in enumerate(drawn) if spelt in FAULTS), len(drawn))
    cut = draw.random.randrange(right + 1) if draw.chance(0.3) else 0
    before = tuple(word for spelt in drawn[:cut] for word in spelt)
    after = tuple(word for spelt in drawn[cut:] for word in spelt)
    return Generated(number, files, before, after, {**environ, **_environ(draw)})


SERVERS: Weighted[str | None] = {
    "{secure}": 60,
    "{secure}/prefix": 5,
    "{secure}/": 3,
    "{secure}/p/?q=1#f": 1,
    "https://localhost:{secure_port}": 4,
    "https://[::1]:{secure6_port}": 5,
    "https://{name}:{secure_port}": 4,
    "https://u:p@127.0.0.1:{secure_port}": 1,
    "HTTPS://127.0.0.1:{secure_port}": 1,
    "{plain}": 5,
    "{plain}/prefix/": 1,
    "127.0.0.1:{plain_port}": 2,
    "127.0.0.1:{plain_port}/path": 1,
    "https://127.0.0.1:{plain_port}": 1,
    "https://127.0.0.1:{refused_port}": 2,
    "127.0.0.1:{refused_port}": 1,
    "ftp://host.invalid": 1,
    "https://": 0.5,
    "": 0.7,
    None: 0.7,
}
AUTHORITIES: Mapping[str, tuple[float, Mapping[str, Any]]] = {
    "file": (45, {"certificate-authority": "pki/ca.crt"}),
    "dots": (3, {"certificate-authority": "pki/../pki/ca.crt"}),
    "absolute": (4, {"certificate-authority": "{home}/pki/ca.crt"}),
    "data": (28, {"certificate-authority-data": "{ca}"}),
    "both": (
        0.7,
        {"certificate-authority": "pki/ca.crt", "certificate-authority-data": "{ca}"},
    ),
    "missing": (1, {"certificate-authority": "nope.crt"}),
    "garbage": (1, {"certificate-authority-data": "eA=="}),
    "no base64": (1, {"certificate-authority-data": "?"}),
    "other": (1, {"certificate-authority-data": "{other_ca}"}),
    "none": (1, {}),
    "insecure": (6, {"insecure-skip-tls-verify": True}),
    "insecure and file": (
        0.7,
        {"insecure-skip-tls-verify": True, "certificate-authority": "pki/ca.crt"},
    ),
}


def _cluster(draw: Draw) -> dict[str, Any]:
    server = draw.one(SERVERS)
    chosen = draw.one({name: weight for name, (weight, _) in AUTHORITIES.items()})
    extension = {
        "name": "client.authentication.k8s.io/exec",
        "extension": {"audience": ["x", 1], "deep": {"y": None}},
    }
    return {
        **({} if server is None else {"server": server}),
        **AUTHORITIES[chosen][1],
        **draw.some(
            {
                "tls-server-name": (0.1, lambda: draw.one(SERVER_NAMES)),
                "proxy-url": (0.07, lambda: draw.one(PROXIES)),
                "disable-compression": (0.08, lambda: draw.chance(0.8)),
                "extensions": (0.08, lambda: [extension]),
            }
        ),
    }


def _token(draw: Draw) -> dict[str, Any]:
    return {"token": draw.one({"t1": 5, "t2": 5, "": 1, "ü": 0.3, "a b": 0.3, "a\nb": 0.2})}


def _token_file(draw: Draw) -> dict[str, Any]:
    paths = {"tok": 6, "../tok": 3, "{home}/tok": 2, "nope": 1, "empty": 1}
    user: dict[str, Any] = {"tokenFile": draw.one(paths)}
    return {**user, **(_token(draw) if draw.chance(0.4) else {})}


def _certificate(draw: Draw) -> dict[str, Any]:
    who, other = ("alice", "bob") if draw.chance(0.5) else ("bob", "alice")
    fields = {
        "client-certificate": f"pki/{who}.crt",
        "client-key": f"pki/{who}.key",
    }
    data = {
        "client-certificate-data": f"{{{who}_crt}}",
        "client-key-data": f"{{{who}_key}}",
    }
    kind = draw.one(
        {
            "files": 10,
            "data": 6,
            "mixed": 1,
            "all": 0.4,
            "no key": 0.4,
            "no certificate": 0.7,
            "other key": 0.5,
            "garbage": 0.5,
            "missing": 0.5,
        }
    )
    kinds: Mapping[str, dict[str, Any]] = {
        "files": fields,
        "data": data,
        "mixed": {**fields, "client-key": "", "client-key-data": f"{{{who}_key}}"},
        "all": {**fields, **data},
        "no key": {"client-certificate": f"pki/{who}.crt"},
        "no certificate": {"client-key": f"pki/{who}.key"},
        "other key": {**fields, "client-key": f"pki/{other}.key"},
        "garbage": {"client-certificate-data": "eA==", "client-key-data": "eA=="},
        "missing": {"client-certificate": "pki/nope.crt", "client-key": "pki/nope.key"},
    }
    return dict(kinds[kind])


def _basic(draw: Draw) -> dict[str, Any]:
    user: dict[str, Any] = {"username": draw.one({"u": 4, "ä": 1, "": 0.3})}
    return {**user, **draw.some({"password": (0.8, lambda: "p:w"), "token": (0.04, lambda: "t")})}


_EXEC_GROUP = "client.authentication.k8s.io"


def _exec(draw: Draw) -> dict[str, Any]:
    commands = {"./plugin": 10, "sh": 4, "no-such-plugin": 1, "./nope": 1, "": 0.5, "../plugin": 2}
    command = draw.one(commands)
    mode = draw.one({"token": 12, "cert": 3, "silent": 1, "expired": 1})
    plugin: dict[str, Any] = {
        "apiVersion": draw.one(
            {f"{_EXEC_GROUP}/v1": 6, f"{_EXEC_GROUP}/v1beta1": 4, f"{_EXEC_GROUP}/v1alpha1": 0.5}
        ),
        "command": command,
        "args": [*(["{home}/plugin"] if command == "sh" else []), mode, "b c"],
        **draw.some(
            {
                "interactiveMode": (
                    0.95,
                    lambda: draw.one({"Never": 8, "IfAvailable": 4, "Always": 1, "Often": 0.3}),
                ),
                "provideClusterInfo": (0.5, lambda: draw.chance(0.9)),
                "env": (0.4, lambda: [{"name": "EXTRA", "value": draw.one({"x": 3, "": 1})}]),
                "installHint": (0.3, lambda: "brew\x1b[1m it\nnow"),
            }
        ),
    }
    if draw.chance(0.03):
        del plugin[draw.one({"apiVersion": 1, "command": 1})]
    return {"exec": plugin, **draw.some({"token": (0.05, lambda: "t")})}


def _provider(draw: Draw) -> dict[str, Any]:
    name = draw.one({"gcp": 1, "azure": 1, "oidc": 1, "nope": 1})
    config = {"idp-issuer-url": "https://127.0.0.1:1", "client-id": "c"}
    provider = {"name": name, **({"config": config} if name == "oidc" else {})}
    return {"auth-provider": provider, **draw.some({"token": (0.5, lambda: "t")})}


USERS: Weighted[Callable[[Draw], dict[str, Any]]] = {
    _token: 30,
    _token_file: 12,
    _certificate: 22,
    _basic: 9,
    _exec: 24,
    _provider: 3,
    lambda _: {}: 0.7,
}


def _user(draw: Draw) -> dict[str, Any]:
    user = draw.one(USERS)(draw)
    if draw.chance(0.2):
        user["as"] = draw.one({"jo": 4, "system:serviceaccount:n:sa": 1, "jö": 0.5})
        user.update(_impersonation(draw, 0.4))
    elif draw.chance(0.005):
        user.update(_impersonation(draw, 0.4))
    return user


def _impersonation(draw: Draw, chance: float) -> dict[str, Any]:
    extra: Weighted[str] = {"scope": 2, "Scope/x": 2, "ö%": 1}
    return draw.some(
        {
            "as-groups": (chance, lambda: draw.random.sample(["g", "h", "k"], k=2)),
            "as-uid": (chance, lambda: "7"),
            "as-user-extra": (chance, lambda: {draw.one(extra): ["1", "2"]}),
        }
    )


def _context(draw: Draw) -> dict[str, Any]:
    references: Weighted[str] = {"a": 20, "b": 8, "gone": 0.2, "": 0.2}
    namespaces: Weighted[str] = {"n1": 5, "kube-system": 3, "": 1}
    return {
        "cluster": draw.one(references),
        "user": draw.one(references),
        **draw.some({"namespace": (0.4, lambda: draw.one(namespaces))}),
    }


def _kubeconfig(draw: Draw) -> dict[str, Any]:
    least = draw.one({0: 0.2, 1: 0.8, 2: 11})

    def entries(inner: str, make: Callable[[Draw], dict[str, Any]]) -> list[dict[str, Any]]:
        names = draw.random.sample(NAMES, k=draw.random.randint(least, 2))
        return [{"name": name, inner: make(draw)} for name in names]

    current: Weighted[str | None] = {"a": 14, "b": 6, "": 0.6, None: 0.6, "gone": 0.3}
    name = draw.one(current)
    return {
        **({"apiVersion": "v1", "kind": "Config"} if draw.chance(0.9) else {}),
        "clusters": entries("cluster", _cluster),
        "users": entries("user", _user),
        "contexts": entries("context", _context),
        **({} if name is None else {"current-context": name}),
    }


def _file(draw: Draw) -> str:
    how = draw.one({"json": 6, "indented": 2, "yaml": 6, "empty": 0.3, "broken": 0.2, "odd": 0.2})
    config = _kubeconfig(draw)
    if how == "yaml":
        return "# written by hand\n---\n" + yaml.safe_dump(config, allow_unicode=True)
    texts: Mapping[str, str] = {
        "empty": draw.one({"": 1, "# nothing\n": 1, "{}": 1}),
        "broken": draw.one({"a: b: c\n": 1, "clusters: [\n": 1, "\ta: 1\n": 1, "[1]": 1}),
        "odd": draw.one({"current-context: yes\n": 1, "clusters: {a: b}\n": 1, "users: null": 1}),
        "indented": json.dumps(config, indent="\t"),
        "json": json.dumps(config),
    }
    return texts[how]


_PLACES = ("k1", "down/k2", ".kube/config")
_PREFERENCE = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n"
_KUBERC: Weighted[str] = {
    f"{_PREFERENCE}credentialPluginPolicy: DenyAll\n": 2,
    f"{_PREFERENCE}credentialPluginPolicy: AllowAll\n": 1,
    f"{_PREFERENCE}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist:\n"
    "- command: sh\n": 3,
    _PREFERENCE: 1,
    "": 1,
}


def _files(draw: Draw) -> tuple[dict[str, str], dict[str, str]]:
    """Kubeconfigs, and what the environment says of them."""
    count = draw.one({0: 0.4, 1: 6, 2: 4, 3: 2})
    places = draw.random.sample(_PLACES, k=count)
    files = {place: _file(draw) for place in places}
    if draw.chance(0.05):
        files[".kube/kuberc"] = draw.one(_KUBERC)
    if count == 1 and draw.chance(0.7):
        (place,) = places
        files[".kube/config"] = files.pop(place)
        return files, {}
    listed = [*places, *(["nope"] if draw.chance(0.1) else [])]
    listed += ["", places[0]] if places and draw.chance(0.1) else []
    absolute = draw.chance(0.3)
    return files, {"KUBECONFIG": ":".join(f"{{home}}/{p}" if absolute and p else p for p in listed)}


def _environ(draw: Draw) -> dict[str, str]:
    bypass: Weighted[str] = {"*": 2, "{name}": 3, "x, {name}:1": 1, ".{name}": 1, "127.0.0.0/8": 1}
    return draw.some(
        {
            "HTTPS_PROXY": (0.08, lambda: draw.one({"{proxy}": 4, "127.0.0.1:{proxy_port}": 1})),
            "https_proxy": (0.03, lambda: "{proxy}"),
            "HTTP_PROXY": (0.03, lambda: "{proxy}"),
            "NO_PROXY": (0.06, lambda: draw.one(bypass)),
            "no_proxy": (0.02, lambda: draw.one(bypass)),
            "KUBERNETES_MASTER": (0.02, lambda: draw.one({"{plain}": 2, "{secure}": 1})),
            "POD_NAMESPACE": (0.02, lambda: "of-the-pod"),
            "KUBERC": (0.02, lambda: "off"),
            "KUBECTL_KUBERC": (0.02, lambda: draw.one({"false": 1, "true": 1})),
        }
    )
