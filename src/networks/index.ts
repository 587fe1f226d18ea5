export {
  inputsOf,
  parameterCount,
  parametersOf,
  stagesOf,
  type ActivationNode,
  type AddNode,
  type BatchNormNode,
  type ConvolutionNode,
  type DenseNode,
  type DropoutNode,
  type GlobalAveragePoolNode,
  type InputNode,
  type MaxPoolNode,
  type Network,
  type NetworkNode,
  type NormalizationNode,
  type Padding,
  type ParameterSpec,
  type Weights,
  type WeightTensor,
} from "./network.js";
export { NetworkBuilder, type Normalization } from "./builder.js";
export { imageNetNormalization, type NetworkOptions } from "./options.js";
export { resnet, type ResNetDepth } from "./resnet.js";
export { efficientNetLite, liteNormalization, type EfficientNetLiteVariant } from "./efficientnet-lite.js";
export { initializeParameter, initializeWeights } from "./initialize.js";
export {
  baseModel,
  baseModelNames,
  baseModels,
  buildNetwork,
  isBaseModelName,
  preprocessingOf,
  type BaseModel,
  type BaseModelName,
} from "./base-models.js";
export {
  describeProvenance,
  loadPretrainedWeights,
  type PretrainedOptions,
  type WeightsProvenance,
} from "./pretrained.js";
export { publishedWeights, type PublishedWeights } from "./sources/published.js";
export type { DownloadProgress } from "./sources/download.js";
export { fitWeights, type FittedWeights } from "./weights/fit-weights.js";
export { decodeWeights, readWeightsFile, type WeightsFormat } from "./weights/read-weights.js";
export { readSafetensors, writeSafetensors, type Safetensors } from "./weights/safetensors.js";
export { readTorchStateDict } from "./weights/torch-state-dict.js";
export { outputExtent, shapesOf, type ActivationShape } from "./shapes.js";
export { summary, type NetworkSummary, type SummaryRow } from "./summary.js";
export { validateNetwork } from "./validate.js";
