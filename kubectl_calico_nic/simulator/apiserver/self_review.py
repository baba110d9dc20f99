"""Answers ``kubectl auth whoami``: SelfSubjectReview of authentication.k8s.io/v1.

Mirrors pkg/registry/authentication/selfsubjectreview/rest.go.
"""

from __future__ import annotations

from kubectl_calico_nic.simulator.apiserver.authorization import USER
from kubectl_calico_nic.simulator.apiserver.exchange import Answer, Request, json_answer
from kubectl_calico_nic.simulator.apiserver.status_errors import method_not_allowed
from kubectl_calico_nic.simulator.clock import Clock
from kubectl_calico_nic.simulator.store import rfc3339

PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def answer(request: Request, clock: Clock) -> Answer:
    """Say who asks.

    Raises:
        StatusError: the request does not create a review.
    """
    if request.method != "POST":
        raise method_not_allowed()
    review = {
        "kind": "SelfSubjectReview",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"creationTimestamp": rfc3339(clock.now())},
        "status": {"userInfo": {"username": USER, "groups": ["system:authenticated"]}},
    }
    return json_answer(review, 201)
