"""Calico's log messages: one table that both writes them (``render``) and reads them."""

from kubectl_calico_nic.calico.messages.event import Event, Message, Recognised
from kubectl_calico_nic.calico.messages.recognition import recognise
from kubectl_calico_nic.calico.messages.rendering import render

__all__ = ["Event", "Message", "Recognised", "recognise", "render"]
