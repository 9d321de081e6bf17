"""What an Optuna study tells of its run beside the trials: the target, and which trials were chosen.

`optuna-dashboard` shows both as user attributes.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from sqlalchemy.exc import SQLAlchemyError

from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.optuna_sampler import quiet
from prototypenas.exploration.study_mirror import STUDY_FILE, file_storage


def note_in_study(directory: Path, facts: Mapping[str, Any], *, chosen: Sequence[int], front: Sequence[int]) -> None:
    """Write facts of the run to the study in a run directory, and the numbers of the chosen and of the front.

    A run without a study of its own, because it went to another storage, is left as it is.

    Raises:
        RunDirectoryError: if the study is damaged or cannot be written.
    """
    file = directory / STUDY_FILE
    if not file.exists():
        return
    try:
        with quiet():
            names = optuna.study.get_all_study_names(file_storage(directory))
            for name in names[:1]:
                study = optuna.load_study(study_name=name, storage=file_storage(directory))
                for key, value in {**facts, "chosen": list(chosen), "front": list(front)}.items():
                    study.set_user_attr(key, value)
    except (SQLAlchemyError, optuna.exceptions.OptunaError) as error:
        reason = str(error).splitlines()[0]
        raise RunDirectoryError(f"{file} is damaged ({reason}); remove it to select without it") from error
