import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { aboutEdit, type LabelEdit, type LabelEditAnswer } from "../../state/index.js";
import { ask } from "./ask.js";
import type { WidgetModel } from "./widget-model.js";

export interface Edits {
  /** Sends an edit to the kernel; those that are sent while it is busy are applied in their order when it is free. */
  readonly edit: (edit: LabelEdit) => void;
  /** Edits that the kernel has not applied yet, shown when it takes longer than an idle kernel needs. */
  readonly waiting: readonly LabelEdit[];
}

/** A kernel that is free applies an edit within this time. */
const patienceMs = 400;

/** Edits of a view on their way to the kernel. */
export function useEdits(widget: WidgetModel<object>): Edits {
  const sent = useRef(new Set<LabelEdit>());
  const [waiting, setWaiting] = useState<readonly LabelEdit[]>([]);
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
      .catch(() => undefined) // the host says in the shared state what went wrong
      .finally(() => {
        clearTimeout(timer);
        sent.current.delete(edit);
        setWaiting((before) => (before.length === 0 ? before : [...sent.current]));
      });
  };
  return { edit, waiting };
}
