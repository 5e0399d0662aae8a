"""What `profile.sh` runs where NumPy and pandas are installed: the boundary to C as programs use it."""
import io

import numpy as np
import pandas as pd

names = ["Alice", "Bob", "Charlie", "Dora", "Eve"]
rng = np.random.default_rng(3)


def frame(n):
    return pd.DataFrame({
        "name": [names[i] for i in rng.integers(0, 5, n)],
        "score": rng.integers(0, 100, n),
        "weight": rng.random(n),
        "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365, n), unit="D"),
    })


def tables(df):
    df[df["score"] > 50].sort_values("weight").head()
    df.groupby("name")["score"].agg(["mean", "max"])
    df.merge(df.head(5)[["name", "score"]], on="name")
    pd.concat([df, df], ignore_index=True).describe()
    df["double"] = df["score"] * 2
    df["score"].apply(lambda x: x + 1)
    sum(r.score for r in df.itertuples())
    [row["score"] for _, row in df.head(10).iterrows()]
    df.loc[df.index[0], "score"], df.iloc[0, 0], df.at[0, "score"]
    df.pivot_table(index="name", values="score", aggfunc="sum")
    df["name"].str.upper().value_counts()
    df["when"].dt.month.unique()
    text = io.StringIO()
    df.to_csv(text)
    pd.read_csv(io.StringIO(text.getvalue()))
    df.to_dict("records"), repr(df), df["score"].tolist()


def arrays():
    a = np.arange(12.0).reshape(3, 4)
    for i in range(300):
        a[i % 3, i % 4] = a[i % 3, (i + 1) % 4] + np.float64(i) * 0.5
        (a * 2 + 1).sum(axis=0), a.T @ a, np.sqrt(a), a > 3, a.mean(), float(a[0, 0])
        np.array([1, 2, 3, i]), np.concatenate([a, a]), np.where(a > 2, a, 0)
        [x + 1 for x in a[0]], a.tolist(), a.shape, a.dtype


for n in (5, 200):
    for _ in range(8):
        tables(frame(n))
arrays()
