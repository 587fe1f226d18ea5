/** Outlines on a grid of 16, drawn with the text's colour. */
const outlines = {
  previous: "M10 3 5 8l5 5",
  next: "m6 3 5 5-5 5",
  zoom: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14M7 5v4M5 7h4",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14",
  undo: "M6 3 3 6l3 3M3 6h6a4 4 0 0 1 0 8H6",
  redo: "m10 3 3 3-3 3m3-3H7a4 4 0 0 0 0 8h3",
  add: "M8 3v10M3 8h10",
  exclude: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM3.8 3.8l8.4 8.4",
  restore: "M3 8a5 5 0 1 0 1.6-3.7M3 2v3h3",
  keyboard: "M2 4h12v8H2zM4.5 6.5h0M7 6.5h0M9.5 6.500h0M11.5 6.500h0M5 9.500h6",
  close: "m4 4 8 8M12 4l-8 8",
  check: "m3 8.5 3.5 3.500L13 5",
  edited: "m3 13 .7-3L11 2.7 13.3 5 6 12.3 3 13Z",
  problem: "M8 2 1.5 13.500h13L8 2Zm0 4.500v3.500m0 1.800v.1",
  stop: "M4 4h8v8H4z",
  fit: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
} as const;

export type IconName = keyof typeof outlines;

/** A picture beside a text or in a named control; never the only way to tell something. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="sightbook-icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={outlines[name]} />
    </svg>
  );
}
