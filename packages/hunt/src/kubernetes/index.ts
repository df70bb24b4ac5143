/** Hunts on a Kubernetes cluster. Needs the package `@kubernetes/client-node`. */
export { openCluster } from './cluster.ts'
export { type ClusterHooks, huntOnCluster } from './hunt.ts'
export { type ClusterSettings, jobManifest } from './manifest.ts'
