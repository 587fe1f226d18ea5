import { useEffect, useLayoutEffect, useReducer, useRef } from "preact/hooks";

import type { AnnotationRow } from "../../state/index.js";
import type { Thumbnails } from "../shared/thumbnails.js";
import { extend, selectOne, toggle, type Selection } from "./selection.js";
import { Tile } from "./tile.js";

export interface ImageGridProps {
  readonly rows: readonly AnnotationRow[];
  readonly thumbnails: Thumbnails;
  readonly columns: number;
  readonly tileWidth: number;
  /** Rows of a full page: a page with fewer takes as much room, so that nothing below jumps. */
  readonly fullRows: number;
  readonly selection: Selection;
  readonly waiting: ReadonlySet<string>;
  /** Whether there is a kernel that a picture can come from. */
  readonly connected: boolean;
  readonly onSelect: (selection: Selection) => void;
  readonly onZoom: (id: string) => void;
}

/** The images of a page. */
export function ImageGrid(props: ImageGridProps) {
  const { rows, thumbnails, columns, tileWidth, fullRows, selection, waiting, connected } = props;
  const { onSelect, onZoom } = props;
  const grid = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(
    () =>
      thumbnails.onLoad(() => {
        redraw(undefined);
      }),
    [thumbnails],
  );
  useEffect(() => {
    thumbnails.load(
      rows.map(({ id }) => id),
      tileWidth,
    );
  }, [rows, tileWidth, thumbnails]);

  const ids = rows.map(({ id }) => id);
  const current = selection.current ?? ids[0];
  // Tiles keep their places when the page turns, and the focus stays on the place; a place that vanished gives it on.
  const hadFocus = grid.current?.contains(activeElement(grid.current)) ?? false;
  useLayoutEffect(() => {
    const place = ids.indexOf(current ?? "");
    const tile = grid.current?.children[place] as HTMLElement | undefined;
    if (hadFocus && tile !== undefined && activeElement(tile) !== tile) tile.focus({ preventScroll: true });
  });
  return (
    <div
      ref={grid}
      role="listbox"
      aria-label="Images"
      aria-multiselectable="true"
      class="sightbook-images"
      style={{
        gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
        minHeight: connected
          ? `${fullRows * (tileWidth + captionHeight) + (fullRows - 1) * gap}px`
          : undefined,
      }}
    >
      {rows.map((row, place) => (
        <Tile
          key={place}
          row={row}
          // A problem is known before the picture is asked for.
          picture={thumbnails.get(row.id) ?? (connected && row.problem !== "" ? "" : undefined)}
          selected={selection.selected.has(row.id)}
          current={row.id === current}
          waiting={waiting.has(row.id)}
          connected={connected}
          onClick={(event) => {
            if (event.shiftKey) onSelect(extend(ids, selection, row.id));
            else if (event.ctrlKey || event.metaKey) onSelect(toggle(selection, row.id));
            else onSelect(selectOne(row.id));
          }}
          onFocus={() => {
            if (selection.current !== row.id) onSelect({ ...selection, current: row.id });
          }}
          onZoom={() => {
            onZoom(row.id);
          }}
        />
      ))}
    </div>
  );
}

/** Pixels between tiles, and of the text below a picture, as the style sheet has them. */
export const gap = 8;
export const captionHeight = 44;

function activeElement(within: Element): Element | null {
  return (within.getRootNode() as Document | ShadowRoot).activeElement;
}
