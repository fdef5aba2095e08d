"""The names inside a job folder, in one place for the writer, the runner and the checker."""

from __future__ import annotations

#: What `ianvs -f` is given; everything else is found from it.
JOB = "benchmarkingjob.yaml"
TEST_ENV = "testenv.yaml"
ALGORITHM = "algorithm.yaml"
README = "README.md"

#: The episodes themselves, byte for byte as they were exported.
EPISODES = "episodes.jsonl"

TRAIN = "train_data"
TEST = "test_data"
#: Sedna tells this format from others by exactly this name.
METADATA = "metadata.json"
ROWS = "data.jsonl"

#: Ianvs imports modules by their base name, into one namespace with all that is installed.
MODEL_MODULE = "modules/pairlog_job_model.py"
METRICS_MODULE = "modules/pairlog_job_metrics.py"

#: Where Ianvs writes, relative to the working directory, which is the job folder.
WORKSPACE = "workspace"
RANK = "rank"

#: The aliases under which the modules register.
MODEL_ALIAS = "pairlog_model"
METRICS = ("resolved_rate", "applied_rate", "episodes", "failures", "refused")
