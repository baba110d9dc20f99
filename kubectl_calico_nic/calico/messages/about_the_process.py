"""How Calico words what frames a start: names, datastore, services, readiness.

Mirrors startup.go, utils.go, nodeservices.go and health.go of calico-node, and its rc.local.
"""

from __future__ import annotations

from kubectl_calico_nic.calico.messages.event import Event
from kubectl_calico_nic.calico.messages.message_definition import Source, wordings

_FRAME = (
    *wordings(
        "INFO",
        Source.STARTUP,
        (Event.LOG_LEVEL_SET, "Early log level set to {level}"),
        (Event.STARTING_NODE, "Starting node {node} with version {version}", "v3.18.0"),
        (Event.DATASTORE_CHECKED, "Checking datastore connection"),
        (Event.DATASTORE_RETRIED, "Hit error connecting to datastore - retry error={error}"),
        (Event.DATASTORE_VERIFIED, "Datastore connection verified"),
        (Event.DATASTORE_READY, "Datastore is ready"),
        (Event.DATASTORE_SKIPPED, "Skipping datastore connection test"),
        (Event.NODE_UNREADABLE, "Unable to query node configuration Name={node:q} error={error}"),
        (Event.NODE_NEW, "Building new node resource Name={node:q}"),
        (Event.BGP_INITIALIZED, "Initialize BGP data"),
        (Event.AS_FROM_ENVIRONMENT, "Using AS number specified in environment (AS={number})"),
        (Event.AS_GLOBAL, "No AS number configured on node resource, using global value"),
        (Event.AS_FROM_NODE, "Using AS number {number} configured in node resource"),
        (Event.POOLS_SKIPPED, "Skipping IP pool configuration"),
        (Event.USING_NODE_NAME, "Using node name: {node}"),
    ),
    *wordings(
        "WARNING",
        Source.STARTUP,
        (
            Event.DATASTORE_UNAUTHORIZED,
            "Connection to the datastore is unauthorized",
            "v3.0.0",
            "v3.14.2",
        ),
        (
            Event.DATASTORE_UNAUTHORIZED,
            "Connection to the datastore is unauthorized error={error}",
            "v3.15.0",
        ),
        (Event.NODE_QUERY_FATAL, "Unable to access datastore to query node configuration"),
    ),
    *wordings(
        "ERROR",
        Source.STARTUP,
        (Event.LOG_LEVEL_INVALID, "Failed to parse log level, defaulting to info. error={error}"),
        (
            Event.KUBERNETES_NODE_UNREADABLE,
            "Failed to read Node from datastore error={error}",
            "v3.22.0",
        ),
        (Event.NODE_UPDATE_FAILED, "Unable to set node resource configuration error={error}"),
    ),
    *wordings(
        "INFO",
        Source.NODENAME,
        (
            Event.NODENAME_UNSET,
            "NODENAME environment not specified - check HOSTNAME",
            "v3.0.0",
            "v3.0.4",
        ),
        (
            Event.NODENAME_FROM_ENVIRONMENT,
            "Using NODENAME environment for node name",
            "v3.0.5",
            "v3.17.6",
        ),
        (
            Event.NODENAME_FROM_ENVIRONMENT,
            "Using NODENAME environment for node name {node}",
            "v3.18.0",
        ),
        (Event.NODENAME_FROM_FILE, "Using stored node name from {path}", "v3.1.0", "v3.17.6"),
        (Event.NODENAME_FROM_FILE, "Using stored node name {node} from {path}", "v3.18.0"),
        (
            Event.NODENAME_FROM_HOSTNAME,
            "Using HOSTNAME environment (lowercase) for node name",
            "v3.0.5",
            "v3.17.6",
        ),
        (
            Event.NODENAME_FROM_HOSTNAME,
            "Using HOSTNAME environment (lowercase) for node name {node}",
            "v3.18.0",
        ),
        (Event.NODENAME_DETERMINED, "Node name: {node}", "v3.0.5", "v3.0.11"),
        (Event.NODENAME_DETERMINED, "Determined node name: {node}", "v3.1.0"),
    ),
    *wordings("WARNING", Source.NODENAME, (Event.TERMINATING, "Terminating")),
    *wordings(
        "WARNING",
        Source.KUBECONFIG,
        (
            Event.IN_CLUSTER_CONFIG,
            "Neither --kubeconfig nor --master was specified.  Using the inClusterConfig."
            "  This might not work.",
            "v3.27.0",
            "v3.29.7",
        ),
    ),
    *wordings(
        "INFO",
        Source.KUBECONFIG,
        (
            Event.IN_CLUSTER_CONFIG,
            "Neither --kubeconfig nor --master was specified.  Using the inClusterConfig.",
            "v3.30.0",
            "v3.30.7",
        ),
    ),
)

_SERVICES = (
    *wordings(
        "DEBUG",
        Source.MONITOR,
        (Event.MONITOR_TICK, "Checking node IP address every {interval}", "v3.15.2"),
    ),
    *wordings(
        "INFO",
        Source.MONITOR,
        (Event.MONITOR_UPDATED, "Updated node IP addresses", "v3.15.2"),
        (
            Event.MONITOR_SKIPPED,
            "Skipped monitoring node IP changes when CALICO_NETWORKING_BACKEND=none",
            "v3.26.0",
            "v3.26.1",
        ),
    ),
    *wordings(
        "ERROR",
        Source.MONITOR,
        (
            Event.MONITOR_RETRIED,
            "Unable to set node resource configuration, retrying... error={error}",
            "v3.15.2",
        ),
        (
            Event.MONITOR_INTERVAL_INVALID,
            "error parsing node IP auto-detect polling interval {interval} error={error}",
            "v3.15.2",
        ),
    ),
    *wordings(
        "INFO",
        Source.SERVICES,
        (Event.SERVICE_STARTED, "Starting {service} service", "v3.32.0"),
    ),
    *wordings(
        "FATAL",
        Source.SERVICES,
        (Event.SERVICES_FAILED, "Node services exiting due to error error={error}", "v3.32.0"),
    ),
    *wordings(
        "INFO",
        Source.COMPLETE,
        (Event.NETWORK_UNAVAILABLE_SET, "Setting NetworkUnavailable to False", "v3.3.1", "v3.3.7"),
        (Event.NETWORK_UNAVAILABLE_SET, "Setting NetworkUnavailable to False", "v3.4.1", "v3.19.4"),
        (
            Event.COMPLETE_WAITING,
            "Waiting for Calico to become ready before continuing...",
            "v3.31.0",
        ),
        (
            Event.COMPLETE_SKIPPED,
            "Calico is not managing networking, skipping NetworkUnavailable condition update",
            "v3.31.0",
        ),
        (Event.COMPLETE, "Calico started successfully", "v3.31.0"),
    ),
    *wordings(
        "INFO",
        Source.CONDITION,
        (Event.NETWORK_UNAVAILABLE_SET, "Setting NetworkUnavailable to {value}", "v3.20.0"),
    ),
    *wordings(
        "WARNING",
        Source.COMPLETE,
        (
            Event.COMPLETE_NOT_READY,
            "Calico is not ready yet, waiting... reason={reason:q}",
            "v3.31.0",
        ),
    ),
    *wordings(
        "ERROR",
        Source.COMPLETE,
        (
            Event.COMPLETE_TIMED_OUT,
            "Calico failed to become ready, continuing anyway error={error}",
            "v3.31.0",
        ),
        (
            Event.NETWORK_UNAVAILABLE_FAILED,
            "Unable to set NetworkUnavailable to False error={error}",
            "v3.3.1",
        ),
    ),
    *wordings(
        "INFO",
        Source.HEALTH,
        (
            Event.BGP_PEERS,
            "Number of node(s) with BGP peering established = {count}",
            "v3.5.3",
        ),
    ),
    *wordings(
        "",
        Source.SHELL,
        (Event.NODE_STARTED, "Calico node started successfully"),
        (Event.NODE_NOT_STARTED, "Calico node failed to start"),
        (
            Event.NODENAME_FILE_MISSING,
            "/var/lib/calico/nodename does not exist, exiting",
            "v3.1.0",
        ),
        (Event.BGP_DAEMON, "CALICO_NETWORKING_BACKEND is {backend} - {action}"),
        (Event.DATASTORE_CONFIG_ERROR, "ERROR: Error loading datastore config: {error}"),
        (Event.DATASTORE_ACCESS_ERROR, "ERROR: Error accessing the Calico datastore: {error}"),
        (Event.NOT_READY, "calico/node is not ready: {reason}", "v3.2.0"),
    ),
)

FRAME_WORDINGS = (*_FRAME, *_SERVICES)
"""Every wording that says nothing of an address itself."""
