/** Softmax of each row of `logits` `[rows, labels]`, in double precision. */
export function softmaxRows(logits: ArrayLike<number>, labels: number): Float64Array {
  const probabilities = new Float64Array(logits.length);
  for (let from = 0; from < logits.length; from += labels) {
    let largest = -Infinity;
    for (let i = from; i < from + labels; i++) largest = Math.max(largest, logits[i]!);
    let sum = 0;
    for (let i = from; i < from + labels; i++) sum += probabilities[i] = Math.exp(logits[i]! - largest);
    for (let i = from; i < from + labels; i++) probabilities[i]! /= sum;
  }
  return probabilities;
}
