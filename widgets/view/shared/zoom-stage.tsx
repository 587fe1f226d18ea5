import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { Button } from "./controls.js";
import { fit, isEnlarged, pan, zoomAt, type Placement, type Size } from "./pan-zoom.js";

export interface ZoomStageProps {
  /** The picture's address. */
  readonly source: string;
  readonly alternative: string;
  /** Left and right, where they are not needed to look at other parts of the picture. */
  readonly onStep: (by: 1 | -1) => void;
}

/** A picture that wheel, keys and pointer enlarge and move. */
export function ZoomStage({ source, alternative, onStep }: ZoomStageProps) {
  const element = useRef<HTMLDivElement>(null);
  const [stage, setStage] = useState<Size>();
  const [picture, setPicture] = useState<Size>();
  const [chosen, setChosen] = useState<Placement>();
  const grip = useRef<{ readonly x: number; readonly y: number } | undefined>(undefined);
  useLayoutEffect(() => {
    element.current!.focus({ preventScroll: true }); // its keys act at once
    const observer = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element.current!;
      setStage({ width, height });
      setChosen(undefined);
    });
    observer.observe(element.current!);
    return () => {
      observer.disconnect();
    };
  }, []);
  const whole = stage && picture && fit(stage, picture);
  const placement = chosen ?? whole;
  const change = (make: (placement: Placement, stage: Size, picture: Size) => Placement): void => {
    if (placement !== undefined && stage !== undefined && picture !== undefined) {
      setChosen(make(placement, stage, picture));
    }
  };
  const zoomBy = (factor: number, at?: { readonly x: number; readonly y: number }): void => {
    change((before, room, size) =>
      zoomAt(before, factor, at ?? { x: room.width / 2, y: room.height / 2 }, room, size),
    );
  };
  // Listened to by hand: only so may it keep the page from scrolling.
  const onWheel = useRef<((event: WheelEvent) => void) | undefined>(undefined);
  onWheel.current = (event) => {
    event.preventDefault();
    const { left, top } = element.current!.getBoundingClientRect();
    zoomBy(Math.exp(-event.deltaY / 300), { x: event.clientX - left, y: event.clientY - top });
  };
  useLayoutEffect(() => {
    const listen = (event: WheelEvent): void => onWheel.current?.(event);
    const listening = element.current!;
    listening.addEventListener("wheel", listen, { passive: false });
    return () => {
      listening.removeEventListener("wheel", listen);
    };
  }, []);
  const enlarged =
    placement !== undefined &&
    stage !== undefined &&
    picture !== undefined &&
    isEnlarged(placement, stage, picture);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = arrows[event.key];
    if (event.key === "+" || event.key === "=") zoomBy(1.5);
    else if (event.key === "-") zoomBy(1 / 1.5);
    else if (event.key === "Home") setChosen(undefined);
    else if (arrow !== undefined && enlarged)
      change((before, room, size) => pan(before, 60 * arrow[0], 60 * arrow[1], room, size));
    else if (event.key === "ArrowLeft") onStep(-1);
    else if (event.key === "ArrowRight") onStep(1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const percent = placement === undefined ? "" : `${Math.round(placement.scale * devicePixelRatio * 100)} %`;
  return (
    <div class="sightbook-zoom-frame" onKeyDown={onKeyDown}>
      <div
        ref={element}
        class="sightbook-zoom-stage"
        data-enlarged={enlarged}
        tabIndex={0}
        role="group"
        aria-label="Picture: plus and minus zoom, arrows move"
        onPointerDown={(event) => {
          grip.current = { x: event.clientX, y: event.clientY };
          element.current!.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => {
          const from = grip.current;
          if (from === undefined) return;
          grip.current = { x: event.clientX, y: event.clientY };
          change((before, room, size) =>
            pan(before, event.clientX - from.x, event.clientY - from.y, room, size),
          );
        }}
        onPointerUp={() => {
          grip.current = undefined;
        }}
        onDblClick={() => {
          if (enlarged) setChosen(undefined);
          else zoomBy(2);
        }}
      >
        <img
          src={source}
          alt={alternative}
          draggable={false}
          onLoad={(event) => {
            const { naturalWidth: width, naturalHeight: height } = event.currentTarget;
            setPicture({ width, height });
          }}
          style={
            placement && {
              transform: `translate(${placement.x}px, ${placement.y}px) scale(${placement.scale})`,
              visibility: "visible",
              imageRendering: placement.scale >= 3 ? "pixelated" : "auto",
            }
          }
        />
      </div>
      <div class="sightbook-zoom-buttons" role="group" aria-label="Zoom">
        <Button
          label="Zoom out"
          text="−"
          shortcut="-"
          onClick={() => {
            zoomBy(1 / 1.5);
          }}
        />
        <span class="sightbook-zoom-percent" aria-label="Scale" role="img">
          {percent}
        </span>
        <Button
          label="Zoom in"
          text="+"
          shortcut="+"
          onClick={() => {
            zoomBy(1.5);
          }}
        />
        <Button
          label="Whole picture"
          icon="fit"
          iconOnly
          shortcut="Home"
          onClick={() => {
            setChosen(undefined);
          }}
        />
      </div>
    </div>
  );
}

/** How the picture moves, in steps. */
const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
