import type { ResultsImage } from "../../state/index.js";

/** The probability of every label, the highest first; true and predicted label are named as such. */
export function ScoreBars({
  labels,
  image,
}: {
  readonly labels: readonly string[];
  readonly image: ResultsImage;
}) {
  const { scores, trueLabel, predictedLabel } = image;
  const order = [...labels.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
  return (
    // Reachable by keyboard, so that it can be scrolled.
    <ol class="sightbook-scores" aria-label="Scores" tabIndex={0}>
      {order.map((label) => (
        <li key={label}>
          <span class="sightbook-score-label" title={labels[label]}>
            {labels[label]}
          </span>
          <span class="sightbook-score-bar">
            <span style={{ width: `${100 * scores[label]!}%` }} />
          </span>
          <span class="sightbook-score-value">{scores[label]!.toFixed(3)}</span>
          <span class="sightbook-score-marks">
            {label === predictedLabel && <span class="sightbook-mark">predicted</span>}
            {label === trueLabel && <span class="sightbook-mark sightbook-mark-true">true</span>}
          </span>
        </li>
      ))}
    </ol>
  );
}
