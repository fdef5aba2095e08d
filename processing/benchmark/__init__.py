"""The benchmark: models on episodes, predictions, executed verdicts, scores."""
