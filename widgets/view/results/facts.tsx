import type { ResultsImage } from "../../state/index.js";
import { Icon } from "../shared/icon.js";

/** What is known about the image, and whether the prediction is right. */
export function Facts({
  labels,
  image,
}: {
  readonly labels: readonly string[];
  readonly image: ResultsImage;
}) {
  const { name, isRight, trueLabel, predictedLabel, scores, loss, width, height } = image;
  return (
    <>
      <div class="sightbook-outcome">
        <span class={`sightbook-badge ${isRight ? "sightbook-right" : "sightbook-wrong"}`}>
          <Icon name={isRight ? "check" : "close"} />
          <span>{isRight ? "Right" : "Wrong"}</span>
        </span>
        <span class="sightbook-file" title={image.id}>
          {name}
        </span>
      </div>
      <dl class="sightbook-image-facts">
        <dt>True label</dt>
        <dd>{labels[trueLabel]}</dd>
        <dt>Prediction</dt>
        <dd>{labels[predictedLabel]}</dd>
        <dt>Confidence</dt>
        <dd>{scores[predictedLabel]!.toFixed(3)}</dd>
        <dt>Loss</dt>
        <dd>{loss.toFixed(3)}</dd>
        {width > 0 && (
          <>
            <dt>Size</dt>
            <dd>
              {width} × {height} px
            </dd>
          </>
        )}
      </dl>
      <Changed label={labels[trueLabel]!} image={image} />
    </>
  );
}

/** Says what has changed since the evaluation, whose figures stay as they are. */
function Changed({ label, image }: { readonly label: string; readonly image: ResultsImage }) {
  const text = changeOf(label, image);
  if (text === undefined) return null;
  return (
    <p class="sightbook-changed">
      <Icon name="edited" />
      <span>{text} Evaluate again to count it so.</span>
    </p>
  );
}

function changeOf(label: string, { absent, excluded, problem, labels }: ResultsImage): string | undefined {
  if (absent) return "No longer in the dataset; the evaluation was computed with it.";
  if (excluded) return "Excluded from the dataset now; the evaluation was computed with it.";
  if (problem !== "") return "Left out of the dataset now, because it cannot be read.";
  if (labels[0] === label) return undefined;
  return `Labelled ${labels.join(", ")} now; the evaluation was computed with ${label}.`;
}
