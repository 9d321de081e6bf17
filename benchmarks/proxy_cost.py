"""What the paper's four proxies cost together, against two plain passes and against the reference manner.

    OMP_NUM_THREADS=1 python benchmarks/proxy_cost.py

The aim at one thread and 3x128x128: at most 1.20 times two plain forward and backward passes at batch 16, 1.12 at 32
and 64, and at least 4 times cheaper than the proxies one by one as the reference implementations compute them (missed
on ResNet18, where it is 3.1 to 3.8; docs/proxies.md). CPU time, the least of a few rounds; each round times the floor
and the proxies in turn, so that a busy machine hurts them alike.
"""

import argparse
import time
from collections.abc import Callable, Mapping

import torch
import torchvision
from torch import Tensor, nn

from prototypenas.evidence import gaussian_probe, score_prototype
from prototypenas.types import Batch, Probe
from proxies import PAPER_ENSEMBLE, PROXIES

CLASSES = 10


def half_width_resnet18() -> nn.Module:
    """Build ResNet18 with half the channels."""
    model = torchvision.models.resnet18(num_classes=CLASSES)
    for path, module in list(model.named_modules()):
        parent, _, name = path.rpartition(".")
        if isinstance(module, nn.Conv2d):
            inputs = module.in_channels if module.in_channels == 3 else module.in_channels // 2
            halved: nn.Module = nn.Conv2d(
                inputs, module.out_channels // 2, module.kernel_size, module.stride, module.padding, bias=False
            )
        elif isinstance(module, nn.BatchNorm2d):
            halved = nn.BatchNorm2d(module.num_features // 2)
        elif isinstance(module, nn.Linear):
            halved = nn.Linear(module.in_features // 2, CLASSES)
        else:
            continue
        setattr(model.get_submodule(parent), name, halved)
    return model


NETWORKS: Mapping[str, Callable[[], nn.Module]] = {
    "MobileNetV2 x0.5": lambda: torchvision.models.mobilenet_v2(width_mult=0.5, num_classes=CLASSES, dropout=0.0),
    "SqueezeNet 1.1": lambda: torchvision.models.squeezenet1_1(num_classes=CLASSES, dropout=0.0),
    "ResNet18 x0.5": half_width_resnet18,
}


def plain_pass(model: nn.Module, batch: Batch) -> None:
    """One training step without the step: forward, mean cross entropy, backward."""
    model.zero_grad()
    nn.functional.cross_entropy(model(batch.inputs), batch.targets).backward()


def floor(model: nn.Module, probe: Probe) -> None:
    """Run two plain passes: what ZiCo alone cannot do without."""
    for batch in probe.batches[:2]:
        plain_pass(model, batch)


def reference_manner(model: nn.Module, probe: Probe) -> None:
    """Run each proxy with passes of its own, as their authors' code does; restated here, results dropped."""
    _reference_meco(model, probe)
    _reference_zico(model, probe)
    _reference_naswot(model, probe)
    _reference_snip(model, probe)


def _reference_meco(model: nn.Module, probe: Probe) -> None:
    """Correlations and all complex eigenvalues of every module's output."""

    def hook(module: nn.Module, inputs: object, output: Tensor) -> None:
        rows = output[0].reshape(output.shape[1], -1)
        if len(rows) > 1 and rows.shape[1] > 1:
            torch.linalg.eig(torch.corrcoef(rows).nan_to_num(0.0, 0.0, 0.0))[0].real.min()

    handles = [module.register_forward_hook(hook) for module in model.modules()]
    with torch.no_grad():
        # Two copies: batch normalisation of one value per channel fails in train mode.
        model(probe.sample.repeat(2, 1, 1, 1))
    for handle in handles:
        handle.remove()


def _reference_zico(model: nn.Module, probe: Probe) -> None:
    gradients: dict[str, list[Tensor]] = {}
    for batch in probe.batches[:2]:
        plain_pass(model, batch)
        for path, module in model.named_modules():
            if isinstance(module, nn.Conv2d | nn.Linear) and module.weight.grad is not None:
                gradients.setdefault(path, []).append(module.weight.grad.flatten().clone())
    for layer in gradients.values():
        stacked = torch.stack(layer).numpy()
        deviation = stacked.std(axis=0)
        kept = deviation.nonzero()[0]
        (abs(stacked).mean(axis=0)[kept] / deviation[kept]).sum()


def _reference_naswot(model: nn.Module, probe: Probe) -> None:
    inputs = probe.batches[0].inputs.clone().requires_grad_()
    kernel = torch.zeros(len(inputs), len(inputs))

    def hook(module: nn.Module, arguments: tuple[Tensor, ...], output: Tensor) -> None:
        codes = (arguments[0].detach().flatten(1) > 0).float()
        kernel.add_(codes @ codes.T + (1 - codes) @ (1 - codes.T))

    model(inputs).sum().backward()
    handles = [m.register_forward_hook(hook) for m in model.modules() if "ReLU" in type(m).__name__]
    model(inputs.detach())
    for handle in handles:
        handle.remove()
    torch.linalg.slogdet(kernel)


def _reference_snip(model: nn.Module, probe: Probe) -> None:
    plain_pass(model, probe.batches[0])
    sum((p * p.grad).abs().sum() for p in model.parameters() if p.ndim > 1 and p.grad is not None)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def measure(build: Callable[[], nn.Module], batch_size: int, rounds: int) -> tuple[float, float, float]:
    """Return CPU seconds of the two plain passes, of the shared proxies, and of the reference manner."""
    torch.manual_seed(0)
    model = build().train()
    probe = gaussian_probe((3, 128, 128), CLASSES, batch_size=batch_size)
    proxies = {name: PROXIES[name] for name in PAPER_ENSEMBLE}
    plain, shared = [], []
    reference = cpu_seconds(lambda: reference_manner(model, probe))
    for _ in range(rounds):
        plain.append(cpu_seconds(lambda: floor(model, probe)))
        shared.append(cpu_seconds(lambda: score_prototype(model, probe, proxies)))
    return min(plain), min(shared), reference


def main() -> None:
    """Print one row a network and batch size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, nargs="+", default=[16, 32, 64])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("network            batch   2 x fwd+bwd   four proxies   ratio   one by one   times cheaper")
    for name, build in NETWORKS.items():
        for batch_size in options.batches:
            plain, shared, reference = measure(build, batch_size, options.rounds)
            print(f"{name:18} {batch_size:5}   {plain:9.3f} s   {shared:10.3f} s   {shared / plain:5.2f}"
                  f"   {reference:8.2f} s   {reference / shared:13.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
