import { render as draw } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import type { AnnotationState } from "../../state/index.js";
import { NeedsKernel, useConnected } from "../shared/connection.js";
import {
  Button,
  Checkbox,
  EmptyState,
  Notice,
  Region,
  Select,
  Status,
  TextField,
  Toolbar,
} from "../shared/controls.js";
import { unanswered, useEdits } from "../shared/edits.js";
import { useShared } from "../shared/hooks.js";
import { Thumbnails } from "../shared/thumbnails.js";
import type { Render, WidgetModel } from "../shared/widget-model.js";
import { Zoom } from "../shared/zoom.js";
import { Filters } from "./filters.js";
import { ImageGrid } from "./image-grid.js";
import { KeyList } from "./key-list.js";
import { commandKey } from "./keys.js";
import { LabelBar } from "./label-bar.js";
import { Pager } from "./pager.js";
import { keepSelection, noSelection, selectAll, type Selection } from "./selection.js";
import { useGridSize } from "./grid-size.js";
import { actOnKey } from "./act-on-key.js";
import "./annotation.css";

export const render: Render<AnnotationState> = ({ model, el }) => {
  draw(<Annotation widget={model} />, el);
  return () => {
    draw(null, el);
  };
};

function Annotation({ widget }: { readonly widget: WidgetModel<AnnotationState> }) {
  const [rows] = useShared(widget, "rows");
  const [labels] = useShared(widget, "labels");
  const [counts] = useShared(widget, "counts");
  const [page, setPage] = useShared(widget, "page");
  const [pageCount] = useShared(widget, "pageCount");
  const [pageSize, setPageSize] = useShared(widget, "pageSize");
  const [total] = useShared(widget, "total");
  const [canUndo] = useShared(widget, "canUndo");
  const [canRedo] = useShared(widget, "canRedo");
  const [said] = useShared(widget, "said");
  const [trouble] = useShared(widget, "trouble");
  const connected = useConnected(widget);
  const edits = useEdits(widget);
  const { edit, waiting } = edits;
  const thumbnails = useMemo(() => new Thumbnails(widget), [widget]);
  useEffect(
    () => () => {
      thumbnails.dispose();
    },
    [thumbnails],
  );

  const frame = useRef<HTMLDivElement>(null);
  const { columns, tileWidth, gridRows } = useGridSize(frame);
  useEffect(() => {
    const wanted = columns * gridRows;
    if (connected && wanted > 0 && wanted !== widget.get("pageSize")) setPageSize(wanted);
  }, [columns, gridRows, connected]);

  const ids = rows.map(({ id }) => id);
  const [chosen, setChosen] = useState<Selection>(noSelection);
  const idsBefore = useRef(ids);
  const selection = keepSelection(idsBefore.current, ids, chosen);
  useLayoutEffect(() => {
    idsBefore.current = ids;
    setChosen(selection);
  }, [rows]);

  const [adding, setAdding] = useState(false);
  const [newLabel, setNewLabel] = useState("");
  const [zoomed, setZoomed] = useState<string>();
  const [showsKeys, setShowsKeys] = useState(false);

  const zoomedRow = rows.find(({ id }) => id === zoomed);
  const selectedRows = rows.filter(({ id }) => selection.selected.has(id));
  const targets =
    zoomed !== undefined
      ? [zoomed]
      : selectedRows.length > 0
        ? selectedRows.map(({ id }) => id)
        : selection.current !== undefined
          ? [selection.current]
          : [];
  const targetRows = rows.filter(({ id }) => targets.includes(id));
  const common = new Set(
    labels.filter((label) => targetRows.length > 0 && targetRows.every((row) => row.labels.includes(label))),
  );
  const firstLabels = new Set(targetRows.map((row) => row.labels[0] ?? ""));
  const choose = (label: string, add: boolean): void => {
    if (targets.length === 0) return;
    edit({ action: add || adding ? "toggleLabel" : "setLabel", ids: targets, label });
  };
  const turnTo = (to: number): void => {
    if (connected && to >= 0 && to < pageCount && to !== page) setPage(to);
  };
  const addLabel = (): void => {
    const label = newLabel.trim();
    if (label === "") return;
    edit({ action: "addLabel", label });
    setNewLabel("");
  };
  const step = (by: number): void => {
    const place = ids.indexOf(zoomed ?? "") + by;
    if (place >= 0 && place < ids.length) {
      setZoomed(ids[place]);
      setChosen({ selected: new Set([ids[place]!]), current: ids[place], anchor: ids[place] });
    }
  };
  const waitingIds = new Set(waiting.flatMap((each) => ("ids" in each ? each.ids : [])));
  const off = targets.length === 0;
  const onKeyDown = (event: KeyboardEvent): void => {
    actOnKey(event, {
      ids,
      labels,
      columns,
      selection,
      targets,
      allExcluded: targetRows.length > 0 && targetRows.every(({ excluded }) => excluded),
      connected,
      edit,
      select: setChosen,
      turnBy: (by) => {
        turnTo(page + by);
      },
      zoom: setZoomed,
      showKeys: () => {
        setShowsKeys(true);
      },
    });
  };
  return (
    <Region name="Annotation">
      <NeedsKernel
        connected={connected}
        ended="Your edits are kept beside the images. Run the cell again to go on where you were."
      >
        <div ref={frame} class="sightbook-annotation" onKeyDown={onKeyDown}>
          {trouble !== "" && <Notice kind="error">{trouble}</Notice>}
          <Filters widget={widget} />
          <Toolbar name="Edit">
            <Select
              label="Label"
              value={firstLabels.size === 1 ? [...firstLabels][0]! : ""}
              choices={[
                { value: "", text: targets.length === 0 ? "Select images" : "Several" },
                ...labels.map((value) => ({ value })),
              ]}
              disabled={off}
              onChange={(label) => {
                if (label !== "") choose(label, false);
              }}
            />
            <Checkbox label="Add" checked={adding} onChange={setAdding} />
            <span class="sightbook-field">
              <TextField
                label="New label"
                size={8}
                value={newLabel}
                onInput={setNewLabel}
                onEnter={addLabel}
              />
              <Button
                label="Add label"
                icon="add"
                iconOnly
                disabled={newLabel.trim() === ""}
                onClick={addLabel}
              />
            </span>
            <Button
              label="Exclude"
              icon="exclude"
              shortcut="Delete"
              disabled={off || targetRows.every(({ excluded }) => excluded)}
              onClick={() => {
                edit({ action: "exclude", ids: targets });
              }}
            />
            <Button
              label="Restore"
              icon="restore"
              shortcut="Delete"
              disabled={off || !targetRows.some(({ excluded }) => excluded)}
              onClick={() => {
                edit({ action: "restore", ids: targets });
              }}
            />
            <Button
              label="Undo"
              icon="undo"
              iconOnly
              shortcut={`${commandKey}Z`}
              disabled={!canUndo}
              onClick={() => {
                edit({ action: "undo" });
              }}
            />
            <Button
              label="Redo"
              icon="redo"
              iconOnly
              shortcut={`${commandKey}Shift+Z`}
              disabled={!canRedo}
              onClick={() => {
                edit({ action: "redo" });
              }}
            />
            <Button
              label="Zoom"
              icon="zoom"
              shortcut="Enter"
              disabled={off}
              onClick={() => {
                setZoomed(selection.current ?? targets[0]);
              }}
            />
            <Button
              label="Select page"
              icon="check"
              shortcut={`${commandKey}A`}
              disabled={ids.length === 0}
              onClick={() => {
                setChosen(selectAll(ids, selection));
              }}
            />
            <Button
              label="Keys"
              icon="keyboard"
              iconOnly
              shortcut="?"
              onClick={() => {
                setShowsKeys(true);
              }}
            />
          </Toolbar>
          <LabelBar
            labels={labels}
            counts={counts}
            selected={targets.length}
            common={common}
            adding={adding}
            onChoose={choose}
          />
          {rows.length > 0 ? (
            <ImageGrid
              rows={rows}
              thumbnails={thumbnails}
              columns={columns}
              tileWidth={tileWidth}
              fullRows={Math.max(1, Math.ceil(Math.min(pageSize, total) / columns))}
              selection={selection}
              waiting={waitingIds}
              connected={connected}
              onSelect={setChosen}
              onZoom={(id) => {
                setChosen({ selected: new Set([id]), current: id, anchor: id });
                setZoomed(id);
              }}
            />
          ) : (
            <EmptyState title="No image fits these filters">
              Clear the search, choose all labels, or untick Edited, Problem and Excluded.
            </EmptyState>
          )}
          <div class="sightbook-annotation-foot">
            <Pager page={page} pageCount={pageCount} onTurn={turnTo} />
            <Status>
              {unanswered(edits) ??
                (connected ? said || "Select an image and press the key of its label." : "")}
            </Status>
          </div>
        </div>
      </NeedsKernel>
      {zoomedRow !== undefined && (
        <Zoom
          widget={widget}
          image={zoomedRow}
          hasPrevious={rows.indexOf(zoomedRow) > 0}
          hasNext={rows.indexOf(zoomedRow) < rows.length - 1}
          onStep={step}
          onClose={() => {
            setZoomed(undefined);
          }}
          onKeyDown={onKeyDown}
        />
      )}
      {showsKeys && (
        <KeyList
          labels={labels}
          onClose={() => {
            setShowsKeys(false);
          }}
        />
      )}
    </Region>
  );
}
