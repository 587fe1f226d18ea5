import { render as draw } from "preact";
import { useEffect, useMemo, useReducer, useState } from "preact/hooks";

import type { AnnotationState } from "../../state/index.js";
import { Button, Region, Select, Toolbar } from "../shared/controls.js";
import { useShared } from "../shared/hooks.js";
import { Thumbnails } from "../shared/thumbnails.js";
import type { Render, WidgetModel } from "../shared/widget-model.js";

export const render: Render<AnnotationState> = ({ model, el }) => {
  draw(<Annotation widget={model} />, el);
  return () => {
    draw(null, el);
  };
};

function Annotation({ widget }: { readonly widget: WidgetModel<AnnotationState> }) {
  const [rows] = useShared(widget, "rows");
  const [labels] = useShared(widget, "labels");
  const [page, setPage] = useShared(widget, "page");
  const [pageCount] = useShared(widget, "pageCount");
  const [selected, select] = useState<string>();
  const thumbnails = useMemo(() => new Thumbnails(widget, 160), [widget]);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(
    () =>
      thumbnails.onLoad(() => {
        redraw(undefined);
      }),
    [thumbnails],
  );
  useEffect(
    () => () => {
      thumbnails.dispose();
    },
    [thumbnails],
  );
  useEffect(() => {
    thumbnails.load(rows.map(({ id }) => id));
  }, [rows, thumbnails]);
  return (
    <Region name="Annotation">
      <Toolbar name="Pages and labels">
        <Button
          label="Previous page"
          icon="previous"
          iconOnly
          disabled={page === 0}
          onClick={() => {
            setPage(page - 1);
          }}
        />
        <Button
          label="Next page"
          icon="next"
          iconOnly
          disabled={page + 1 >= pageCount}
          onClick={() => {
            setPage(page + 1);
          }}
        />
        <Select
          label="Label"
          value={rows.find(({ id }) => id === selected)?.labels[0] ?? ""}
          disabled={selected === undefined}
          choices={labels.map((value) => ({ value }))}
          onChange={(label) => {
            widget.send({ set: selected, label });
          }}
        />
      </Toolbar>
      <div role="listbox" aria-label="Images" class="sightbook-grid">
        {rows.map((row) => (
          <div
            key={row.id}
            role="option"
            tabIndex={0}
            aria-selected={row.id === selected}
            aria-label={`${row.name}, ${row.labels.join(", ")}`}
            onClick={() => {
              select(row.id);
            }}
          >
            <img alt="" src={thumbnails.get(row.id) ?? ""} />
            <span>{row.labels.join(", ")}</span>
          </div>
        ))}
      </div>
    </Region>
  );
}
