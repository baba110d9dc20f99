// Pins the operator whose CustomResourceDefinitions the end-to-end tests install.
module example.invalid/operator

go 1.26.0

require github.com/tigera/operator v1.43.0
