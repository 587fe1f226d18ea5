/**
 * What a view asks its host beside the shared state, as for pictures, which are too many to be state. The answer
 * comes back as a message with the same number; other views of the widget hear it too and let it pass.
 */
export type Question<Content = unknown> = {
  /** Names the question, different in every view and every time. */
  readonly ask: string;
  /** What is asked, by the name that the host knows it by. */
  readonly about: string;
  readonly content: Content;
};

/** The host's answer: what was asked for, or a sentence that says why there is nothing. */
export type Answer<Content = unknown> =
  | { readonly answer: string; readonly content: Content }
  | { readonly answer: string; readonly error: string };
