import type { RefObject } from "preact";
import { useCallback, useEffect, useLayoutEffect, useState } from "preact/hooks";

import type { WidgetModel } from "./widget-model.js";

/** A value of the shared state, and the way to change it here and in the kernel. */
export function useShared<State extends object, Name extends keyof State & string>(
  widget: WidgetModel<State>,
  name: Name,
): [State[Name], (value: State[Name]) => void] {
  const [value, setValue] = useState(() => widget.get(name));
  useEffect(() => {
    const changed = (): void => {
      setValue(() => widget.get(name));
    };
    changed(); // it may have changed between the first drawing and now
    widget.on(`change:${name}`, changed);
    return () => {
      widget.off(`change:${name}`, changed);
    };
  }, [widget, name]);
  const change = useCallback(
    (next: State[Name]) => {
      widget.set(name, next);
      widget.save_changes();
    },
    [widget, name],
  );
  return [value, change];
}

let ids = 0;

/**
 * An id for an element, different in all views on the page: Preact's own `useId` counts anew in each of them, and a label
 * would then name the control of another widget.
 */
export function useUniqueId(): string {
  return useState(() => `sightbook-${(ids += 1)}`)[0];
}

/** Whether something has been so for a while: what passes at once is not worth a word. */
export function useDelayed(isSo: boolean, delayMs: number): boolean {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    if (!isSo) return undefined;
    const timer = setTimeout(() => {
      setLong(true);
    }, delayMs);
    return () => {
      clearTimeout(timer);
      setLong(false);
    };
  }, [isSo, delayMs]);
  return isSo && isLong;
}

/** The width in pixels that the page gives to an element, as it changes; `initial` before it is known. */
export function useWidth(element: RefObject<HTMLElement | null>, initial: number): number {
  const [width, setWidth] = useState(initial);
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    const measure = (): void => {
      // Nothing has a width while its tab is hidden.
      if (current.clientWidth > 0) setWidth(current.clientWidth);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => {
      observer.disconnect();
    };
  }, [element]);
  return width;
}
