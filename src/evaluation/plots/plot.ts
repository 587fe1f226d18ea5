import { extname } from "node:path";

import { ArgumentError } from "../../errors.js";
import { writeFileAtomic } from "../../files.js";
import { display, type MimeBundle } from "../../display.js";
import { renderPng, renderSvg } from "./render.js";
import type { PlotlyFigure, VegaLiteSpec } from "./specs.js";

/** A picture as data. As the last expression of a notebook cell it shows itself. */
export class Plot {
  constructor(
    /** The chart that static pictures are made from. */
    readonly vegaLite: VegaLiteSpec,
    /** One paragraph that says what the picture shows, for places without pictures. */
    readonly summary: string,
    /** The same for hovering and zooming, where that helps. */
    readonly plotly?: PlotlyFigure,
  ) {}

  /** The picture as SVG text, on white. */
  toSVG(): Promise<string> {
    return renderSvg(this.vegaLite);
  }

  /**
   * The picture as a PNG file, on white.
   *
   * @param options.scale - Pixels per point, in (0, 10]. Default: 2, for sharp screens and print.
   */
  async toPNG({ scale = 2 }: { scale?: number } = {}): Promise<Uint8Array> {
    if (!(scale > 0 && scale <= 10))
      throw new ArgumentError("Plot.toPNG", "scale", "a number in (0, 10]", scale);
    return renderPng(await this.toSVG(), scale);
  }

  /**
   * Writes the picture; the name's ending says as what: `.svg`, `.png`, or `.json` for the Vega-Lite chart.
   *
   * @param options.scale - As in {@link toPNG}.
   */
  async save(path: string, options: { scale?: number } = {}): Promise<void> {
    switch (extname(path).toLowerCase()) {
      case ".svg":
        return writeFileAtomic(path, await this.toSVG());
      case ".png":
        return writeFileAtomic(path, await this.toPNG(options));
      case ".json":
        return writeFileAtomic(path, `${JSON.stringify(this.vegaLite, undefined, 2)}\n`);
      default:
        throw new ArgumentError("Plot.save", "path", "a file name that ends in .svg, .png or .json", path);
    }
  }

  toString(): string {
    return this.summary;
  }

  /**
   * The picture for notebooks: Plotly where there is something to hover, else Vega-Lite; and always a static SVG and
   * PNG, so that a saved notebook shows the same on GitHub and in nbconvert.
   */
  async [display](): Promise<MimeBundle> {
    const svg = await this.toSVG();
    const png = await renderPng(svg, 1);
    return {
      ...(this.plotly
        ? { "application/vnd.plotly.v1+json": this.plotly }
        : { "application/vnd.vegalite.v5+json": this.vegaLite }),
      "image/svg+xml": svg,
      "image/png": Buffer.from(png).toString("base64"),
      "text/plain": this.summary,
    };
  }
}
