import { useEffect, useMemo, useState } from "preact/hooks";

import { aboutPicture, type PictureFacts, type PictureQuestion } from "../../state/index.js";
import { ask } from "./ask.js";
import { Button, EmptyState } from "./controls.js";
import { Dialog } from "./dialog.js";
import type { WidgetModel } from "./widget-model.js";
import { ZoomStage } from "./zoom-stage.js";
import "./zoom.css";

/** What the caller knows of the image, and keeps up to date. */
export interface ZoomedImage {
  readonly id: string;
  readonly name: string;
  readonly labels: readonly string[];
  readonly edited?: boolean;
  readonly excluded?: boolean;
  /** Why it cannot be used; empty for an image that can. */
  readonly problem: string;
}

export interface ZoomProps {
  readonly widget: WidgetModel<object>;
  readonly image: ZoomedImage;
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
  readonly onStep: (by: 1 | -1) => void;
  readonly onClose: () => void;
  /** Hears the keys that the large view itself has no use for. */
  readonly onKeyDown?: (event: KeyboardEvent) => void;
}

interface Loaded {
  readonly facts: PictureFacts;
  /** Empty where the file cannot be read. */
  readonly url: string;
}

/** An image in a large view with all that is known of it. Its file is asked for only now. */
export function Zoom({ widget, image, hasPrevious, hasNext, onStep, onClose, onKeyDown }: ZoomProps) {
  const loaded = usePicture(widget, image.id);
  const step = (by: 1 | -1): void => {
    if (by < 0 ? hasPrevious : hasNext) onStep(by);
  };
  return (
    <Dialog
      name={image.name}
      class="sightbook-zoom"
      onClose={onClose}
      onKeyDown={(event) => {
        if (event.key === "PageUp") step(-1);
        else if (event.key === "PageDown") step(1);
        else {
          onKeyDown?.(event);
          return;
        }
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <header>
        <strong title={image.name}>{image.name}</strong>
        <Button label="Close" icon="close" iconOnly shortcut="Escape" onClick={onClose} />
      </header>
      <div class="sightbook-zoom-body">
        {loaded === undefined ? (
          <div class="sightbook-zoom-frame">
            <EmptyState title="Loading" />
          </div>
        ) : loaded instanceof Error ? (
          <div class="sightbook-zoom-frame">
            <EmptyState title="Nothing came from the kernel">{loaded.message}</EmptyState>
          </div>
        ) : loaded.url === "" ? (
          <div class="sightbook-zoom-frame">
            <EmptyState title="Cannot be read">{loaded.facts.problem}</EmptyState>
          </div>
        ) : (
          <ZoomStage key={image.id} source={loaded.url} alternative={image.name} onStep={step} />
        )}
        <Facts image={image} facts={loaded instanceof Error ? undefined : loaded?.facts} />
      </div>
      <footer>
        <Button
          label="Previous"
          icon="previous"
          disabled={!hasPrevious}
          shortcut="PageUp"
          onClick={() => {
            step(-1);
          }}
        />
        <Button
          label="Next"
          icon="next"
          disabled={!hasNext}
          shortcut="PageDown"
          onClick={() => {
            step(1);
          }}
        />
      </footer>
    </Dialog>
  );
}

function Facts({ image, facts }: { readonly image: ZoomedImage; readonly facts: PictureFacts | undefined }) {
  const state = [image.edited && "edited", image.excluded && "excluded"].filter(Boolean).join(", ");
  const problem = image.problem || (facts?.problem ?? "");
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["Labels", image.labels.join(", ") || "none"],
    ["State", state || undefined],
    ["Problem", problem || undefined],
    ["Size", facts?.width === undefined ? undefined : `${facts.width} × ${facts.height ?? 0} px`],
    ["Format", facts?.format?.toUpperCase()],
    ["File", facts?.fileSize === undefined ? undefined : `${facts.fileSize.toLocaleString("en")} bytes`],
    ["Path", facts?.path],
  ];
  return (
    <dl class="sightbook-zoom-facts">
      {rows.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** The picture of an id: `undefined` while it is on its way. */
function usePicture(widget: WidgetModel<object>, id: string): Loaded | Error | undefined {
  const [loaded, setLoaded] = useState<{ readonly id: string; readonly what: Loaded | Error }>();
  const ended = useMemo(() => new AbortController(), [widget, id]);
  useEffect(() => {
    let url = "";
    const question: PictureQuestion = { id };
    ask<PictureFacts>(widget, aboutPicture, question, ended.signal).then(
      ({ content: facts, buffers: [bytes] }) => {
        if (bytes !== undefined && bytes.byteLength > 0)
          url = URL.createObjectURL(new Blob([bytes as BlobPart]));
        setLoaded({ id, what: { facts, url } });
      },
      (error: unknown) => {
        if (!ended.signal.aborted) setLoaded({ id, what: error as Error });
      },
    );
    return () => {
      ended.abort();
      if (url !== "") URL.revokeObjectURL(url);
    };
  }, [widget, id, ended]);
  return loaded?.id === id ? loaded.what : undefined;
}
