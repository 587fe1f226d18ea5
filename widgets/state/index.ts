export type { AnnotationRow, AnnotationState } from "./annotation.js";
export type { Answer, Question } from "./messages.js";
export { aboutThumbnails, type ThumbnailsQuestion } from "./thumbnails.js";
