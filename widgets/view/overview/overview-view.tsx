import { render as draw } from "preact";
import { useEffect } from "preact/hooks";

import type { OverviewDuplicates, OverviewImage, OverviewState } from "../../state/index.js";
import { NeedsKernel, useConnected } from "../shared/connection.js";
import { Button, EmptyState, Region, Status } from "../shared/controls.js";
import { useShared } from "../shared/hooks.js";
import { Icon } from "../shared/icon.js";
import { ProgressBar } from "../shared/progress-bar.js";
import { useThumbnails, type Thumbnails } from "../shared/thumbnails.js";
import type { Render, WidgetModel } from "../shared/widget-model.js";
import { LabelBars } from "./label-bars.js";
import { SizeChart } from "./size-chart.js";
import "../monitor/monitor.css";
import "../shared/line-chart.css";
import "./overview.css";

const pictureWidth = 96;

export const render: Render<OverviewState> = ({ model, el }) => {
  draw(<Overview widget={model} />, el);
  return () => {
    draw(null, el);
  };
};

function Overview({ widget }: { readonly widget: WidgetModel<OverviewState> }) {
  const [title] = useShared(widget, "title");
  const [label, choose] = useShared(widget, "label");
  const [counts] = useShared(widget, "counts");
  const [facts] = useShared(widget, "facts");
  const [sizes] = useShared(widget, "sizes");
  const [samples] = useShared(widget, "samples");
  const [duplicates] = useShared(widget, "duplicates");
  const [problems] = useShared(widget, "problems");
  const [problemCount] = useShared(widget, "problemCount");
  const connected = useConnected(widget);
  const thumbnails = useThumbnails(widget);
  useEffect(() => {
    const ids = [...samples, ...duplicates.flatMap(({ images }) => images)].map(({ id }) => id);
    thumbnails.load([...new Set(ids)], pictureWidth);
  }, [samples, duplicates, thumbnails]);
  const whose = label === "" ? "all labels" : label;
  return (
    <Region name="Dataset">
      <NeedsKernel connected={connected} ended="Run the cell again to go on; the dataset is unchanged.">
        <strong>{title}</strong>
        {counts.every(({ count }) => count === 0) ? (
          <EmptyState title="No images">The folder holds no image that can be used.</EmptyState>
        ) : (
          <div class="sightbook-overview">
            <LabelBars counts={counts} chosen={label} onChoose={choose} />
            <div class="sightbook-overview-facts">
              <strong>Images of {whose}</strong>
              <dl class="sightbook-facts">
                {facts.map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
              </dl>
              <SizeChart sizes={sizes} />
            </div>
            <Pictures
              name={`Some images of ${whose}`}
              images={samples}
              thumbnails={thumbnails}
              connected={connected}
            />
          </div>
        )}
        <Search widget={widget} connected={connected} />
        {duplicates.map((group) => (
          <Group key={group.images[0]!.id} group={group} thumbnails={thumbnails} connected={connected} />
        ))}
        {problemCount > 0 && (
          <details class="sightbook-details" open={problemCount <= 5}>
            <summary>
              {problemCount} {problemCount === 1 ? "problem" : "problems"}, left out
            </summary>
            <ul class="sightbook-notes">
              {problems.map((problem) => (
                <li key={problem}>{problem}</li>
              ))}
              {problemCount > problems.length && <li>and more, in dataset.problems</li>}
            </ul>
          </details>
        )}
      </NeedsKernel>
    </Region>
  );
}

function Search({
  widget,
  connected,
}: {
  readonly widget: WidgetModel<OverviewState>;
  readonly connected: boolean;
}) {
  const [{ phase, done, total, text }] = useShared(widget, "search");
  const isLeft = phase === "running" && !connected;
  return (
    <div class="sightbook-overview-search">
      <Status>
        {phase === "none" || isLeft
          ? `Duplicates were not looked for ${isLeft ? "to the end" : "yet"}.`
          : text}
      </Status>
      {phase === "running" && !isLeft && (
        <ProgressBar name="Duplicates" done={done} total={total} text={`${done} of ${total}`} />
      )}
      {(phase === "none" || phase === "failed") && (
        <Button
          label="Find duplicates"
          icon="search"
          onClick={() => {
            widget.send({ find: "duplicates" });
          }}
        />
      )}
    </div>
  );
}

function Group({
  group: { kind, labelsDiffer, images },
  thumbnails,
  connected,
}: {
  readonly group: OverviewDuplicates;
  readonly thumbnails: Thumbnails;
  readonly connected: boolean;
}) {
  const name = kind === "exact" ? "Equal files" : "Nearly equal pictures";
  return (
    <div class={`sightbook-overview-group${labelsDiffer ? " sightbook-conflict" : ""}`}>
      <span>
        {labelsDiffer && <Icon name="problem" />} {name}
        {labelsDiffer && ", with different labels"}
      </span>
      <Pictures name={name} images={images} thumbnails={thumbnails} connected={connected} />
    </div>
  );
}

function Pictures({
  name,
  images,
  thumbnails,
  connected,
}: {
  readonly name: string;
  readonly images: readonly OverviewImage[];
  readonly thumbnails: Thumbnails;
  /** Whether there is a kernel that pictures can come from. */
  readonly connected: boolean;
}) {
  return (
    <ul class="sightbook-pictures" aria-label={name}>
      {images.map(({ id, name: file, labels }) => {
        const url = thumbnails.get(id);
        if (url === undefined && !connected)
          return (
            <li key={id} class="sightbook-name">
              {id}
            </li>
          );
        return (
          <li key={id} title={id}>
            <span>{url ? <img src={url} alt={file} /> : url === "" && <Icon name="problem" />}</span>
            {labels.join(", ")}
          </li>
        );
      })}
    </ul>
  );
}
