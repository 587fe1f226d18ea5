import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";

import "./still.css";

const widgetView = "application/vnd.jupyter.widget-view+json";

/** What we use of a notebook's registry of renderers. */
export interface RendererRegistry {
  createRenderer(mimeType: string, ...rest: unknown[]): IRenderMime.IRenderer;
  preferredMimeType(bundle: object, safe: "ensure" | "prefer" | "any"): string | undefined;
}

const prepared = new WeakSet<RendererRegistry>();

/**
 * Makes the outputs of a notebook show their static picture where their live widget is not: while it loads, without a
 * kernel, and after the notebook was opened again. JupyterLab itself shows "Loading widget..." or "model not found" there,
 * though the picture is in the file. It also stands for a widget that was restored from the file but has no pictures of its own.
 */
export function showStills(registry: RendererRegistry): void {
  if (prepared.has(registry)) return;
  prepared.add(registry);
  const createRenderer = registry.createRenderer.bind(registry);
  registry.createRenderer = (mimeType, ...rest) => {
    const renderer = createRenderer(mimeType, ...rest);
    if (mimeType === widgetView) standIn(renderer, registry);
    return renderer;
  };
}

/** Puts the static picture in the place of whatever text the widget's renderer shows instead of the widget. */
function standIn(renderer: IRenderMime.IRenderer, registry: RendererRegistry): void {
  const { node } = renderer;
  const renderModel = renderer.renderModel.bind(renderer);
  let still: HTMLElement | undefined;
  let modelId: unknown;

  const observer = new MutationObserver(() => {
    if (still === undefined || node.contains(still)) return;
    const isTextOnly = [...node.childNodes].every(({ nodeType }) => nodeType === Node.TEXT_NODE);
    if (isTextOnly && node.textContent !== "") node.replaceChildren(still);
    else if (node.querySelector(":scope > .sightbook-restored") !== null) node.append(still);
  });
  observer.observe(node, { childList: true });
  renderer.disposed.connect(() => {
    observer.disconnect();
  });

  renderer.renderModel = async (model) => {
    const view = model.data[widgetView] as { readonly model_id?: unknown } | undefined;
    // An update of the picture alone leaves the live widget in peace.
    const isLive = node.firstElementChild !== null && !node.contains(still ?? null);
    if (isLive && view?.model_id === modelId) return;
    modelId = view?.model_id;
    still = await makeStill(model, registry);
    await renderModel(model);
  };
}

async function makeStill(
  model: IRenderMime.IMimeModel,
  registry: RendererRegistry,
): Promise<HTMLElement | undefined> {
  const others = Object.fromEntries(
    Object.entries(model.data).filter(([mimeType]) => mimeType !== widgetView),
  );
  const mimeType = registry.preferredMimeType(others, model.trusted ? "any" : "ensure");
  // A bare text is what every widget has; JupyterLab's own says more.
  if (mimeType === undefined || mimeType === "text/plain") return undefined;
  const renderer = registry.createRenderer(mimeType);
  await renderer.renderModel(model);
  const still = document.createElement("div");
  still.className = "sightbook-still";
  const note = document.createElement("div");
  note.className = "sightbook-still-note";
  note.textContent = "As saved. Run the cell to use it.";
  still.append(renderer.node, note);
  return still;
}
