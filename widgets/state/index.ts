export type { AnnotationRow, AnnotationState } from "./annotation.js";
export type { Answer, Question } from "./messages.js";
export type {
  MonitorBar,
  MonitorChart,
  MonitorLine,
  MonitorPhase,
  MonitorState,
  MonitorTable,
} from "./monitor.js";
export { aboutThumbnails, type ThumbnailsQuestion } from "./thumbnails.js";
