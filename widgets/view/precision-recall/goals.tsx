import { useEffect, useMemo, useState } from "preact/hooks";

import { aboutGoal, type GoalQuestion } from "../../state/index.js";
import { ask } from "../shared/ask.js";
import { Button, Status, TextField } from "../shared/controls.js";
import type { WidgetModel } from "../shared/widget-model.js";

export interface GoalsProps {
  readonly widget: WidgetModel<object>;
  readonly of: number;
  readonly onClear: () => void;
}

/** Has the kernel choose the threshold that serves a goal best. */
export function Goals({ widget, of, onClear }: GoalsProps) {
  const [precision, setPrecision] = useState("0.95");
  const [message, setMessage] = useState("");
  const ended = useMemo(() => new AbortController(), []);
  useEffect(
    () => () => {
      ended.abort();
    },
    [ended],
  );
  const choose = (goal: GoalQuestion["goal"]): void => {
    const question: GoalQuestion = { of, goal };
    setMessage("");
    ask<number>(widget, aboutGoal, question, ended.signal).then(
      ({ content }) => {
        setMessage(`Threshold ${content.toFixed(4)} chosen.`);
      },
      (error: unknown) => {
        if (!ended.signal.aborted) setMessage(error instanceof Error ? error.message : String(error));
      },
    );
  };
  const asked = Number(precision);
  const isPrecision = precision.trim() !== "" && asked >= 0 && asked <= 1;
  const meetPrecision = (): void => {
    if (isPrecision) choose({ precision: asked });
  };
  return (
    <>
      <Button
        label="Best F1"
        onClick={() => {
          choose("f1");
        }}
      />
      <TextField
        label="Precision of at least"
        type="number"
        min={0}
        max={1}
        step={0.01}
        size={5}
        value={precision}
        onInput={setPrecision}
        onEnter={meetPrecision}
      />
      <Button label="Highest recall" disabled={!isPrecision} onClick={meetPrecision} />
      <Button label="No threshold" onClick={onClear} />
      <Status>{message}</Status>
    </>
  );
}
