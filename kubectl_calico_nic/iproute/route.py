"""Text of ``ip route get`` -> the kernel's answer.

The reader itself stands in ``calico``, whose ``can-reach=`` is decided by it.
"""

from kubectl_calico_nic.calico.autodetection.kernel_route import Route, parse_route

__all__ = ["Route", "parse_route"]
