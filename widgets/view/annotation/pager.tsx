import { useEffect, useState } from "preact/hooks";

import { Button, TextField, Toolbar } from "../shared/controls.js";

export interface PagerProps {
  /** From 0. */
  readonly page: number;
  readonly pageCount: number;
  readonly onTurn: (page: number) => void;
}

export function Pager({ page, pageCount, onTurn }: PagerProps) {
  const [typed, setTyped] = useState(String(page + 1));
  useEffect(() => {
    setTyped(String(page + 1));
  }, [page]);
  const jump = (text: string): void => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= 1 && number <= pageCount) onTurn(number - 1);
  };
  return (
    <Toolbar name="Pages">
      <Button
        label="Previous page"
        icon="previous"
        shortcut="PageUp"
        disabled={page === 0}
        onClick={() => {
          onTurn(page - 1);
        }}
      />
      <span class="sightbook-field">
        <TextField
          label="Page"
          type="number"
          min={1}
          max={pageCount}
          step={1}
          size={5}
          value={typed}
          onInput={(text) => {
            setTyped(text);
            jump(text);
          }}
        />
        <span class="sightbook-muted">of {pageCount.toLocaleString("en")}</span>
      </span>
      <Button
        label="Next page"
        icon="next"
        shortcut="PageDown"
        disabled={page + 1 >= pageCount}
        onClick={() => {
          onTurn(page + 1);
        }}
      />
    </Toolbar>
  );
}
