import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

import { gap } from "./image-grid.js";

export interface GridSize {
  readonly columns: number;
  /** CSS pixels. */
  readonly tileWidth: number;
  readonly gridRows: number;
}

/** How many images of which width fit: three rows of larger tiles, four of smaller ones where there is little room. */
export function gridSizeFor(width: number): GridSize {
  const [smallest, gridRows] = width < 600 ? [112, 4] : [150, 3];
  const columns = Math.max(1, Math.floor((width + gap) / (smallest + gap)));
  return { columns, tileWidth: Math.floor((width - (columns - 1) * gap) / columns), gridRows };
}

/** The grid's size in an element, as the element's width changes. */
export function useGridSize(element: RefObject<HTMLElement | null>): GridSize {
  const [size, setSize] = useState<GridSize>(() => gridSizeFor(900));
  useLayoutEffect(() => {
    const measure = (): void => {
      const width = element.current?.clientWidth ?? 0;
      // A view in a hidden tab has no width and keeps what it had.
      if (width > 0)
        setSize((before) =>
          before.tileWidth === gridSizeFor(width).tileWidth ? before : gridSizeFor(width),
        );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element.current!);
    return () => {
      observer.disconnect();
    };
  }, [element]);
  return size;
}
