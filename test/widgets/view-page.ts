import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Browser, Page } from "playwright-core";

import { patienceMs } from "../browser/chromium.js";
import { repositoryRoot } from "../support.js";
import { themeStyle, type Theme } from "./looks.js";

/** A message that the view sent beside the state. */
export interface SentMessage {
  readonly ask?: string;
  readonly about?: string;
  readonly content?: unknown;
  readonly [name: string]: unknown;
}

/** A view alone on a page, with a model that the test plays the kernel of. */
export interface ViewPage {
  readonly page: Page;
  /** Changes the shared state as the kernel would. */
  set(values: object): Promise<void>;
  /** The view's shared state as it is now. */
  state(): Promise<Record<string, unknown>>;
  /** What the view saved to the kernel since the last call, in order. */
  saved(): Promise<Record<string, unknown>[]>;
  /** What the view sent beside the state since the last call, in order. */
  sent(): Promise<SentMessage[]>;
  /** Sends the view a message as the kernel would; bytes travel as arrays of numbers. */
  receive(message: object, buffers?: readonly (readonly number[])[]): Promise<void>;
  /** Lets the kernel end; nothing can be sent to it from now on. */
  endKernel(): Promise<void>;
  /** What went wrong in the page. */
  readonly errors: readonly Error[];
}

/** What runs in the page: an AMD loader for one module, and a model without a kernel. */
function host(viewName: string, state: Record<string, unknown>, isLive: boolean): void {
  type Listener = (...args: unknown[]) => void;
  const listeners = new Map<string, Set<Listener>>();
  const tell = (event: string, ...args: unknown[]): void => {
    for (const listener of [...(listeners.get(event) ?? [])]) listener(...args);
  };
  const saved: Record<string, unknown>[] = [];
  const sent: unknown[] = [];
  let unsaved: Record<string, unknown> = {};
  const change = (values: Record<string, unknown>): void => {
    Object.assign(state, values);
    for (const name of Object.keys(values)) tell(`change:${name}`);
    tell("change");
  };
  const model = {
    comm_live: isLive,
    widget_manager: {},
    get: (name: string) => state[name],
    set: (name: string, value: unknown) => {
      unsaved[name] = value;
      change({ [name]: value });
    },
    save_changes: () => {
      if (!model.comm_live) throw new Error("There is no kernel to save this to.");
      saved.push(unsaved);
      unsaved = {};
    },
    send: (message: unknown) => {
      if (!model.comm_live) throw new Error("There is no kernel to send this to.");
      sent.push(message);
    },
    on: (event: string, listener: Listener) => {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    off: (event: string, listener: Listener) => {
      listeners.get(event)?.delete(listener);
    },
  };
  const endKernel = (): void => {
    model.comm_live = false;
    tell("comm_live_update");
  };
  class DOMWidgetView {
    readonly el = document.body.appendChild(document.createElement("div"));
    readonly model = model;
    render(): void {
      this.el.className = "jupyter-widgets";
    }
  }
  type Exports = Record<string, new () => { render(): void }>;
  const define = (needs: string[], factory: (...modules: unknown[]) => Exports): void => {
    const exports = factory(...needs.map(() => ({ DOMWidgetView })));
    new exports[viewName]!().render();
  };
  Object.assign(window, {
    define: Object.assign(define, { amd: {} }),
    change,
    endKernel,
    saved,
    sent,
    tell,
    state,
  });
}

interface HostWindow {
  endKernel(): void;
  change(values: object): void;
  tell(event: string, ...args: unknown[]): void;
  readonly state: Record<string, unknown>;
  readonly saved: Record<string, unknown>[];
  readonly sent: SentMessage[];
}

export interface ViewPageOptions {
  /** Of the window, in pixels. Default: 900 x 700. */
  readonly width?: number;
  readonly height?: number;
  /** Default: none. */
  readonly theme?: Theme;
  /** Rules besides the theme's. */
  readonly style?: string;
  /** Default: true. */
  readonly hasKernel?: boolean;
}

/** Draws the view `viewName` of the AMD module that front ends load, without a kernel. */
export async function openView(
  browser: Browser,
  viewName: string,
  state: object,
  { width = 900, height = 700, theme = "none", style = "", hasKernel = true }: ViewPageOptions = {},
): Promise<ViewPage> {
  const page = await browser.newPage({ viewport: { width, height } });
  page.setDefaultTimeout(patienceMs);
  const errors: Error[] = [];
  page.on("pageerror", (error) => errors.push(error));
  // JupyterLab says so on its own pages.
  const isLight = theme === "none" ? "" : ` data-jp-theme-light="${theme === "light"}"`;
  await page.setContent(
    `<!doctype html><html lang="en"><title>View</title><style>${themeStyle(theme)} ${style}</style>` +
      `<body class="jp-OutputArea-output" style="display: block"${isLight}></body></html>`,
  );
  await page.evaluate(
    `(${host.toString()})(${JSON.stringify(viewName)}, ${JSON.stringify(state)}, ${hasKernel})`,
  );
  await page.addScriptTag({ content: readFileSync(join(repositoryRoot, "dist", "index.js"), "utf8") });
  if (errors.length > 0) throw errors[0]!;
  return {
    page,
    set: (values) =>
      page.evaluate((changed) => {
        (window as unknown as HostWindow).change(changed);
      }, values),
    state: () => page.evaluate(() => (window as unknown as HostWindow).state),
    saved: () => page.evaluate(() => (window as unknown as HostWindow).saved.splice(0)),
    sent: () => page.evaluate(() => (window as unknown as HostWindow).sent.splice(0)),
    receive: (message, buffers = []) =>
      page.evaluate(
        ([content, bytes]) => {
          const views = bytes.map((buffer) => new DataView(Uint8Array.from(buffer).buffer));
          (window as unknown as HostWindow).tell("msg:custom", content, views);
        },
        [message, buffers] as const,
      ),
    endKernel: () =>
      page.evaluate(() => {
        (window as unknown as HostWindow).endKernel();
      }),
    errors,
  };
}
