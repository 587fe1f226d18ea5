import { SightbookError } from "../errors.js";

/** Short and stable names of what a scoring request can meet. */
export type ScoringErrorCode =
  | "bad_request"
  | "unauthorized"
  | "not_found"
  | "too_large"
  | "unsupported_media_type"
  | "unreadable_image"
  | "overloaded"
  | "draining"
  | "deadline_exceeded"
  | "client_left"
  | "inference_failed"
  | "internal";

/** Why a request was not scored: an HTTP status, a short name and one sentence. */
export class ScoringError extends SightbookError {
  override readonly name = "ScoringError";

  /**
   * @param status - HTTP status.
   * @param retryAfterSeconds - When trying again makes sense.
   */
  constructor(
    readonly status: number,
    readonly code: ScoringErrorCode,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}
