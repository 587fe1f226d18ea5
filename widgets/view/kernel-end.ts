/** What we use of JupyterLab's widget manager; those of other front ends know no kernel. */
export interface KernelKeeper {
  readonly kernel?: KernelConnection | null;
  /** Tells each widget that its kernel is gone. */
  disconnect(): void;
}

interface KernelConnection {
  readonly disposed: { connect(slot: () => void): unknown };
  readonly statusChanged: { connect(slot: (kernel: unknown, status: string) => void): unknown };
}

const watched = new WeakSet<KernelConnection>();

/**
 * Has widgets learn of every end of their kernel. JupyterLab itself tells them of a restart alone, and not when the kernel was
 * shut down, changed for another one, or died for good: their views would then wait for answers without end.
 */
export function watchKernelEnd(manager: KernelKeeper): void {
  const { kernel } = manager;
  if (!kernel || watched.has(kernel)) return;
  watched.add(kernel);
  kernel.disposed.connect(() => {
    manager.disconnect();
  });
  kernel.statusChanged.connect((_, status) => {
    if (status === "dead") manager.disconnect();
  });
}
