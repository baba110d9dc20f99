// Pins the controller of K3s and RKE2, whose CustomResourceDefinitions the end-to-end tests install.
module example.invalid/helm-controller

go 1.26.0

require github.com/k3s-io/helm-controller v0.17.9
