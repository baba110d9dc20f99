//go:build tools

// Package krew pins the plugin manager that the end-to-end tests build.
package krew

import (
	_ "sigs.k8s.io/krew/cmd/krew"
	_ "sigs.k8s.io/krew/cmd/validate-krew-manifest"
)
