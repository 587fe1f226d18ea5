import { useLayoutEffect, useRef } from "preact/hooks";

import type { ResultsRow } from "../../state/index.js";
import { Icon } from "../shared/icon.js";
import type { Thumbnails } from "../shared/thumbnails.js";

export interface StripProps {
  readonly rows: readonly ResultsRow[];
  readonly thumbnails: Thumbnails;
  readonly position: number;
  readonly onGo: (position: number) => void;
}

/** The images around the one that is shown. */
export function Strip({ rows, thumbnails, position, onGo }: StripProps) {
  const strip = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const box = strip.current!;
    const current = box.querySelector<HTMLElement>('[aria-current="true"]');
    // Where not all fit, the current one is in the middle.
    if (current) box.scrollLeft = current.offsetLeft - (box.clientWidth - current.offsetWidth) / 2;
  }, [rows, position]);
  return (
    <div ref={strip} class="sightbook-strip" role="group" aria-label="Neighbours">
      {rows.map((row) => {
        const url = thumbnails.get(row.id);
        return (
          <button
            key={row.id}
            type="button"
            // The slider and the arrows are the way for keys.
            tabIndex={-1}
            aria-label={`${row.name}, ${row.isRight ? "right" : "wrong"}`}
            aria-current={row.position === position}
            title={row.name}
            onClick={() => {
              onGo(row.position);
            }}
          >
            {url ? <img src={url} alt="" /> : url === "" && <Icon name="problem" />}
            <span class={row.isRight ? "sightbook-right" : "sightbook-wrong"}>
              <Icon name={row.isRight ? "check" : "close"} />
            </span>
          </button>
        );
      })}
    </div>
  );
}
