"""How good the models are: splits, metrics, baselines, tuning, reports."""
