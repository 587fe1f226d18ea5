import { render as draw } from "preact";

import type { PrecisionRecallState } from "../../state/index.js";
import { Confusions } from "../shared/confusion-table.js";
import { NeedsKernel, useConnected } from "../shared/connection.js";
import { EmptyState, Region, Select, Toolbar } from "../shared/controls.js";
import { useShared } from "../shared/hooks.js";
import type { Render, WidgetModel } from "../shared/widget-model.js";
import { CurvePlot } from "./curve-plot.js";
import { Goals } from "./goals.js";
import { Outcome } from "./outcome.js";
import { ThresholdSlider } from "./threshold-slider.js";
import "./precision-recall.css";

export const render: Render<PrecisionRecallState> = ({ model, el }) => {
  draw(<PrecisionRecall widget={model} />, el);
  return () => {
    draw(null, el);
  };
};

function PrecisionRecall({ widget }: { readonly widget: WidgetModel<PrecisionRecallState> }) {
  const [labels] = useShared(widget, "labels");
  const [thresholds] = useShared(widget, "thresholds");
  const [curve] = useShared(widget, "curve");
  const [point] = useShared(widget, "point");
  const [asked, choose] = useShared(widget, "choice");
  const [cells] = useShared(widget, "cells");
  const connected = useConnected(widget);
  // What was asked last, which the kernel may not have done yet; without it, what it did last.
  const choice = connected ? asked : point;

  const name = labels[choice.of] ?? "micro average";
  const isWaiting = point.of !== choice.of || point.threshold !== choice.threshold;
  const isMixed = choice.of === labels.length && thresholds.some((other) => other !== choice.threshold);
  const pick = (threshold: number): void => {
    if (connected) choose({ of: choice.of, threshold });
  };
  return (
    <Region name="Precision and recall">
      <NeedsKernel connected={connected} ended="Run the cell again to go on.">
        <Toolbar name="Choice">
          <Select
            label="Label"
            value={String(choice.of)}
            choices={[...labels, "micro average"].map((text, index) => ({ value: String(index), text }))}
            onChange={(value) => {
              const of = Number(value);
              choose({ of, threshold: thresholds[of]! });
            }}
          />
          <Goals
            widget={widget}
            of={choice.of}
            onClear={() => {
              pick(0);
            }}
          />
        </Toolbar>
        <div class="sightbook-tradeoff" aria-busy={isWaiting}>
          <div class="sightbook-tradeoff-curve">
            {curve.averagePrecision === null && curve.of === choice.of ? (
              <EmptyState title={`No test image of ${name}`}>
                Precision and recall of this label cannot be measured on this test set.
              </EmptyState>
            ) : (
              <CurvePlot curve={curve} name={name} point={point} threshold={choice.threshold} onPick={pick} />
            )}
            <ThresholdSlider threshold={choice.threshold} steps={curve.thresholds} onChange={pick} />
            {isMixed && (
              <p class="sightbook-muted">
                The labels have thresholds of their own; moving this one sets them all.
              </p>
            )}
          </div>
          <Outcome widget={widget} name={name} />
        </div>
        <Confusions labels={labels} extraColumn="unknown" cells={cells} />
      </NeedsKernel>
    </Region>
  );
}
