import type { AnnotationRow } from "../../state/index.js";
import { Icon } from "../shared/icon.js";

export interface TileProps {
  readonly row: AnnotationRow;
  /** The picture's address; `undefined` while it is on its way, empty where the file cannot be read. */
  readonly picture: string | undefined;
  readonly selected: boolean;
  /** Keys go to this one. */
  readonly current: boolean;
  /** An edit of it waits for the kernel. */
  readonly waiting: boolean;
  /** Whether there is a kernel that the picture can come from. */
  readonly connected: boolean;
  readonly onClick: (event: MouseEvent) => void;
  readonly onFocus: () => void;
  readonly onZoom: () => void;
}

/** One image of the grid, with its labels and its state. */
export function Tile(props: TileProps) {
  const { row, picture, selected, current, waiting, connected, onClick, onFocus, onZoom } = props;
  const labels = row.labels.join(", ") || "no label";
  return (
    <div
      role="option"
      class="sightbook-tile"
      data-state={row.excluded ? "excluded" : row.problem !== "" ? "problem" : "usable"}
      data-waiting={waiting}
      tabIndex={current ? 0 : -1}
      aria-selected={selected}
      aria-label={`${row.name}, ${labels}`}
      aria-description={stateOf(row)}
      title={`${row.id}\n${stateOf(row)}`.trim()}
      onClick={onClick}
      onDblClick={onZoom}
      onFocus={onFocus}
    >
      <span class="sightbook-tile-picture" data-absent={picture === undefined && !connected}>
        {picture !== undefined && picture !== "" && (
          <img key={row.id} alt="" src={picture} draggable={false} />
        )}
        {picture === "" && (
          <span class="sightbook-tile-problem">
            <Icon name="problem" />
            <Painted text="Cannot be read" strong />
            <Painted text={reasonOf(row)} />
          </span>
        )}
        {row.excluded ? (
          <span class="sightbook-tile-band">
            <Painted text="Excluded" />
          </span>
        ) : (
          row.problem !== "" &&
          picture !== "" && (
            <span class="sightbook-tile-band">
              <Painted text={reasonOf(row)} />
            </span>
          )
        )}
        {selected && (
          <span class="sightbook-tile-check">
            <Icon name="check" />
          </span>
        )}
        {/* For the pointer alone: Enter and the toolbar's button do the same. */}
        <span
          class="sightbook-tile-zoom"
          title="Zoom (Enter)"
          onClick={(event) => {
            event.stopPropagation();
            onZoom();
          }}
        >
          <Icon name="zoom" />
        </span>
      </span>
      <span class="sightbook-tile-name">{row.name}</span>{" "}
      <span class="sightbook-tile-labels">
        {row.edited && <Icon name="edited" />}
        <span>{labels}</span>
      </span>
    </div>
  );
}

/**
 * A text that the style sheet writes: the visible words of an option are to be its name, by which people call it who speak
 * to their computer, and its state is its description.
 */
function Painted({ text, strong = false }: { readonly text: string; readonly strong?: boolean }) {
  return <span class="sightbook-painted" data-text={text} data-strong={strong} />;
}

function stateOf({ edited, excluded, problem }: AnnotationRow): string {
  return [edited && "edited", excluded && "excluded", problem].filter(Boolean).join(", ");
}

/** The problem's sentence without the path at its beginning, which the tile's own name says. */
function reasonOf({ problem }: AnnotationRow): string {
  const reason = problem.slice(problem.indexOf(": ") + 2);
  return reason === "" ? "" : reason[0]!.toUpperCase() + reason.slice(1);
}
