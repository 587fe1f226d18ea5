export {
  Deployment,
  type DeploymentLoadTestOptions,
  type DeploymentOptions,
  type DeploymentPlace,
  type DeployOptions,
} from "./deployment.js";
export type { DockerImage } from "./docker/build-image.js";
export type { DeploymentKeys } from "./keys.js";
export type { ImageSource } from "./image-source.js";
export { checkCluster } from "./kubernetes/check-cluster.js";
export type { ClusterFinding } from "./kubernetes/finding.js";
export type { KubernetesOptions } from "./kubernetes/cluster-spec.js";
export type { RecordingOptions } from "./recording.js";
export type { ImageScore, ScoreImageOptions, ScoringService } from "./score-image.js";
export type { DeployableModel } from "./stored-versions.js";
export { targetNames } from "./targets.js";
export type { DeploymentStatus, LogOptions, TargetName } from "./target.js";
