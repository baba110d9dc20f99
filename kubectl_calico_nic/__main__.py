"""``python -m kubectl_calico_nic``."""

from kubectl_calico_nic.cli import run

run()
