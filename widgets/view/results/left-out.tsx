import type { ResultsState } from "../../state/index.js";
import { useShared } from "../shared/hooks.js";
import type { WidgetModel } from "../shared/widget-model.js";

/** What the figures do not say: edits made since the evaluation, and images that it could not read. */
export function LeftOut({ widget }: { readonly widget: WidgetModel<ResultsState> }) {
  const [size] = useShared(widget, "size");
  const [changedCount] = useShared(widget, "changedCount");
  const [problems] = useShared(widget, "problems");
  const [problemCount] = useShared(widget, "problemCount");
  return (
    <>
      {changedCount > 0 && (
        <p class="sightbook-muted">
          {changedCount} of {size} images {changedCount === 1 ? "has" : "have"} been relabelled or left out
          since the evaluation, whose figures are as they were.
        </p>
      )}
      {problemCount > 0 && (
        <details>
          <summary>
            {problemCount} image{problemCount === 1 ? " was" : "s were"} left out of the evaluation
          </summary>
          <ul>
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
            {problemCount > problems.length && <li>and {problemCount - problems.length} more</li>}
          </ul>
        </details>
      )}
    </>
  );
}
