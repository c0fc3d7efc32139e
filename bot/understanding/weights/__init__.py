"""The weights of the intent model, written by `run.py train-intents`."""
