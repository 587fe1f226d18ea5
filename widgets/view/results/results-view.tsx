import { render as draw } from "preact";
import { useEffect, useState } from "preact/hooks";

import { allResults, type ResultsFilters, type ResultsState } from "../../state/index.js";
import { Confusions } from "../shared/confusion-table.js";
import { NeedsKernel, useConnected } from "../shared/connection.js";
import { Button, EmptyState, Notice, Region, Status } from "../shared/controls.js";
import { unanswered, useEdits } from "../shared/edits.js";
import { useDelayed, useShared } from "../shared/hooks.js";
import { useThumbnails } from "../shared/thumbnails.js";
import type { Render, WidgetModel } from "../shared/widget-model.js";
import { Zoom } from "../shared/zoom.js";
import { editOfKey, Edits } from "./edits.js";
import { Facts } from "./facts.js";
import { Filters } from "./filters.js";
import { LeftOut } from "./left-out.js";
import { isPlain, Navigation, stepOfKey } from "./navigation.js";
import { PictureStage } from "./picture-stage.js";
import { ScoreBars } from "./score-bars.js";
import { Strip } from "./strip.js";
import "./results.css";

export const render: Render<ResultsState> = ({ model, el }) => {
  draw(<Results widget={model} />, el);
  return () => {
    draw(null, el);
  };
};

/** In CSS pixels. */
const thumbnailWidth = 72;

function Results({ widget }: { readonly widget: WidgetModel<ResultsState> }) {
  const [labels] = useShared(widget, "labels");
  const [cells] = useShared(widget, "cells");
  const [found] = useShared(widget, "found");
  const [image] = useShared(widget, "image");
  const [strip] = useShared(widget, "strip");
  const [askedFilters] = useShared(widget, "filters");
  const [askedPosition, setPosition] = useShared(widget, "position");
  const [said] = useShared(widget, "said");
  const [trouble] = useShared(widget, "trouble");
  const connected = useConnected(widget);
  // What was asked last, which the kernel may not have done yet; without it, what it did last.
  const filters = connected ? askedFilters : found.filters;
  const position = connected ? askedPosition : (image?.position ?? 0);
  const edits = useEdits(widget);
  const { edit } = edits;
  const pictures = useThumbnails(widget);
  const thumbnails = useThumbnails(widget);
  useEffect(() => {
    thumbnails.load(
      strip.map(({ id }) => id),
      thumbnailWidth,
    );
  }, [strip, thumbnails]);
  const hasPictures = connected || strip.some(({ id }) => thumbnails.get(id));
  const [isZoomed, setZoomed] = useState(false);

  const filter = (next: ResultsFilters): void => {
    widget.set("filters", next);
    widget.set("position", 0);
    widget.save_changes();
  };
  const go = (to: number): void => {
    const next = Math.min(Math.max(0, to), found.count - 1);
    if (connected && next >= 0 && next !== position) setPosition(next);
  };
  const isWaiting =
    JSON.stringify(found.filters) !== JSON.stringify(filters) ||
    (image !== null && image.position !== position);
  const isSlow = useDelayed(isWaiting, 1000);

  const onKeyDown = (event: KeyboardEvent): void => {
    const asked = image === null || !connected ? undefined : editOfKey(event, image);
    const step = stepOfKey(event, position, found.count);
    if (asked !== undefined) edit(asked);
    else if (step !== undefined) go(step);
    else if (event.key === "z" && image !== null && isPlain(event)) setZoomed(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <Region name="Results">
      <NeedsKernel
        connected={connected}
        ended="Labels that were changed are kept beside the images. Run the cell again to go on."
      >
        {trouble !== "" && <Notice kind="error">{trouble}</Notice>}
        <Filters labels={labels} filters={filters} found={found} onChange={filter} />
        {/* Arrows go from image to image wherever they do nothing else. */}
        <div class="sightbook-results" aria-busy={isWaiting} onKeyDown={onKeyDown}>
          <Navigation position={position} count={found.count} name={image?.name} onGo={go} />
          {image === null ? (
            <EmptyState title="No image is left by these filters">
              <Button
                label="Show all images"
                onClick={() => {
                  filter({ ...allResults, sort: filters.sort });
                }}
              />
            </EmptyState>
          ) : (
            <div class="sightbook-result">
              <PictureStage
                image={image}
                strip={strip}
                pictures={pictures}
                smallUrl={thumbnails.get(image.id)}
                connected={connected}
                onZoom={() => {
                  setZoomed(true);
                }}
              />
              <div class="sightbook-result-facts">
                <Facts labels={labels} image={image} />
                <ScoreBars labels={labels} image={image} />
                <Edits widget={widget} image={image} edit={edit} />
              </div>
            </div>
          )}
          {hasPictures && <Strip rows={strip} thumbnails={thumbnails} position={position} onGo={go} />}
        </div>
        <Status>
          {unanswered(edits) ??
            (isSlow ? "The kernel is busy: this is done when it is free." : connected && said)}
        </Status>
        <Confusions
          labels={labels}
          cells={cells}
          open={[filters.trueLabel, filters.predictedLabel]}
          onOpen={(trueLabel, predictedLabel) => {
            filter({ ...allResults, sort: filters.sort, trueLabel, predictedLabel });
          }}
        />
        <LeftOut widget={widget} />
      </NeedsKernel>
      {isZoomed && image !== null && (
        <Zoom
          widget={widget}
          image={image}
          hasPrevious={position > 0}
          hasNext={position + 1 < found.count}
          onStep={(by) => {
            go(position + by);
          }}
          onClose={() => {
            setZoomed(false);
          }}
          onKeyDown={onKeyDown}
        />
      )}
    </Region>
  );
}
