/** Which images of a page are selected, as in a file manager: one is current, and a range begins at the anchor. */
export interface Selection {
  readonly selected: ReadonlySet<string>;
  readonly current: string | undefined;
  readonly anchor: string | undefined;
}

export const noSelection: Selection = { selected: new Set(), current: undefined, anchor: undefined };

export function selectOne(id: string): Selection {
  return { selected: new Set([id]), current: id, anchor: id };
}

/** Takes one image in or out and leaves the others. */
export function toggle({ selected }: Selection, id: string): Selection {
  const changed = new Set(selected);
  if (!changed.delete(id)) changed.add(id);
  return { selected: changed, current: id, anchor: id };
}

/** Selects all from the anchor to `id`, in the order of `ids`. */
export function extend(ids: readonly string[], { anchor, current }: Selection, id: string): Selection {
  const from = Math.max(0, ids.indexOf(anchor ?? current ?? id));
  const to = ids.indexOf(id);
  const range = ids.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { selected: new Set(range), current: id, anchor: ids[from] };
}

export function selectAll(ids: readonly string[], { current }: Selection): Selection {
  return { selected: new Set(ids), current: current ?? ids[0], anchor: ids[0] };
}

/**
 * What is left of a selection when the page shows other images: where the current one left, its place is current, so that
 * work goes on with what moved there.
 */
export function keepSelection(
  before: readonly string[],
  after: readonly string[],
  selection: Selection,
): Selection {
  const isThere = new Set(after);
  const { current, anchor } = selection;
  const selected = new Set([...selection.selected].filter((id) => isThere.has(id)));
  if (current === undefined || isThere.has(current)) return { ...selection, selected };
  const place = Math.min(Math.max(0, before.indexOf(current)), after.length - 1);
  const next = after[place];
  return { selected, current: next, anchor: anchor !== undefined && isThere.has(anchor) ? anchor : next };
}
