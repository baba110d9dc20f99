from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.iproute.route import Route, parse_route


@pytest.mark.parametrize(
    ("text", "route"),
    [
        (
            "8.8.8.8 via 172.16.10.1 dev bond4 src 172.16.10.21 uid 0 \\    cache",
            Route("172.16.10.21", "bond4"),
        ),
        ("8.8.8.8 via 172.16.10.1 dev bond4 src 172.16.10.21 uid 0 \n    cache \n",
         Route("172.16.10.21", "bond4")),
        ("172.16.10.1 dev bond4 src 172.16.10.21 uid 0\r\n    cache expires 60sec mtu 1400",
         Route("172.16.10.21", "bond4")),
        (
            "local 172.17.61.153 dev lo src 172.17.61.153 uid 0 \\    cache <local>",
            Route("172.17.61.153", "lo"),
        ),
        (
            "broadcast 10.10.10.7 dev p1p1 src 10.10.10.2 uid 0 \\    cache <local,brd>",
            Route("10.10.10.2", "p1p1"),
        ),
        (
            "2001:db8:10::1 from :: dev bond4 proto kernel src 2001:db8:10::21 metric 256",
            Route("2001:db8:10::21", "bond4"),
        ),
        (
            "2001:db8::1 from :: via fe80::1 dev eth0 proto ra src 2001:DB8::21 metric 100",
            Route("2001:db8::21", "eth0"),
        ),
        ("8.8.8.8 via inet6 fe80::1 dev eth0 src 10.0.0.1 uid 0", Route("10.0.0.1", "eth0")),
        ("8.8.8.8 dev src src 10.0.0.1 uid 0", Route("10.0.0.1", "src")),
        ("fe80::97 from :: dev eth0 proto kernel metric 256 pref medium", Route(None, "eth0")),
        ("RTNETLINK answers: Network is unreachable\n", Route(error="Network is unreachable")),
        ("RTNETLINK answers: No route to host", Route(error="No route to host")),
        (
            "unreachable 2001:db8::1 from :: dev lo table unspec proto kernel metric 4294967295"
            " error -101 pref medium",
            Route(error="Network is unreachable"),
        ),
        (
            "prohibit 2001:db8::1 from :: dev lo metric 1024 error -13 pref medium",
            Route(error="Permission denied"),
        ),
        ("unreachable 2001:db8::1 dev lo error -7", Route(error="error -7")),
        ('Error: any valid prefix is expected rather than "gw.example".', Route()),
        ("OCI runtime exec failed: exec failed", Route()),
        ("", Route()),
        ("local", Route()),
    ],
)  # fmt: skip
def test_the_kernels_answer_is_read(text: str, route: Route) -> None:
    assert parse_route(text) == route


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert isinstance(parse_route(text), Route)
