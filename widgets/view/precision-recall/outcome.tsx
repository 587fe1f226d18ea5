import type { ComponentChildren } from "preact";

import type { PrecisionRecallState } from "../../state/index.js";
import { useShared, useUniqueId } from "../shared/hooks.js";
import type { WidgetModel } from "../shared/widget-model.js";

export interface OutcomeProps {
  readonly widget: WidgetModel<PrecisionRecallState>;
  /** Of what the figures are. */
  readonly name: string;
}

/** What the threshold brings about. */
export function Outcome({ widget, name }: OutcomeProps) {
  const [point] = useShared(widget, "point");
  const [size] = useShared(widget, "size");
  const [decided] = useShared(widget, "decided");
  const [right] = useShared(widget, "right");
  const share = (count: number, of: number): string =>
    of === 0 ? "–" : `${((100 * count) / of).toFixed(1)} %`;
  return (
    <div class="sightbook-outcomes">
      <Figures name={`${name}, scored at least the threshold`}>
        <Figure label="Precision" big>
          {point.precision.toFixed(3)}
        </Figure>
        <Figure label="Recall" big>
          {point.recall === null ? "–" : point.recall.toFixed(3)}
        </Figure>
        <Figure label="F1" big>
          {point.f1.toFixed(3)}
        </Figure>
        <Figure label="True positives">{point.truePositives}</Figure>
        <Figure label="False positives">{point.falsePositives}</Figure>
        <Figure label="False negatives">{point.falseNegatives}</Figure>
        <Figure label="True negatives">{point.trueNegatives}</Figure>
      </Figures>
      <Figures name="All images, with the thresholds of all labels">
        <Figure label="Decided">{`${decided} (${share(decided, size)})`}</Figure>
        <Figure label="Unknown">{`${size - decided} (${share(size - decided, size)})`}</Figure>
        <Figure label="Right of the decided" wide>{`${right} (${share(right, decided)})`}</Figure>
      </Figures>
    </div>
  );
}

function Figures({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  const id = useUniqueId();
  return (
    <div role="group" aria-labelledby={id}>
      <div id={id} class="sightbook-muted">
        {name}
      </div>
      <div class="sightbook-figures">{children}</div>
    </div>
  );
}

interface FigureProps {
  readonly label: string;
  readonly big?: boolean;
  readonly wide?: boolean;
  readonly children: string | number;
}

function Figure({ label, big = false, wide = false, children }: FigureProps) {
  const id = useUniqueId();
  const size = big ? " sightbook-big" : wide ? " sightbook-wide" : "";
  return (
    <div class={`sightbook-figure${size}`}>
      <label for={id} class="sightbook-muted">
        {label}
      </label>
      {/* They change with every step of the slider, which says its value itself. */}
      <output id={id} aria-live="off">
        {children}
      </output>
    </div>
  );
}
