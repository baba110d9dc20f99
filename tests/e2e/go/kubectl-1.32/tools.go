//go:build tools

// Package kubectl pins an older kubectl that the tests run the plugin below.
package kubectl

import (
	_ "k8s.io/kubernetes/cmd/kubectl"
)
