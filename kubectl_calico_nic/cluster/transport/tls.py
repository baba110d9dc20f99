"""One TLS context for everything we send: requests, watches and exec.

Mirrors TLSConfigFor of client-go (transport/transport.go), and Go's crypto/x509 where OpenSSL's
habits differ: names in the subject are not believed, and any certificate given as an authority is
one, whatever its extensions say.
"""

from __future__ import annotations

import ssl
import tempfile

from kubectl_calico_nic.cluster.authentication.credentials import Credentials
from kubectl_calico_nic.cluster.errors import (
    ClusterError,
    ConnectionFailed,
    CredentialsError,
    KubeconfigError,
)
from kubectl_calico_nic.cluster.kubeconfig.entries import ClusterEntry
from kubectl_calico_nic.cluster.kubeconfig.validation import go_os_error
from kubectl_calico_nic.cluster.transport.total_timeout import TotalTimeoutSSLSocket

_BEGIN = b"-----BEGIN"


def tls_context(cluster: ClusterEntry, credentials: Credentials) -> ssl.SSLContext:
    """Builds the context that checks the server and, with a certificate, shows who we are.

    Raises:
        KubeconfigError: the CA cannot be used, or is given together with the insecure flag.
        CredentialsError: certificate and key cannot be used together.
        ConnectionFailed: the same, when they come from files.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    # Not VERIFY_X509_STRICT, which newer Pythons set: many clusters' CAs would not pass it.
    context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_PARTIAL_CHAIN
    context.sslsocket_class = TotalTimeoutSSLSocket
    _trust(context, cluster)
    if credentials.certificate or credentials.key:
        _show(context, credentials)
    return context


def _trust(context: ssl.SSLContext, cluster: ClusterEntry) -> None:
    authority = cluster.certificate_authority_data or _read(cluster.certificate_authority)
    names_authority = bool(authority or cluster.certificate_authority)
    if cluster.insecure_skip_tls_verify:
        if names_authority:
            raise KubeconfigError(
                "specifying a root certificates file with the insecure flag is not allowed"
            )
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif names_authority:
        _load_authority(context, authority)
    else:
        context.load_default_certs()


def _load_authority(context: ssl.SSLContext, authority: bytes) -> None:
    if _BEGIN not in authority:
        raise KubeconfigError(
            "unable to load root certificates: unable to parse bytes as PEM block"
        )
    try:
        # Comments between the certificates may be in any encoding; Python takes ASCII only.
        context.load_verify_locations(cadata=authority.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError):
        raise KubeconfigError(
            "unable to load root certificates: no valid certificate authority data seen"
        ) from None


def _show(context: ssl.SSLContext, credentials: Credentials) -> None:
    problem = _pem_problem(credentials)
    if problem:
        raise _unusable(credentials, problem)
    # OpenSSL reads certificates from files only; this one is ours alone and gone at once.
    with tempfile.NamedTemporaryFile(prefix="kubectl-calico-nic-") as file:
        file.write(credentials.certificate + b"\n" + credentials.key)
        file.flush()
        try:
            # The password keeps OpenSSL from asking for one on the terminal.
            context.load_cert_chain(file.name, password="")
        except ssl.SSLError as error:
            problem = "failed to parse the client certificate or its private key"
            if error.reason == "KEY_VALUES_MISMATCH":
                problem = "private key does not match public key"
        else:
            return
    raise _unusable(credentials, problem)


def _pem_problem(credentials: Credentials) -> str:
    """What Go's tls.X509KeyPair says of input that holds something else."""
    certificate, key = credentials.certificate, credentials.key
    for what, pem in (("certificate", certificate), ("key", key)):
        if _BEGIN not in pem:
            return f"failed to find any PEM data in {what} input"
    if b"CERTIFICATE-----" not in certificate and b"PRIVATE KEY-----" in certificate:
        return (
            "failed to find certificate PEM data in certificate input, but did find a private "
            "key; PEM inputs may have been switched"
        )
    if b"PRIVATE KEY-----" not in key and b"CERTIFICATE-----" in key:
        return "found a certificate rather than a key in the PEM for the private key"
    return ""


def _unusable(credentials: Credentials, problem: str) -> ClusterError:
    """As kubectl words it: it reads files while it connects, and data before that."""
    if credentials.certificate_from_files:
        return ConnectionFailed(f"tls: {problem}", transient=False, sent=False)
    return CredentialsError(f"tls: {problem}")


def _read(path: str) -> bytes:
    if not path:
        return b""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise KubeconfigError(go_os_error("open", path, error)) from None
