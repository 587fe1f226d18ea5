export type { AnnotationQuery, AnnotationRow, AnnotationState } from "./annotation.js";
export { listedConfusions, tableLabels, type ConfusionCell } from "./confusions.js";
export { aboutEdit, type LabelEdit, type LabelEditAnswer } from "./edits.js";
export type { Answer, Question } from "./messages.js";
export type {
  MonitorBar,
  MonitorChart,
  MonitorLine,
  MonitorPhase,
  MonitorState,
  MonitorTable,
} from "./monitor.js";
export { aboutPicture, type PictureFacts, type PictureQuestion } from "./pictures.js";
export {
  aboutGoal,
  type DrawnCurve,
  type GoalQuestion,
  type PrecisionRecallState,
  type ThresholdChoice,
  type ThresholdPoint,
} from "./precision-recall.js";
export {
  allResults,
  resultsOrders,
  shownProblems,
  type ResultsFilters,
  type ResultsFound,
  type ResultsImage,
  type ResultsOrder,
  type ResultsRow,
  type ResultsState,
} from "./results.js";
export type {
  OverviewDuplicates,
  OverviewImage,
  OverviewSearch,
  OverviewSize,
  OverviewState,
} from "./overview.js";
export { aboutThumbnails, type ThumbnailsAnswer, type ThumbnailsQuestion } from "./thumbnails.js";
