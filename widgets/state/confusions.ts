/** How often a true label was taken for another (or itself), by their indices. */
export type ConfusionCell = readonly [trueLabel: number, predictedLabel: number, count: number];

/** Up to so many labels a confusion matrix is a table; above, a list of the most frequent confusions. */
export const tableLabels = 40;

/** How many confusions such a list has. */
export const listedConfusions = 100;
