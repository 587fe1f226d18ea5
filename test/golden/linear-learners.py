"""Makes linear-learners.json: scikit-learn's linear models on data that test/classifiers/generated-features.ts generates too.

Run with Python 3, scikit-learn 1.9.1, solved to tight tolerance. Tolerance of the comparison: 1e-3 relative to the
largest coefficient; predictions equal except where the two best scores are closer than 1e-3.
"""

import json
import math
import os

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

# name, seed, rows, columns, labels, spread of the examples around their label's mean, labels with examples
DATA = {
    "two labels": [1, 60, 6, 2, 3.0, None],
    "four labels": [2, 120, 8, 4, 3.0, None],
    "four labels, one seldom": [3, 100, 5, 4, 4.0, [0, 0, 0, 0, 1, 1, 2, 2, 2, 3]],
    "wide": [4, 50, 200, 5, 6.0, None],
    "three labels of five": [5, 60, 6, 5, 3.0, [0, 2, 4]],
    "two labels of three": [6, 40, 5, 3, 3.0, [0, 2]],
}
CASES = [
    ("two labels", "svc", {}),
    ("two labels", "svc", {"C": 0.01}),
    ("two labels", "svc", {"interceptScaling": 10.0}),
    ("two labels", "svc", {"classWeight": {"0": 5.0}}),
    ("two labels", "logistic", {}),
    ("two labels", "logistic", {"classWeight": "balanced", "C": 0.1}),
    ("four labels", "svc", {}),
    ("four labels", "svc", {"C": 100.0}),
    ("four labels", "svc", {"fitIntercept": False}),
    ("four labels", "logistic", {}),
    ("four labels", "logistic", {"fitIntercept": False, "C": 0.1}),
    ("four labels, one seldom", "svc", {"classWeight": "balanced"}),
    ("four labels, one seldom", "svc", {"classWeight": {"3": 10.0, "0": 0.5}}),
    ("four labels, one seldom", "logistic", {"classWeight": "balanced"}),
    ("four labels, one seldom", "logistic", {"classWeight": {"3": 10.0, "0": 0.5}, "C": 10.0}),
    ("wide", "svc", {"C": 0.01}),
    ("wide", "svc", {"C": 1.0}),
    ("wide", "logistic", {"C": 0.1}),
    ("three labels of five", "svc", {"classWeight": "balanced"}),
    ("three labels of five", "logistic", {}),
    ("two labels of three", "svc", {}),
    ("two labels of three", "logistic", {}),
]


def generate(seed, rows, columns, labels, spread, occurring):
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
    means = [[uniform() * 2 - 1 for _ in range(columns)] for _ in range(labels)]

    def examples():
        truth, features = [], []
        for _ in range(rows):
            label = occurring[math.floor(uniform() * len(occurring))]
            truth.append(label)
            features.append([means[label][j] + spread * (uniform() - 0.5) for j in range(columns)])
        return np.array(truth), np.array(features, dtype=np.float32).astype(np.float64)

    return examples(), examples()


def fit(data, kind, options):
    recipe = DATA[data]
    (truth, features), (_, fresh) = generate(*recipe)
    weight = options.get("classWeight")
    if isinstance(weight, dict):
        weight = {int(key): value for key, value in weight.items()}
    common = {
        "C": options.get("C", 1.0),
        "class_weight": weight,
        "fit_intercept": options.get("fitIntercept", True),
        "tol": 1e-12,
    }
    if kind == "svc":
        model = LinearSVC(
            dual=False, max_iter=100000, intercept_scaling=options.get("interceptScaling", 1.0), **common
        )
    else:
        model = LogisticRegression(solver="newton-cg", max_iter=10000, **common)
    model.fit(features, truth)
    round7 = lambda array: [float(f"{value:.7g}") for value in np.asarray(array).ravel()]
    scores = model.decision_function(fresh)
    result = {
        "data": data,
        "recipe": [*recipe[:5], recipe[5] or list(range(recipe[3]))],
        "learner": kind,
        "options": options,
        "intercepts": round7(np.zeros(len(model.coef_)) + model.intercept_),
        "predictions": model.predict(fresh).tolist(),
        "scores": round7(scores[:5]),
    }
    if recipe[2] <= 10:
        result["coefficients"] = round7(model.coef_)
    else:
        result["norms"] = round7(np.linalg.norm(model.coef_, axis=1))
    if kind == "logistic":
        result["probabilities"] = round7(model.predict_proba(fresh)[:5])
    return result


results = [fit(*case) for case in CASES]
with open(os.path.join(os.path.dirname(__file__), "linear-learners.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in results) + "\n]\n")
