/** The name under which notebooks look for an object's own display: a method that returns a MIME bundle. */
export const display: unique symbol = Symbol.for("Jupyter.display");

/** Representations of one output, by MIME type; the frontend shows the richest it knows. */
export type MimeBundle = Readonly<Record<string, unknown>>;
