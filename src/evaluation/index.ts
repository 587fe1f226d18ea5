export type {
  Classifier,
  ImageProblem,
  LabelledImage,
  LabelledImages,
  PredictionOptions,
  PredictionProgress,
  ProbabilityPredictions,
} from "./classifier.js";
