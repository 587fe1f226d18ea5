import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { aboutEdit, type LabelEdit, type LabelEditAnswer } from "../../state/index.js";
import { ask, KernelEndedError } from "./ask.js";
import type { WidgetModel } from "./widget-model.js";

export interface Edits {
  /** Sends an edit to the kernel; those that are sent while it is busy are applied in their order when it is free. */
  readonly edit: (edit: LabelEdit) => void;
  /** Edits that the kernel has not applied yet, shown when it takes longer than an idle kernel needs. */
  readonly waiting: readonly LabelEdit[];
  /** Edits that the kernel had not answered when it ended. */
  readonly lost: number;
}

/** A kernel that is free applies an edit within this time. */
const patienceMs = 400;

/** Edits of a view on their way to the kernel. */
export function useEdits(widget: WidgetModel<object>): Edits {
  const sent = useRef(new Set<LabelEdit>());
  const [waiting, setWaiting] = useState<readonly LabelEdit[]>([]);
  const [lost, setLost] = useState(0);
  const ended = useMemo(() => new AbortController(), [widget]);
  useEffect(
    () => () => {
      ended.abort();
    },
    [ended],
  );
  const edit = (edit: LabelEdit): void => {
    sent.current.add(edit);
    const timer = setTimeout(() => {
      setWaiting([...sent.current]);
    }, patienceMs);
    ask<LabelEditAnswer>(widget, aboutEdit, edit, ended.signal)
      .catch((error: unknown) => {
        // What else went wrong, the host says in the shared state.
        if (error instanceof KernelEndedError) setLost((before) => before + 1);
      })
      .finally(() => {
        clearTimeout(timer);
        sent.current.delete(edit);
        setWaiting((before) => (before.length === 0 ? before : [...sent.current]));
      });
  };
  return { edit, waiting, lost };
}

/** Says that edits wait for the kernel, or that it ended before it answered them; `undefined` when there are none. */
export function unanswered({ waiting, lost }: Edits): string | undefined {
  if (lost === 1) return "The kernel ended before it answered the last edit: check it when you go on.";
  if (lost > 1)
    return `The kernel ended before it answered the last ${lost} edits: check them when you go on.`;
  if (waiting.length === 0) return undefined;
  const edits = waiting.length === 1 ? "1 edit waits" : `${waiting.length} edits wait`;
  return `The kernel is busy. ${edits} and will be applied when it is free.`;
}
