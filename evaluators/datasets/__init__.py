"""Data sets by name; a mapping entry is a frozen description that loads itself."""

from collections.abc import Mapping
from types import MappingProxyType

from evaluators.datasets.birds import BIRDS
from evaluators.datasets.bitbrain import BitbrainSleep
from evaluators.datasets.cifar import Cifar
from evaluators.datasets.coco_persons import CocoPersons
from evaluators.datasets.daliac import Daliac
from evaluators.datasets.digits import Digits
from evaluators.datasets.digits_scattered import ScatteredDigits
from evaluators.datasets.gtsrb import GTSRB
from evaluators.datasets.mafaulda import Mafaulda
from evaluators.datasets.own_data import open_dataset
from evaluators.datasets.picture_folder import ArxPhotos
from evaluators.datasets.samples import ClassificationData, Normalisation, Samples
from evaluators.datasets.sisfall import SisFall
from evaluators.datasets.source import Data, DatasetSource
from evaluators.datasets.torchvision_sets import CARS, FLOWERS, PETS, PETS_SPECIES

DATASETS: Mapping[str, DatasetSource] = MappingProxyType(
    {
        "digits": Digits(),
        "cifar10": Cifar(10),
        "cifar100": Cifar(100),
        "gtsrb": GTSRB,
        "flowers102": FLOWERS,
        "birds": BIRDS,
        "cars": CARS,
        "pets": PETS,
        "pets-species": PETS_SPECIES,
        "arxphotos314": ArxPhotos(),
        "daliac": Daliac(),
        "mafaulda": Mafaulda(6),
        "mafaulda-10": Mafaulda(10),
        "bitbrain-sleep": BitbrainSleep(),
        "sisfall": SisFall(34),
        "sisfall-falls": SisFall(2),
        "digits-scattered": ScatteredDigits(),
        "digits-scattered-10": ScatteredDigits(10),
        "coco-persons": CocoPersons(),
    }
)

__all__ = ["DATASETS", "ClassificationData", "Data", "DatasetSource", "Normalisation", "Samples", "open_dataset"]
