import { useEffect, useRef, useState } from "preact/hooks";

import type { ResultsImage, ResultsRow } from "../../state/index.js";
import { Button, EmptyState } from "../shared/controls.js";
import type { Thumbnails } from "../shared/thumbnails.js";

export interface PictureStageProps {
  readonly image: ResultsImage;
  /** Images around this one, of which the next is fetched ahead. */
  readonly strip: readonly ResultsRow[];
  readonly pictures: Thumbnails;
  /** A small picture that stands in until the large one is there. */
  readonly smallUrl: string | undefined;
  /** Whether there is a kernel that a picture can come from. */
  readonly connected: boolean;
  readonly onZoom: () => void;
}

/** The image as large as there is room, fetched at that size. */
export function PictureStage({ image, strip, pictures, smallUrl, connected, onZoom }: PictureStageProps) {
  const stage = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState(0);
  useEffect(() => {
    const box = stage.current!;
    const observer = new ResizeObserver(() => {
      setSize(Math.max(box.clientWidth, box.clientHeight));
    });
    observer.observe(box);
    return () => {
      observer.disconnect();
    };
  }, []);
  useEffect(() => {
    if (size === 0 || image.absent) return;
    const next = strip.find(({ position }) => position === image.position + 1);
    pictures.load(next === undefined ? [image.id] : [image.id, next.id], size);
  }, [size, image, strip, pictures]);
  const url = pictures.get(image.id) ?? smallUrl;
  return (
    <div ref={stage} class="sightbook-stage" data-absent={url === undefined && !connected}>
      {image.absent ? (
        <EmptyState title="Not in the dataset">The dataset does not have {image.name} any more.</EmptyState>
      ) : url === "" ? (
        <EmptyState title="Cannot be read">{image.problem}</EmptyState>
      ) : url === undefined ? (
        <span>{connected ? `Loading ${image.name}` : "Pictures come from the kernel."}</span>
      ) : (
        <>
          <img
            src={url}
            alt={image.name}
            // Never larger than it is; and as large from the start, whichever picture is there.
            style={image.width > 0 ? { maxWidth: `${image.width}px`, maxHeight: `${image.height}px` } : {}}
            onDblClick={onZoom}
          />
          <Button label="Zoom" icon="zoom" iconOnly shortcut="Z" onClick={onZoom} />
        </>
      )}
    </div>
  );
}
