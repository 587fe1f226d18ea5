"""Counts per label of scikit-learn's stratified split, over generated cases.

python stratified-counts.py > stratified-counts.json
Where remainders tie, scikit-learn draws which label gets the odd image; such cases carry "tied" with those labels.
"""
import json

import numpy as np
import sklearn
from sklearn.model_selection import train_test_split

rng = np.random.default_rng(20261124)
cases = [([5, 19, 7, 32], 0.66)]
while len(cases) < 120:
    counts = rng.integers(2, int(rng.choice([6, 40, 300])), size=int(rng.integers(2, 12))).tolist()
    cases.append((counts, float(np.round(rng.uniform(0.1, 0.9), 3))))

golden = []
for counts, train_size in cases:
    labels = np.repeat(np.arange(len(counts)), counts)
    try:
        results = []
        for seed in range(30):
            train, test = train_test_split(labels, train_size=train_size, stratify=labels, random_state=seed)
            results.append(np.bincount(train, minlength=len(counts)))
        results = np.array(results)
        tied = np.flatnonzero(results.min(axis=0) != results.max(axis=0)).tolist()
        golden.append(
            dict(counts=counts, trainSize=train_size, train=results[0].tolist(), size=int(results[0].sum()), tied=tied)
        )
    except ValueError as error:
        golden.append(dict(counts=counts, trainSize=train_size, error=str(error)))
print(json.dumps(dict(scikitLearn=sklearn.__version__, cases=golden), separators=(",", ":")))
