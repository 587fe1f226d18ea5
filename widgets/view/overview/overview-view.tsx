import { render as draw } from "preact";
import { useEffect } from "preact/hooks";

import type { OverviewDuplicates, OverviewImage, OverviewState } from "../../state/index.js";
import { Disconnected, useConnected } from "../shared/connection.js";
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
      <strong>{title}</strong>
      {!connected && <Disconnected>Run the cell again to go on; the dataset is unchanged.</Disconnected>}
      {counts.length === 0 ? (
        <EmptyState title="No images">The folder holds no image that can be used.</EmptyState>
      ) : (
        <div class="sightbook-overview">
          <LabelBars counts={counts} chosen={label} onChoose={choose} disabled={!connected} />
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
          <Pictures name={`Some images of ${whose}`} images={samples} thumbnails={thumbnails} />
        </div>
      )}
      <Search widget={widget} disabled={!connected} />
      {duplicates.map((group) => (
        <Group key={group.images[0]!.id} group={group} thumbnails={thumbnails} />
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
    </Region>
  );
}

function Search({
  widget,
  disabled,
}: {
  readonly widget: WidgetModel<OverviewState>;
  readonly disabled: boolean;
}) {
  const [{ phase, done, total, text }] = useShared(widget, "search");
  const isLeft = phase === "running" && disabled;
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
          disabled={disabled}
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
}: {
  readonly group: OverviewDuplicates;
  readonly thumbnails: Thumbnails;
}) {
  const name = kind === "exact" ? "Equal files" : "Nearly equal pictures";
  return (
    <div class={`sightbook-overview-group${labelsDiffer ? " sightbook-conflict" : ""}`}>
      <span>
        {labelsDiffer && <Icon name="problem" />} {name}
        {labelsDiffer && ", with different labels"}
      </span>
      <Pictures name={name} images={images} thumbnails={thumbnails} />
    </div>
  );
}

function Pictures({
  name,
  images,
  thumbnails,
}: {
  readonly name: string;
  readonly images: readonly OverviewImage[];
  readonly thumbnails: Thumbnails;
}) {
  return (
    <ul class="sightbook-pictures" aria-label={name}>
      {images.map(({ id, name: file, labels }) => {
        const url = thumbnails.get(id);
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
