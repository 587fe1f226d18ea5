"""Makes metrics.json: what scikit-learn says about cases that test/evaluation/generated-cases.ts generates too.

Run with Python 3, scikit-learn 1.9.1, SciPy 1.17.1. Tolerance of the comparison: 1e-9 absolute.
Undefined figures (NaN) are null. Long arrays are kept as [length, sum, sum of i * value].
"""

import json
import math
import os
import warnings

import numpy as np
from scipy.stats import binomtest
from sklearn import calibration, metrics

warnings.simplefilter("ignore")

# name, seed, labels, examples, levels (few levels: many ties), bonus of the true label, labels that occur
CASES = [
    ["two labels", 1, 2, 40, 1000, 300, None],
    ["two labels, many ties", 2, 2, 60, 3, 1, None],
    ["four labels", 3, 4, 80, 1000, 600, None],
    ["four labels, many ties", 4, 4, 80, 4, 2, None],
    ["all scores equal", 5, 3, 20, 1, 0, None],
    ["perfect", 6, 5, 50, 10, 1000, None],
    ["always wrong", 7, 3, 30, 1000, -1, None],
    ["labels missing from the test set", 8, 6, 50, 5, 4, [0, 2, 5]],
    ["one label only in the test set", 9, 3, 15, 6, 4, [1]],
    ["one label in all", 10, 1, 5, 3, 0, None],
    ["one example", 11, 3, 1, 100, 10, None],
    ["two examples of two labels", 12, 2, 2, 4, 0, None],
    ["ten labels, larger", 13, 10, 1000, 50, 40, None],
    ["twenty labels, half missing", 14, 20, 200, 30, 30, list(range(0, 20, 2))],
]


def generate(seed, labels, examples, levels, bonus, occurring):
    state = seed

    def uniform():
        nonlocal state
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
        return state / 2**32

    for _ in range(20):
        uniform()
    occurring = occurring or list(range(labels))
    truth, rows = [], []
    for _ in range(examples):
        label = occurring[math.floor(uniform() * len(occurring))]
        row = [1 + math.floor(uniform() * levels) for _ in range(labels)]
        row[label] = 0 if bonus < 0 else row[label] + bonus
        truth.append(label)
        rows.append([value / sum(row) for value in row])
    return np.array(truth), np.array(rows)


def number(value):
    value = float(value)
    return None if math.isnan(value) else value


def array(values, keep):
    values = np.asarray(values, dtype=float)
    values = np.where(np.isinf(values), 1e6, values)
    if np.isnan(values).any():
        return [None] * len(values) if keep else [len(values), None, None]
    if keep:
        return values.tolist()
    return [len(values), values.sum(), (np.arange(len(values)) * values).sum()]


def describe(name, seed, labels, examples, levels, bonus, occurring):
    truth, scores = generate(seed, labels, examples, levels, bonus, occurring)
    indices = list(range(labels))
    predictions = scores.argmax(axis=1)
    onehot = np.eye(labels)[truth]
    keep = examples * labels <= 160
    present = [i for i in indices if (truth == i).any()]
    apart = [i for i in present if (truth != i).any()]
    support = np.array([(truth == i).sum() for i in indices])

    def prf(zero, **options):
        return [
            number(v) if np.ndim(v) == 0 else [number(x) for x in v]
            for v in metrics.precision_recall_fscore_support(
                truth, predictions, zero_division=zero, **options
            )[:3]
        ]

    auc = [
        number(metrics.roc_auc_score(truth == i, scores[:, i])) if i in apart else None for i in indices
    ]
    ap = [
        number(metrics.average_precision_score(truth == i, scores[:, i])) if i in present else None
        for i in indices
    ]

    def means(values, over):
        if not over:
            return {"macro": None, "weighted": None}
        return {
            "macro": float(np.mean([values[i] for i in over])),
            "weighted": float(np.average([values[i] for i in over], weights=support[over])),
        }

    def roc(binary, score, drop):
        return [array(part, keep) for part in metrics.roc_curve(binary, score, drop_intermediate=drop)]

    def pr(binary, score, drop):
        if not np.any(binary):
            return None
        return [
            array(part, keep)
            for part in metrics.precision_recall_curve(binary, score, drop_intermediate=drop)
        ]

    # scikit-learn's own example of a macro average: interpolate on the union of the false positive rates.
    grid, mean = [], []
    if apart:
        curves = [metrics.roc_curve(truth == i, scores[:, i])[:2] for i in apart]
        grid = np.unique(np.concatenate([fpr for fpr, _ in curves]))
        mean = np.mean([np.interp(grid, fpr, tpr) for fpr, tpr in curves], axis=0)

    micro = [onehot.ravel().astype(int), scores.ravel()]
    confidence = scores[np.arange(examples), predictions]
    curve = lambda true, prob: [
        part.tolist() for part in calibration.calibration_curve(true, prob, n_bins=5)
    ]
    interval = binomtest(int((truth == predictions).sum()), examples).proportion_ci(method="wilson")
    matrix = metrics.confusion_matrix(truth, predictions, labels=indices)
    return {
        "name": name,
        "generate": [seed, labels, examples, levels, bonus, occurring or indices],
        "accuracy": metrics.accuracy_score(truth, predictions),
        "interval": [interval.low, interval.high],
        "balancedAccuracy": metrics.balanced_accuracy_score(truth, predictions),
        "confusionMatrix": matrix.tolist(),
        "normalized": {
            how: array(
                metrics.confusion_matrix(truth, predictions, labels=indices, normalize=key).ravel(), keep
            )
            for how, key in [("true", "true"), ("predicted", "pred"), ("all", "all")]
        },
        "labels": {
            "0": prf(0, labels=indices),
            "1": prf(1, labels=indices),
            "nan": prf(np.nan, labels=indices),
        },
        "averages": {
            how: {"0": prf(0, average=how), "1": prf(1, average=how), "nan": prf(np.nan, average=how)}
            for how in ["micro", "macro", "weighted"]
        },
        "rocAuc": {
            "labels": auc,
            "micro": number(metrics.roc_auc_score(*micro)) if labels > 1 else None,
            **means(auc, apart),
        },
        "averagePrecision": {
            "labels": ap,
            "micro": metrics.average_precision_score(*micro),
            **means(ap, present),
        },
        "roc": {
            "micro": roc(*micro, True),
            "label0": roc(truth == present[0], scores[:, present[0]], True),
            "label0All": roc(truth == present[0], scores[:, present[0]], False),
            "macroGrid": [array(grid, keep), array(mean, keep)],
        },
        "precisionRecall": {
            "micro": pr(*micro, False),
            "label0": pr(truth == present[0], scores[:, present[0]], False),
            "label0Dropped": pr(truth == present[0], scores[:, present[0]], True),
        },
        "logLoss": metrics.log_loss(truth, scores, labels=indices) if labels > 1 else None,
        # With two labels scikit-learn takes one probability: k = 1 alone means something, by another rule for ties.
        "topK": [
            metrics.top_k_accuracy_score(truth, scores, k=k, labels=indices) for k in range(1, labels)
        ][:4]
        if labels > 2
        else [],
        "brierLoss": metrics.brier_score_loss(truth, scores, labels=indices) if labels > 1 else None,
        "calibration": {
            "confidence": curve(truth == predictions, confidence),
            "label0": curve(truth == present[0], scores[:, present[0]]),
        },
    }


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    return value


cases = [rounded(describe(*case)) for case in CASES]
with open(os.path.join(os.path.dirname(__file__), "metrics.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case, separators=(",", ":"), allow_nan=False) for case in cases) + "\n]\n")
