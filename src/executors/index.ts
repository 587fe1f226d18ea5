export { containers, type ContainerExecutorOptions } from "./containers.js";
export { kubernetesJob, type KubernetesJobOptions } from "./kubernetes/kubernetes-job.js";
export { parseVolumePlace, type VolumePlace } from "./kubernetes/volumes.js";
