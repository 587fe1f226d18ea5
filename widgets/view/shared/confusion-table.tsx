import { useRef, useState } from "preact/hooks";

import { tableLabels, type ConfusionCell } from "../../state/index.js";
import "./confusion-table.css";

export interface ConfusionsProps {
  readonly labels: readonly string[];
  /** A column behind the labels', such as "unknown". */
  readonly extraColumn?: string;
  readonly cells: readonly ConfusionCell[];
  /** Makes the cells buttons. */
  readonly onOpen?: (trueLabel: number, predictedLabel: number) => void;
  /** The cell whose images are shown. */
  readonly open?: readonly [trueLabel: number | null, predictedLabel: number | null];
}

/** A confusion matrix: true labels down, predicted labels across; of many labels a list of the most frequent confusions. */
export function Confusions(props: ConfusionsProps) {
  return props.labels.length <= tableLabels ? <ConfusionTable {...props} /> : <ConfusionList {...props} />;
}

/** With more labels than this, cells are narrow, names stand upright, and nothing is written for none. */
const compactLabels = 10;

function ConfusionTable({ labels, extraColumn, cells, onOpen, open }: ConfusionsProps) {
  const columns = extraColumn === undefined ? labels : [...labels, extraColumn];
  const counts = new Map(cells.map(([row, column, count]) => [`${row} ${column}`, count]));
  const totals = labels.map((_, row) =>
    columns.reduce((sum, _c, column) => sum + at(counts, row, column), 0),
  );
  const table = useRef<HTMLTableElement>(null);
  // One stop for the Tab key; arrows go from cell to cell.
  const [stop, setStop] = useState<string>();
  const stopKey = stop !== undefined && counts.has(stop) ? stop : counts.keys().next().value;
  return (
    // Without buttons inside, it is reached by keyboard itself, to be scrolled.
    <div class="sightbook-confusions" tabIndex={onOpen === undefined ? 0 : undefined}>
      <table
        ref={table}
        aria-label="Confusion matrix"
        class={labels.length > compactLabels ? "sightbook-compact" : undefined}
        onKeyDown={(event) => {
          if (moveFocus(table.current!, event.key)) {
            event.preventDefault();
            event.stopPropagation();
          }
        }}
      >
        <caption class="sightbook-muted">Rows: true label. Columns: predicted label.</caption>
        <thead>
          <tr>
            <td />
            {columns.map((label, column) => (
              <th key={column} scope="col" title={label}>
                <span>{label}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label, row) => (
            <tr key={row}>
              <th scope="row" title={label}>
                <span>{label}</span>
              </th>
              {columns.map((other, column) => {
                const count = at(counts, row, column);
                const share = totals[row] === 0 ? 0 : count / totals[row]!;
                const key = `${row} ${column}`;
                return (
                  <td
                    key={column}
                    class={
                      row === column
                        ? "sightbook-diagonal"
                        : column < labels.length
                          ? "sightbook-confused"
                          : undefined
                    }
                    style={{ "--sightbook-share": `${Math.round(100 * share)}%` }}
                    data-row={row}
                    data-column={column}
                  >
                    {onOpen === undefined || count === 0 ? (
                      <span class={count === 0 ? "sightbook-zero" : undefined}>{count}</span>
                    ) : (
                      <button
                        type="button"
                        tabIndex={key === stopKey ? 0 : -1}
                        aria-label={describe(label, other, row === column, count)}
                        aria-pressed={open?.[0] === row && open[1] === column}
                        title={describe(label, other, row === column, count)}
                        onFocus={() => {
                          setStop(key);
                        }}
                        onClick={() => {
                          onOpen(row, column);
                        }}
                      >
                        {count}
                      </button>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ConfusionList({ labels, extraColumn, cells, onOpen, open }: ConfusionsProps) {
  const name = (label: number): string => labels[label] ?? extraColumn ?? "";
  return (
    <div class="sightbook-confusions">
      <p class="sightbook-muted">The most frequent confusions of {labels.length} labels.</p>
      <ol aria-label="Confusions">
        {cells.map(([row, column, count]) => (
          <li key={`${row} ${column}`}>
            {onOpen === undefined ? (
              describe(name(row), name(column), row === column, count)
            ) : (
              <button
                type="button"
                aria-pressed={open?.[0] === row && open[1] === column}
                onClick={() => {
                  onOpen(row, column);
                }}
              >
                {describe(name(row), name(column), row === column, count)}
              </button>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

function at(counts: ReadonlyMap<string, number>, row: number, column: number): number {
  return counts.get(`${row} ${column}`) ?? 0;
}

function describe(trueLabel: string, predictedLabel: string, isRight: boolean, count: number): string {
  const images = `${count} image${count === 1 ? "" : "s"}`;
  return isRight
    ? `${trueLabel} predicted rightly: ${images}`
    : `${trueLabel} predicted as ${predictedLabel}: ${images}`;
}

const steps: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

/** Puts the focus on the next button in the key's direction. @returns Whether the key is one of these. */
function moveFocus(table: HTMLTableElement, key: string): boolean {
  const step = steps[key];
  const cell = table.ownerDocument.activeElement?.closest("td");
  if (step === undefined || !cell) return false;
  let row = Number(cell.dataset["row"]);
  let column = Number(cell.dataset["column"]);
  for (;;) {
    row += step[0];
    column += step[1];
    const next = table.querySelector<HTMLElement>(`td[data-row="${row}"][data-column="${column}"]`);
    if (next === null) return true;
    const button = next.querySelector("button");
    if (button !== null) {
      button.focus();
      return true;
    }
  }
}
