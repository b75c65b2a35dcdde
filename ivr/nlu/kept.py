"""Reading a trained model back. Models travel with published versions through the database: what is read may name the
classes that a model is made of, and nothing else, so that it can run nothing."""

import io
import pickle
from typing import Any

ALLOWED = {
    "ivr.nlu.classifier": {"Classifier"},
    "ivr.nlu.entities": {"_Digits", "EntityFinder"},
    "ivr.nlu.features": {"Block", "Features", "character_pieces", "word_pieces"},
    "ivr.nlu.margins": {"Machine"},
    "re": {"_compile"},  # patterns of entities
    "numpy": {"dtype", "ndarray"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "sklearn.linear_model._logistic": {"LogisticRegression"},
    "sklearn.svm._classes": {"LinearSVC"},
}


class _Careful(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if name not in ALLOWED.get(module, ()):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a trained model")
        return super().find_class(module, name)


def kept(data: bytes) -> Any:
    """What builtin.py wrote. Raises pickle.UnpicklingError and others for anything else."""
    return _Careful(io.BytesIO(data)).load()
