"""The graph computes what the module computes, for toy networks of every kind and for published ones."""

import threading

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

from prototypenas.compression.float_execution import float_outputs
from prototypenas.errors import ConfigurationError, LoweringError
from prototypenas.graph.lowering import lower
from prototypenas.graph.operators.add import Add
from prototypenas.graph.operators.concat import Concat
from prototypenas.graph.operators.conv2d import Conv2d
from prototypenas.graph.operators.depthwise_conv2d import DepthwiseConv2d
from prototypenas.graph.operators.fully_connected import FullyConnected
from prototypenas.graph.operators.max_pool2d import MaxPool2d
from prototypenas.graph.operators.requantize import Requantize
from prototypenas.graph.tensors import Activation
from prototypenas.types import GROUPS, Configuration, GroupConfiguration
from search_spaces import DETECTION_POOL, IMAGE_POOL, KERNELS, TIME_SERIES_POOL

IMAGE, SERIES = (3, 16, 16), (4, 24)


def with_random_statistics(module: nn.Module, seed: int = 0) -> nn.Module:
    """Normalisation that does something: random statistics and factors, negative ones too."""
    torch.manual_seed(seed)
    for child in module.modules():
        if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(child.running_mean, std=0.5)
            nn.init.uniform_(child.running_var, 0.5, 2.0)
            nn.init.normal_(child.weight)
            nn.init.normal_(child.bias)
    return module


class Network(nn.Module):
    """A forward function and its layers."""

    def __init__(self, forward, **layers: nn.Module):
        super().__init__()
        self.body = forward
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.body(self, inputs)


def stem(channels: int = 8, **options) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, channels, 3, padding=1, **options), nn.BatchNorm2d(channels), nn.ReLU())


def inplace_residual(net, x):
    x = net.first(x)
    y = net.relu(x)  # writes into x, so the sum below adds the rectified x
    return net.second(y) + x


def inception(net, x):
    return torch.relu(net.norm(torch.cat([net.a(x), net.b(x), net.c(net.pool(x))], 1)))


def shared_branch(net, x):
    a = net.a(x)
    return torch.cat([F.relu(torch.cat([a, net.b(x)], 1)), a], 1)


IMAGE_NETWORKS = {
    "plain": nn.Sequential(stem(), nn.Conv2d(8, 5, (3, 1), stride=2, bias=False), nn.ReLU6()),
    "depthwise": nn.Sequential(stem(), nn.Conv2d(8, 8, 3, groups=8, bias=False), nn.BatchNorm2d(8), nn.Hardtanh(0, 6)),
    "linear after a map": nn.Sequential(stem(), nn.MaxPool2d(3, 2), nn.Flatten(), nn.Linear(8 * 49, 10)),
    "normalisation after linear": nn.Sequential(
        stem(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 2)
    ),
    "pre-activation": nn.Sequential(nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 4, 3, padding=1)),
    "in-place residual": Network(
        inplace_residual, first=nn.Conv2d(3, 3, 1), relu=nn.ReLU(inplace=True), second=nn.Conv2d(3, 3, 1)
    ),
    "normalisation after a concatenation": Network(
        inception,
        a=nn.Conv2d(3, 4, 1),
        b=nn.Conv2d(3, 5, 3, padding=1, bias=False),
        c=nn.Conv2d(3, 2, 1),
        pool=nn.MaxPool2d(3, 1, 1),
        norm=nn.BatchNorm2d(11),
    ),
    "a branch that others read": Network(shared_branch, a=nn.Conv2d(3, 4, 1), b=nn.Conv2d(3, 2, 1)),
    "normalisation after pooling": nn.Sequential(nn.Conv2d(3, 4, 1), nn.AvgPool2d(2), nn.BatchNorm2d(4), nn.ReLU()),
    "rectifier after max pooling": nn.Sequential(nn.Conv2d(3, 4, 1), nn.MaxPool2d(2), nn.ReLU()),
    "normalisation after max pooling": nn.Sequential(nn.Conv2d(3, 4, 1), nn.MaxPool2d(2), nn.BatchNorm2d(4)),
    "rectifier twice": nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.ReLU6(), nn.ReLU()),
    "pooling with ceil": nn.Sequential(
        nn.MaxPool2d(3, 2, ceil_mode=True), nn.MaxPool2d(2, 2, 1, ceil_mode=True), nn.Conv2d(3, 2, 1)
    ),
    "zero padding": nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 4, 3, stride=2)),
    "padding by name": nn.Sequential(nn.Conv2d(3, 4, (3, 5), padding="same"), nn.Conv2d(4, 2, 3, padding="valid")),
    "means": Network(lambda net, x: net.fc(net.conv(x).mean([2, 3])), conv=stem(), fc=nn.Linear(8, 3)),
    "mean then squeeze": Network(
        lambda net, x: net.fc(net.conv(x).mean((-2, -1), keepdim=True).squeeze(-1).squeeze(-1)),
        conv=stem(),
        fc=nn.Linear(8, 3),
    ),
    "view": Network(
        lambda net, x: net.fc(F.adaptive_avg_pool2d(net.conv(x), 2).view(x.size(0), -1)),
        conv=stem(),
        fc=nn.Linear(32, 3),
    ),
    "upsampling": nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.Upsample(scale_factor=2), nn.BatchNorm2d(4), nn.ReLU()),
    "a module used twice": Network(lambda net, x: net.conv(net.conv(x)), conv=nn.Conv2d(3, 3, 3, padding=1)),
    "sum of a list": Network(lambda net, x: sum([net.a(x), net.b(x), x]), a=nn.Conv2d(3, 3, 1), b=nn.Conv2d(3, 3, 1)),
    "dropout and identity": nn.Sequential(nn.Dropout2d(0.5), nn.Identity(), nn.Conv2d(3, 2, 1), nn.Dropout(0.5)),
    "unused branch": Network(lambda net, x: (net.b(x), net.a(x))[1], a=nn.Conv2d(3, 3, 1), b=nn.Conv2d(3, 7, 1)),
    "one-channel depthwise": nn.Sequential(nn.Conv2d(3, 1, 1), nn.Conv2d(1, 1, 3, groups=1), nn.BatchNorm2d(1)),
    "rectified input": nn.Sequential(nn.ReLU(), nn.Conv2d(3, 2, 1)),
    "rectified sum": Network(lambda net, x: torch.relu(net.a(x) + x), a=nn.Conv2d(3, 3, 1)),
}
SERIES_NETWORKS = {
    "series": nn.Sequential(
        nn.Conv1d(4, 6, 5, stride=2, padding=2, bias=False), nn.BatchNorm1d(6), nn.ReLU(), nn.MaxPool1d(3, 1, 1)
    ),
    "series depthwise": nn.Sequential(nn.Conv1d(4, 4, 9, padding="same", groups=4), nn.AvgPool1d(2), nn.ReLU6()),
    "series mean": Network(lambda net, x: net.fc(net.conv(x).mean(-1)), conv=nn.Conv1d(4, 6, 3), fc=nn.Linear(6, 2)),
    "series flattened": nn.Sequential(nn.Conv1d(4, 6, 3, stride=2), nn.Flatten(), nn.Linear(66, 5)),
    "series pooled": nn.Sequential(nn.Conv1d(4, 6, 3), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(6, 5)),
    "series as map": Network(lambda net, x: net.conv(x.unsqueeze(2)).squeeze(2), conv=nn.Conv2d(4, 6, (1, 3))),
}
NETWORKS = {name: (net, IMAGE) for name, net in IMAGE_NETWORKS.items()} | {
    name: (net, SERIES) for name, net in SERIES_NETWORKS.items()
}


def assert_same_function(module: nn.Module, graph, input_shape) -> None:
    inputs = torch.randn(2, *input_shape)
    module.eval()
    with torch.no_grad():
        expected = module(inputs)
    expected = [expected] if isinstance(expected, Tensor) else expected
    for actual, wanted in zip(float_outputs(graph, inputs), expected, strict=True):
        torch.testing.assert_close(actual.reshape(wanted.shape), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_graph_computes_what_the_module_computes(name):
    module, shape = NETWORKS[name]
    with_random_statistics(module)
    assert_same_function(module, lower(module, shape), shape)


def is_lone_normalisation(operator) -> bool:
    return isinstance(operator, DepthwiseConv2d) and operator.window.kernel == (1, 1)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_an_even_kernel_padded_by_name_pads_more_after_than_before():
    module = nn.Conv2d(3, 4, (4, 2), padding="same")
    assert_same_function(module, lower(module, IMAGE), IMAGE)


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "squeezenet1_1", "densenet121", "googlenet", "vgg11_bn"])
def test_published_networks_lower_exactly(name):
    options = {"init_weights": False, "aux_logits": False} if name == "googlenet" else {}
    with torch.device("meta"):
        module = getattr(torchvision.models, name)(weights=None, **options)
    graph = lower(module, (3, 224, 224))
    published_gigamacs = {
        "mobilenet_v2": 0.301,
        "resnet18": 1.814,
        "squeezenet1_1": 0.349,
        "densenet121": 2.834,
        "googlenet": 1.498,
        "vgg11_bn": 7.609,
    }
    counted = [item for item in graph.operators if not is_lone_normalisation(item)]
    assert round(sum(operator.macs(graph.tensors) for operator in counted) / 1e9, 3) == published_gigamacs[name]
    assert all(not hasattr(operator, "weights") or operator.weights is None for operator in graph.operators)


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "squeezenet1_1"])
def test_published_networks_compute_the_same(name):
    torch.manual_seed(0)
    module = with_random_statistics(getattr(torchvision.models, name)(weights=None, num_classes=7))
    for child in module.modules():
        if isinstance(child, nn.BatchNorm2d):
            nn.init.uniform_(child.weight, 0.5, 1.0)  # keeps deep activations in range
    assert_same_function(module, lower(module, (3, 64, 64)), (3, 64, 64))


@pytest.mark.parametrize("name", KERNELS)
def test_prototypes_compute_the_same(name):
    shape = (6, 64) if name in TIME_SERIES_POOL else (3, 64, 64)
    group = GroupConfiguration(depth=2, kernel=KERNELS[name][0], stride=1, sparsity=0.3)
    configuration = Configuration(name, 0.4, (group,) * GROUPS)
    baseline = (IMAGE_POOL | TIME_SERIES_POOL | DETECTION_POOL)[name]
    torch.manual_seed(1)
    module = with_random_statistics(baseline(configuration, shape, 5))
    for child in module.modules():
        if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(child.weight, 0.5, 1.0)
    assert_same_function(module, lower(module, shape), shape)


def test_shapes_are_those_of_a_real_forward_pass():
    module = torchvision.models.mobilenet_v2(weights=None).eval()
    seen = {}
    for path, child in module.named_modules():
        if isinstance(child, nn.Conv2d | nn.Linear):
            child.register_forward_hook(lambda _, __, output, path=path: seen.update({path: tuple(output.shape[1:])}))
    with torch.no_grad():
        module(torch.zeros(1, 3, 96, 64))
    graph = lower(module, (3, 96, 64))
    weighted = [item for item in graph.operators if isinstance(item, Conv2d | DepthwiseConv2d | FullyConnected)]
    assert len(weighted) == len(seen) == 53
    for operator in weighted:
        spec = graph.tensors[operator.output]
        shape = (spec.channels, spec.height, spec.width)
        assert seen[operator.name] == (shape if len(seen[operator.name]) == 3 else shape[:1])


def test_normalisation_and_rectifiers_leave_no_operator():
    graph = lower(torchvision.models.resnet18(weights=None), (3, 32, 32))
    kinds = {type(operator) for operator in graph.operators}
    assert kinds <= {Conv2d, Add, MaxPool2d, FullyConnected} | {type(graph.operators[-2])}
    assert [item.activation for item in graph.operators if isinstance(item, Add)] == [Activation.RELU] * 8


def test_what_nobody_can_absorb_becomes_an_operator_of_its_own():
    rectified = lower(IMAGE_NETWORKS["rectified input"], IMAGE)
    assert isinstance(rectified.operators[0], Requantize)
    normalised = lower(IMAGE_NETWORKS["pre-activation"], IMAGE)
    assert isinstance(normalised.operators[0], DepthwiseConv2d)
    assert normalised.operators[0].activation is Activation.RELU


def test_an_unused_branch_is_dropped():
    assert len(lower(IMAGE_NETWORKS["unused branch"], IMAGE).operators) == 1


def test_several_outputs_keep_their_order():
    module = Network(lambda net, x: [net.b(net.a(x)), net.a(x)], a=nn.Conv2d(3, 4, 3, 2, 1), b=nn.Conv2d(4, 5, 3, 2, 1))
    graph = lower(module, IMAGE)
    assert [graph.tensors[name].channels for name in graph.outputs] == [5, 4]
    assert_same_function(module, graph, IMAGE)


def test_an_exported_program_gives_the_same_graph(tmp_path):
    module = nn.Sequential(stem(), nn.MaxPool2d(2), nn.Conv2d(8, 4, 1), nn.ReLU6(), nn.Flatten(), nn.Linear(256, 3))
    with_random_statistics(module).eval()
    program = torch.export.export(module, (torch.randn(1, *IMAGE),))
    torch.export.save(program, tmp_path / "net.pt2")
    for exported in (torch.export.load(tmp_path / "net.pt2").module(), program.run_decompositions().module()):
        graph = lower(exported, IMAGE)
        assert graph.digest() == lower(module, IMAGE).digest()
        assert [operator.name for operator in graph.operators][::2] == ["0.0", "2"]
        assert_same_function(module, graph, IMAGE)


def test_meta_and_real_weights_give_equal_graphs():
    with torch.device("meta"):
        shapes = torchvision.models.resnet18(weights=None)
    real = torchvision.models.resnet18(weights=None)
    assert lower(shapes, (3, 64, 64)).digest() == lower(real, (3, 64, 64)).digest()


def test_the_module_is_left_as_it_was():
    module = nn.Sequential(stem(), nn.Dropout(), nn.Conv2d(8, 2, 1))
    module[0].eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    lower(module, IMAGE)
    assert [child.training for child in (module, module[0], module[0][1], module[1])] == [True, False, False, True]
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert "0.1.num_batches_tracked" in before
    assert not torch.nn.modules.module._global_forward_pre_hooks


@pytest.mark.parametrize(
    ("module", "shape", "message"),
    [
        (nn.Sequential(stem(), nn.Sequential(nn.Softshrink())), IMAGE, r"module 1\.0 \(Softshrink\)"),
        (nn.Sequential(nn.ConvTranspose3d(3, 3, 3)), IMAGE, "conv_transpose3d"),
        (nn.AdaptiveAvgPool2d(3), IMAGE, "windows of unequal size"),
        (nn.Linear(16, 4), IMAGE, "a linear layer of 16 features"),
        (nn.Conv2d(4, 2, 1), IMAGE, "has 3 channels, the weights want 4"),
        (nn.Conv2d(3, 2, 32), IMAGE, "the output would be"),
        (nn.BatchNorm2d(3, track_running_stats=False), IMAGE, "without running statistics"),
        (nn.Sequential(nn.Conv2d(3, 2, 1), nn.Flatten()), IMAGE, "flattened map as output"),
        (nn.Sequential(nn.ZeroPad2d(1), nn.MaxPool2d(2)), IMAGE, "zero padding can go into a convolution"),
        (nn.Identity(), IMAGE, "has no operator"),
        (Network(lambda net, x: x.erf()), IMAGE, "function erf"),
        (Network(lambda net, x: x if x else -x), IMAGE, "control flow"),
        (Network(lambda net, x: torch.zeros(1)), IMAGE, "must return tensors made from its input"),
        (Network(lambda net, x: x.mean(1)), IMAGE, "only one over space"),
        (nn.Upsample(scale_factor=2, mode="bilinear"), IMAGE, "bilinear"),
    ],
)
def test_what_has_no_operator_is_refused_by_name_and_path(module, shape, message):
    with pytest.raises(LoweringError, match=message):
        lower(module, shape)


@pytest.mark.parametrize("shape", [(), (3, 0, 4), (1, 3, 8, 8)])
def test_a_bad_input_shape_is_refused(shape):
    with pytest.raises(ConfigurationError, match="input shape"):
        lower(nn.Conv2d(3, 2, 1), shape)


def test_after_an_error_no_hook_remains_and_training_is_restored():
    module = nn.Sequential(nn.Conv2d(3, 2, 1), nn.Softshrink())
    with pytest.raises(LoweringError):
        lower(module, IMAGE)
    assert module[0].training
    assert not torch.nn.modules.module._global_forward_hooks


def test_modules_lowered_in_parallel_do_not_mix():
    modules = [nn.Sequential(*(nn.Conv2d(3, 3, 1) for _ in range(count))) for count in (5, 40)]
    lengths: list[list[int]] = [[], []]

    def work(index: int) -> None:
        for _ in range(10):
            graph = lower(modules[index], IMAGE)
            lengths[index].append(len({operator.name.rpartition(".")[2] for operator in graph.operators}))

    threads = [threading.Thread(target=work, args=(index,)) for index in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lengths == [[5] * 10, [40] * 10]


def test_concatenated_branches_take_their_own_slice_of_the_normalisation():
    module = with_random_statistics(IMAGE_NETWORKS["normalisation after a concatenation"])
    graph = lower(module, IMAGE)
    assert isinstance(graph.operators[-1], Concat)
    branches = [item for item in graph.operators if isinstance(item, Conv2d)]
    assert [item.activation for item in branches] == [Activation.RELU] * 3
