"""``-o jsonpath``: the real kubectl is the judge of every template, results and errors alike."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.flags.definition import Parsed
from kubectl_calico_nic.flags.output import output_format
from kubectl_calico_nic.output.structured import write_structured

from .calico_nic import Terminal, calico_nic
from .cluster_kubectl import KUBECTL, needs_kubectl
from .simulated import Simulated

DATA: dict[str, Any] = {
    "apiVersion": "calico-nic/v1",
    "kind": "Inspection",
    "metadata": {"name": "x"},
    "nodes": [
        {
            "name": "node-1",
            "ready": True,
            "count": 3,
            "ratio": 1.5,
            "since": None,
            "why": "<a> & b",
            "families": [{"v": "ok", "n": 1}, {"v": "wrong-network", "n": 2}],
            "labels": {"a.b/c": "dotted"},
        },
        {"name": "node-2", "ready": False, "count": 0, "families": [{"v": "ok", "n": 3}]},
    ],
    "nested": [[1, 2], [3]],
    "empty": [],
    "umlaut": "f\u00fcr \u2028 alle",
}

TEMPLATES = r"""
{.kind} | {$.kind} | kind is {.kind}! | {['kind']} | { .kind } | {.kind}} | {{.kind}} | {}
{.nodes[*].name} | {.nodes[0]} | {.nodes[-1].name} | {.nodes[0:1].name} | {.nodes[::2].name}
{.nodes[-1:].name} | {.nodes[:0].name} | {.nodes[:1].name} | {.nodes[]} | {.nodes[0:0]}
{.nodes[2].name} | {.nodes[-3].name} | {.nodes[0:5].name} | {.nodes[1:0].name} | {.nodes[0:2:0]}
{.nodes[2:].name} | {.nodes[-1:0].name} | {.nodes[-3:].name} | {.empty[0]} | {.empty[*]}
{.nodes[0,1].name} | {.nodes[0, 1].name} | {.nodes[*]['name','ready']} | {.nested[*][*]}
{.nested[*][0]} | {.nested[*][1]} | {.nodes.name} | {.kind[0]} | {.kind.x} | {.nodes[0].count[0]}
{.missing} | {.missing.deeper} | {.missing[0]} | {.missing[*].x} | {.metadata} | {.nodes[*].since}
{.nodes[0].labels.a\.b/c} | {.nodes[0].labels['a\.b/c']} | {.kind*} | {.umlaut} | {.nodes[0].why}
{.nodes[?(@.name=="node-1")].count} | {.nodes[?(@.name!='node-1')].count} | {..v} | {.nodes[0]..n}
{.nodes[?(@.count>2)].name} | {.nodes[?(@.count>=0)].name} | {.nodes[?(@.ratio==1.5)].name}
{.nodes[?(@.ratio>1)].name} | {.nodes[?(@.ready==true)].name} | {.nodes[?(@.ready>true)].name}
{.nodes[?(@.ratio)].name} | {.nodes[?(@.since)].name} | {.nodes[?(@.since==1)].name}
{.nodes[?("node-1"==@.name)].name} | {.nodes[*].families[?(@.v=="ok")].n} | {.nodes[?(@.name=~"a")]}
{.nodes[?(@.families[0].n>=3)].name} | {.nodes[?(@.families[5].n)].name} | {.kind[?(@.x==1)]}
{.nodes[?(@.families[*].n==1)].name} | {.nodes[?(@.name==@.name)].name} | {.nodes[?(@.families==1)]}
{range .nodes[*]}{.name}{"\t"}{.families[*].v}{"\n"}{end}
{range .nodes[*]}{.name}:{range .families[*]}{.n},{end};{end}done | {range .nodes[*]}{.name}
{range .empty[*]}{.x}{end}after | {range .missing[*]}{.x}{range .y[*]}{.z}{end}{end}after
{range .nodes[*].since}[{@}]{end} | {range .nodes[*].since}[{.a}]{end} | {range}{.kind}{end} | {end}
{1}{1.5}{true}{-3}{+4} | {1.2.3} | {foo} | {"a\"b"} | {'a\'b'} | {"\x41\u00e9\101\n"} | {"\q"}
{.kind | {.kind[ | {"abc} | {.spec, } | {#} | {.nodes[x]} | {.nodes[-]} | {...v} | {....v}
{.nodes[?(@.name=="a")} | {.nodes[?(@.name=="a"].x} | {.nodes[?(@.name=="a) | no braces | {@.kind}
"""
CASES = [part.strip() for line in TEMPLATES.strip().splitlines() for part in line.split(" | ")]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("data") / "object.json"
    path.write_text(json.dumps(DATA))
    return str(path)


def theirs(file: str, output: str) -> tuple[str, str]:
    """What kubectl prints of the object, and its error without the object it adds to it."""
    assert KUBECTL is not None
    command = [KUBECTL, "patch", "--local", "-f", file, "--type", "merge", "-p", "{}", "-o", output]
    environ = {"HOME": "/nonexistent", "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=environ)
    return done.stdout, done.stderr.partition(". Printing more information")[0].rstrip("\n")


def ours(output: str, data: Any = DATA, stream: type[Terminal] | None = None) -> tuple[str, str]:
    written = Stream() if stream is None else stream()
    try:
        asked = output_format(Parsed({"output": (output,)}, ()), ("json", "yaml"))
        write_structured(data, asked, written)
    except CalicoNicError as error:
        return "", error.text
    return written.getvalue(), ""


class Stream(Terminal):
    def isatty(self) -> bool:
        return False


@needs_kubectl
@pytest.mark.parametrize("template", CASES)
def test_a_template_gives_what_kubectl_gives(template: str, file: str) -> None:
    assert ours(f"jsonpath={template}") == theirs(file, f"jsonpath={template}")


@needs_kubectl
@pytest.mark.parametrize("output", ["jsonpath", "jsonpath=", "jsonpath-as-json="])
def test_a_template_must_be_given(output: str, file: str) -> None:
    assert ours(output) == theirs(file, output)


@needs_kubectl
@pytest.mark.parametrize(
    "template", ["{.nodes[*].name}", "{.nodes[0].families}{.kind}", "x{.missing}", "{.umlaut}"]
)
def test_as_json(template: str, file: str) -> None:
    output = f"jsonpath-as-json={template}"
    assert ours(output) == theirs(file, output)


@needs_kubectl
def test_a_template_in_a_file(file: str, tmp_path: Path) -> None:
    template = tmp_path / "template"
    template.write_text('{range .nodes[*]}{.name}{"\\n"}{end}\n')
    output = f"jsonpath-file={template}"
    assert ours(output) == theirs(file, output) == ("node-1\nnode-2\n\n", "")
    missing = f"jsonpath-file={tmp_path / 'nope'}"
    assert ours(missing) == theirs(file, missing)


STEPS = st.sampled_from(
    [".nodes", ".name", ".families", ".v", ".n", ".nested", "[*]", "[0]", "[-1]", "[0:1]", "[1:]",
     "[5]", "['count','name']", "[0,1]", "..n", '[?(@.v=="ok")]', "[?(@.n>1)]", "[?(@.name)]",
     ".since", ".missing", " ", "@", "$", '"t"', "1", "true", "[", "]", "{", "}", ".", "'"]
)  # fmt: skip
PARTS = st.one_of(
    st.lists(STEPS, max_size=5).map(lambda steps: "{" + "".join(steps) + "}"),
    st.lists(STEPS, min_size=1, max_size=3).map(lambda s: "{range " + "".join(s) + "}"),
    st.sampled_from(["{end}", "{.name}", " text ", '{"\\n"}']),
)


def is_in_order(template: str) -> bool:
    """Whether kubectl prints the same each time: what is below a map it prints in random order."""
    return ".." not in template.replace("..n", "")


@needs_kubectl
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PARTS, min_size=1, max_size=6).map("".join).filter(is_in_order))
def test_generated_templates_give_what_kubectl_gives(file: str, template: str) -> None:
    expected = theirs(file, f"jsonpath={template}")
    if "panic:" not in expected[1]:
        assert ours(f"jsonpath={template}") == expected


def test_text_of_the_cluster_does_not_act_on_a_terminal() -> None:
    data = {"name": "ev\x1b[2Jil", "list": ["a\u202eb"]}
    template = 'jsonpath={.name}{"\\n"}{.list}'
    assert ours(template, data, Terminal)[0] == 'ev\\x1b[2Jil\n["a\\u202eb"]'


@pytest.fixture(scope="module")
def cluster() -> Any:
    with Simulated() as found:
        yield found


def test_inspect(cluster: Simulated) -> None:
    template = '{range .nodes[*]}{.name}={.families[0].interface} {end}{"\\n"}'
    result = cluster.run("inspect", "-o", f"jsonpath={template}")
    assert (result.status, result.stdout) == (
        2,
        "node-1=bond4 node-2=bond4 node-3=bond3 node-4=bond3 \n",
    )


def test_set_and_rollout_check(cluster: Simulated) -> None:
    dry = ("set", "--interface", "bond4", "--dry-run=client")
    assert cluster.run(*dry, "-o", "jsonpath={.edits[*].to}").stdout == "interface=bond4"
    assert cluster.run(*dry, "-o", "name").stdout == "daemonset.apps/calico-node\n"
    asked = ("rollout-check", "--watch=false")
    assert cluster.run(*asked, "-ojsonpath={.kind} {.desired}").stdout == "Rollout 4"
    names = cluster.run(*asked, "-o", "name").lines
    assert sorted(names) == ["node/node-1", "node/node-2", "node/node-3", "node/node-4"]


@pytest.mark.parametrize("name", ["inspect", "set", "rollout-check", "version"])
def test_a_wrong_template_is_found_before_anything_is_asked(name: str) -> None:
    result = calico_nic(name, "-o", "jsonpath={.spec")
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr.startswith("error: error parsing jsonpath {.spec, unclosed action\n")
