import type { ClassificationDataset, DatasetEntry } from "../../src/index.js";
import type { AnnotationQuery, AnnotationRow, AnnotationState } from "../state/index.js";

export const firstQuery: AnnotationQuery = {
  page: 0,
  pageSize: 24,
  search: "",
  labelFilter: "",
  onlyEdited: false,
  onlyProblem: false,
  onlyExcluded: false,
};

const largestPage = 500;

/** The query after a view changed some of it; values that make no sense stay as they were. */
export function changedQuery(before: AnnotationQuery, changed: Partial<AnnotationQuery>): AnnotationQuery {
  const isCount = (value: number | undefined): value is number => Number.isInteger(value) && value! >= 0;
  const text = (name: "search" | "labelFilter"): string =>
    typeof changed[name] === "string" ? changed[name] : before[name];
  const flag = (name: "onlyEdited" | "onlyProblem" | "onlyExcluded"): boolean =>
    typeof changed[name] === "boolean" ? changed[name] : before[name];
  const filters = {
    search: text("search"),
    labelFilter: text("labelFilter"),
    onlyEdited: flag("onlyEdited"),
    onlyProblem: flag("onlyProblem"),
    onlyExcluded: flag("onlyExcluded"),
  };
  const sizeIsSensible = isCount(changed.pageSize) && changed.pageSize > 0 && changed.pageSize <= largestPage;
  const pageSize = sizeIsSensible ? changed.pageSize : before.pageSize;
  const sameFilters = Object.entries(filters).every(([name, value]) => before[name as "search"] === value);
  // Another page size shows the image again that was first on the page; other images begin at their first page.
  const kept = Math.floor((before.page * before.pageSize) / pageSize);
  const page = !sameFilters ? 0 : isCount(changed.page) ? changed.page : kept;
  return { ...filters, page, pageSize };
}

/** What the state says of the dataset; the page is the last one where the query asks for one behind it. */
export function queryDataset(
  dataset: ClassificationDataset,
  query: AnnotationQuery,
): Omit<AnnotationState, "said" | "trouble"> & { readonly nextIds: readonly string[] } {
  const { entries, labels } = dataset;
  const isMatch = matcher(query);
  const places = new Map(labels.map((label, place) => [label, place]));
  const counts = labels.map(() => 0);
  let [edited, problems, excluded] = [0, 0, 0];
  const matches: DatasetEntry[] = [];
  for (const entry of entries) {
    if (isMatch(entry)) matches.push(entry);
    if (entry.edited) edited++;
    if (entry.problem !== undefined) problems++;
    if (entry.excluded) excluded++;
    if (entry.excluded || entry.problem !== undefined) continue;
    for (const label of entry.labels) {
      const place = places.get(label);
      if (place !== undefined) counts[place]!++;
    }
  }
  const { pageSize } = query;
  const pageCount = Math.max(1, Math.ceil(matches.length / pageSize));
  const page = Math.min(query.page, pageCount - 1);
  const onPage = (number: number): DatasetEntry[] =>
    matches.slice(number * pageSize, (number + 1) * pageSize);
  return {
    ...query,
    page,
    labels,
    counts,
    total: entries.length,
    matching: matches.length,
    edited,
    problems,
    excluded,
    pageCount,
    rows: onPage(page).map(toRow),
    canUndo: dataset.canUndo,
    canRedo: dataset.canRedo,
    nextIds: onPage(page + 1).map(({ id }) => id),
  };
}

function matcher(query: AnnotationQuery): (entry: DatasetEntry) => boolean {
  const { labelFilter, onlyEdited, onlyProblem, onlyExcluded } = query;
  const search = fold(query.search.trim());
  return ({ id, labels, edited, problem, excluded }) =>
    (labelFilter === "" || labels.includes(labelFilter)) &&
    (!onlyEdited || edited) &&
    (!onlyProblem || problem !== undefined) &&
    (!onlyExcluded || excluded) &&
    (search === "" || fold(id).includes(search));
}

function fold(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

function toRow({ id, name, labels, edited, excluded, problem }: DatasetEntry): AnnotationRow {
  return { id, name, labels, edited, excluded, problem: problem?.message ?? "" };
}
