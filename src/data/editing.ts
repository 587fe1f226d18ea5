import { ArgumentError } from "../errors.js";
import type { DatasetEntry } from "./image-record.js";
import { sameEdit, sameTexts, type ImageChange, type ImageEdit } from "./label-edits.js";
import type { DatasetStore } from "./store.js";

/** What changes about an image; what is absent stays. */
export interface EditChange {
  readonly labels?: readonly string[];
  readonly excluded?: true | undefined;
}

/**
 * The changes of a step, without those that change nothing.
 *
 * @throws {@link ArgumentError} for an id that is none of the store; nothing is changed then.
 */
export function changesOf(
  store: DatasetStore,
  where: string,
  ids: readonly string[],
  change: (entry: DatasetEntry) => EditChange,
): ImageChange[] {
  const changes: ImageChange[] = [];
  for (const id of new Set(ids)) {
    const index = store.indexOf(id);
    if (index === undefined) {
      const must = "the id of an image of this dataset";
      throw new ArgumentError(where, "id", must, id, "Take it from images[i].id.");
    }
    const before = store.edits.of(id) ?? null;
    const { labels, excluded } = { ...before, ...change(store.entries[index]!) };
    const isOwn = labels === undefined || sameTexts(labels, store.ownLabels(index));
    const edit: ImageEdit = { ...(!isOwn && { labels }), ...(excluded && { excluded }) };
    const after = Object.keys(edit).length === 0 ? null : edit;
    if (!sameEdit(before, after)) changes.push({ id, before, after });
  }
  return changes;
}
