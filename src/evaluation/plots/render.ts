import type { VegaLiteSpec } from "./specs.js";
import { staticConfig } from "./style.js";
import { estimateTextWidth } from "./text-width.js";

/** The part of Vega that decides how wide a text is; it is exported, but missing in Vega's types. */
interface TextMeasuring {
  readonly textMetrics: { width: (item: object, text: unknown) => number };
  readonly fontSize: (item: object) => number;
}

/** A picture on white. Vega and sharp are loaded when the first picture is made: evaluating without pictures stays quick. */
export async function renderSvg(spec: VegaLiteSpec): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite")]);
  // Without a canvas, which servers do not have, Vega takes every character for 0.8 em: wide gaps, names cut for nothing.
  const measuring = vega as unknown as TextMeasuring;
  measuring.textMetrics.width = (item, text) => estimateTextWidth(String(text), measuring.fontSize(item));
  // A copy, because Vega marks the rows of the data it draws.
  const compiled = vegaLite.compile(
    structuredClone(spec) as unknown as Parameters<typeof vegaLite.compile>[0],
    {
      config: staticConfig,
      // Warnings are about our specs, not the user's data: tests let none pass, and a notebook need not see any.
      logger: vega.logger(vega.None),
    },
  );
  const view = new vega.View(vega.parse(compiled.spec), { renderer: "none" });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

export async function renderPng(svg: string, scale: number): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  return sharp(Buffer.from(svg), { density: 72 * scale })
    .png({ compressionLevel: 9 })
    .toBuffer();
}
