export type { AnnotationQuery, AnnotationRow, AnnotationState } from "./annotation.js";
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
export { aboutThumbnails, type ThumbnailsAnswer, type ThumbnailsQuestion } from "./thumbnails.js";
