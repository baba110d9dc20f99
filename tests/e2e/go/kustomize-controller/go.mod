// Pins Flux's controller, whose CustomResourceDefinition of Kustomization the end-to-end tests install.
module example.invalid/kustomize-controller

go 1.26.0

require github.com/fluxcd/kustomize-controller v1.9.6
