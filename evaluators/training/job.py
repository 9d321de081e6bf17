"""One network's training from wherever it was left to its last epoch."""

import torch
from torch import nn

from evaluators.training.batches import ShuffledBatches
from evaluators.training.checkpoints import TrainingState, load_state
from evaluators.training.fitting import fit
from evaluators.training.keeper import Keeper, PruningPlan, TrainingJob, has_stopped, write_tables
from evaluators.training.learning import LearningTask
from evaluators.training.pruning import cut_channels
from prototypenas.compression.pruning import Importance
from prototypenas.devices import parsed_device
from prototypenas.prototype import Prototype


def run_job(job: TrainingJob, network: nn.Module, plan: PruningPlan) -> TrainingState:
    """Train what is missing; `network` comes at full widths and leaves with its last weights at the target widths.

    Raises:
        TrainingError: if the loss stops being finite.
        RunDirectoryError: if the saved state is damaged or of another run.
        ConfigurationError: for a device that is not there.
    """
    parsed_device(job.device)
    state = load_state(job.last_path, job.fingerprint) or TrainingState(job.fingerprint, kept=plan.full)
    network.to(job.device)
    _restore_network(network, state, plan, job)
    if len(job.task.input_shape) == 3:
        network.to(memory_format=torch.channels_last)
    write_tables(job, state)
    if state.finished_epochs >= job.recipe.epochs or has_stopped(job.recipe, state, plan):
        return state
    training, validation = job.task.divided(job.recipe.validation_share)
    task = LearningTask(network, job.task, job.recipe, seed=job.seed, first_epoch=state.finished_epochs)
    if state.optimizer:
        task.optimizer.load_state_dict(dict(state.optimizer))
    if state.averaged is not None:
        task.averaged = {name: value.to(job.device) for name, value in state.averaged.items()}
    batches = ShuffledBatches(
        training.to(job.device),
        job.device,
        job.recipe.batch_size,
        job.seed,
        state.finished_epochs,
        steps_per_epoch=job.recipe.steps_per_epoch,
    )
    keeper = Keeper(job, task, plan, state, batches=batches, validation=validation)
    fit(task, batches, [keeper], device=job.device, directory=job.directory, tensorboard=job.tensorboard)
    return keeper.state


def _restore_network(network: nn.Module, state: TrainingState, plan: PruningPlan, job: TrainingJob) -> None:
    """Bring a fresh network to the widths of the saved one, then load its weights."""
    if not state.finished_epochs:
        return
    if dict(state.kept) != plan.full:
        assert isinstance(network, Prototype)  # only prototypes have dimensions to prune
        # Any channels will do: the saved weights replace them.
        cut_channels(network, state.kept, job.task, Importance.MAGNITUDE)
    network.load_state_dict(dict(state.network))
