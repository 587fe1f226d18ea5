import type { JsonObject, Widget, WidgetState } from "../../kernel/index.js";

/** What a view gets back: a value as JSON, and bytes beside it. */
export interface AnswerContent {
  readonly content?: unknown;
  readonly buffers?: readonly Uint8Array[];
}

/** Answers one kind of question of the views; an error it throws is shown there by its message. */
export type Answerer = (content: never) => Promise<AnswerContent>;

/**
 * Answers what the views of `widget` ask, by the name of what the question is about. Each answer is sent when it is ready,
 * so a slow one holds up no other.
 */
export function answerQuestions<S extends WidgetState>(
  widget: Widget<S>,
  answerers: Readonly<Record<string, Answerer>>,
): void {
  widget.onMessage(({ ask, about, content }) => {
    if (typeof ask !== "string" || typeof about !== "string") return;
    const answerer = answerers[about];
    if (answerer === undefined) {
      widget.send({ answer: ask, error: `Nothing is known about ${about}.` });
      return;
    }
    void answerer(content as never).then(
      (answer) => {
        widget.send({ answer: ask, content: (answer.content ?? null) as JsonObject }, answer.buffers);
      },
      (error: unknown) => {
        widget.send({ answer: ask, error: error instanceof Error ? error.message : String(error) });
      },
    );
  });
}
