import type { LabelEdit } from "../../state/index.js";
import { labelPlaceOf } from "./keys.js";
import { extend, noSelection, selectAll, selectOne, toggle, type Selection } from "./selection.js";

/** What keys act on, and what they can do. */
export interface KeyContext {
  /** Images of the page. */
  readonly ids: readonly string[];
  readonly labels: readonly string[];
  readonly columns: number;
  readonly selection: Selection;
  /** Images that an edit is for. */
  readonly targets: readonly string[];
  readonly allExcluded: boolean;
  readonly connected: boolean;
  readonly edit: (edit: LabelEdit) => void;
  readonly select: (selection: Selection) => void;
  readonly turnBy: (pages: number) => void;
  readonly zoom: (id: string) => void;
  readonly showKeys: () => void;
}

/**
 * Acts on a key that was pressed inside the widget. Keys typed into a field are the field's own, and so are the keys that
 * move and press a button; none goes on to the notebook, whose shortcuts would act on it.
 */
export function actOnKey(event: KeyboardEvent, context: KeyContext): void {
  event.stopPropagation();
  const target = event.target as HTMLElement;
  if (event.isComposing || target.closest("input:not([type=checkbox]), select, textarea") !== null) return;
  const acted =
    event.ctrlKey || event.metaKey
      ? command(event, context)
      : !event.altKey && (anywhere(event, context) || (isGrid(target) && inGrid(event, context)));
  if (acted) event.preventDefault();
}

function isGrid(target: HTMLElement): boolean {
  return target.closest("[role=listbox]") !== null;
}

function command(event: KeyboardEvent, context: KeyContext): boolean {
  switch (event.key.toLowerCase()) {
    case "z":
      return edit(context, { action: event.shiftKey ? "redo" : "undo" });
    case "y":
      return edit(context, { action: "redo" });
    case "a":
      context.select(selectAll(context.ids, context.selection));
      return true;
    default:
      return isGrid(event.target as HTMLElement) && inGrid(event, context);
  }
}

/** Keys that act wherever the focus is, also in the large view. */
function anywhere(event: KeyboardEvent, context: KeyContext): boolean {
  const { key } = event;
  if (key === "?") {
    context.showKeys();
    return true;
  }
  if (key === "PageDown" || key === "PageUp") {
    context.turnBy(key === "PageDown" ? 1 : -1);
    return true;
  }
  if (key === "Delete" || key === "Backspace") {
    return edit(context, { action: context.allExcluded ? "restore" : "exclude", ids: context.targets });
  }
  const place = labelPlaceOf(event);
  const label = place === undefined ? undefined : context.labels[place];
  if (label === undefined) return false;
  return edit(context, { action: event.shiftKey ? "toggleLabel" : "setLabel", ids: context.targets, label });
}

function inGrid(event: KeyboardEvent, context: KeyContext): boolean {
  const { ids, columns, selection, select } = context;
  const place = Math.max(0, ids.indexOf(selection.current ?? ""));
  const id = ids[place];
  if (id === undefined) return false;
  if (event.key === " ") {
    select(event.shiftKey ? extend(ids, selection, id) : toggle(selection, id));
    return true;
  }
  if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
    context.zoom(id);
    return true;
  }
  if (event.key === "Escape") {
    select({ ...noSelection, current: id });
    return true;
  }
  const to = moved(event.key, place, columns, ids.length);
  if (to === undefined) return false;
  if (to < 0 || to >= ids.length) {
    context.turnBy(to < 0 ? -1 : 1);
    return true;
  }
  const next = ids[to]!;
  if (event.shiftKey) select(extend(ids, selection, next));
  else if (event.ctrlKey || event.metaKey) select({ ...selection, current: next });
  else select(selectOne(next));
  return true;
}

/** Where a key leads from a place; outside the page, to the page before or behind. */
function moved(key: string, place: number, columns: number, count: number): number | undefined {
  switch (key) {
    case "ArrowLeft":
      return place - 1;
    case "ArrowRight":
      return place + 1;
    case "ArrowUp":
      return place - columns;
    case "ArrowDown":
      // From the row above a shorter last one, to its end.
      return place + columns >= count && Math.floor(place / columns) < Math.floor((count - 1) / columns)
        ? count - 1
        : place + columns;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

function edit({ connected, edit, targets }: KeyContext, what: LabelEdit): boolean {
  if (connected && (!("ids" in what) || targets.length > 0)) edit(what);
  return true;
}
