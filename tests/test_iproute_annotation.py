from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.calico.inventory import InventorySource
from kubectl_calico_nic.iproute.annotation import parse_interfaces_annotation


def test_the_annotation_gives_addresses_without_lengths_and_no_order() -> None:
    inventory = parse_interfaces_annotation(
        '[{"name":"bond4","addresses":["172.16.10.21","fe80::1"]},{"name":"eno1"}]'
    )
    bond4, eno1 = inventory.interfaces
    assert [(one.address, one.prefix_length) for one in bond4.addresses] == [
        ("172.16.10.21", None),
        ("fe80::1", None),
    ]
    assert eno1.addresses == ()
    assert inventory.source is InventorySource.ANNOTATION
    assert not inventory.ordered
    assert not inventory.complete


@pytest.mark.parametrize(
    "text", ["", "{", "null", "7", '"x"', "{}", "[" * 100_000, "[7, null, {}]"]
)
def test_broken_text_gives_no_interfaces(text: str) -> None:
    inventory = parse_interfaces_annotation(text)
    assert inventory.interfaces == ()
    assert not inventory.complete


def test_what_is_broken_inside_is_passed_over() -> None:
    text = (
        '[{"name":"a","addresses":["10.0.0.1","nonsense",7]},'
        '{"name":3},{"name":"b","addresses":{}}]'
    )
    inventory = parse_interfaces_annotation(text)
    assert [(each.name, len(each.addresses)) for each in inventory.interfaces] == [
        ("a", 1),
        ("b", 0),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["name", "addresses", "x"]), inner)
    ),
)


@given(JSON)
def test_any_json_is_read(value: object) -> None:
    assert not parse_interfaces_annotation(json.dumps(value)).ordered
