/**
 * The module that notebooks load for the widgets: one view class per widget, each of which loads its drawing code when
 * it is first shown. It is both the labextension's registered module and, bundled alone, the AMD `dist/index.js` that
 * front ends without our extension fetch.
 */
export { AnnotationView, MonitorView, OverviewView, PrecisionRecallView, ResultsView } from "./views.js";
