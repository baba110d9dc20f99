"""Who makes a change, as the API server knows them."""

from __future__ import annotations

from kubectl_calico_nic.change.request import Author
from kubectl_calico_nic.cluster.session import Session
from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.errors import CalicoNicError

_PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}


def author_of(session: Session, environment: Environment) -> Author:
    """Ask the server for our user name (Kubernetes v1.28 and later, as ``kubectl auth whoami``).

    Nobody is named where it does not say.
    """
    now = environment.now()
    try:
        answer = session.post(_PATH, _REVIEW, ())
        return Author(now, str(answer["status"]["userInfo"]["username"]))
    except (CalicoNicError, KeyError, TypeError):
        return Author(now)
