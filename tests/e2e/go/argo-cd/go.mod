// Pins Argo CD, whose CustomResourceDefinition of Application the end-to-end tests install.
module example.invalid/argo-cd

go 1.26.0

require github.com/argoproj/argo-cd/v3 v3.2.0
